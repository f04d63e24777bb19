"""What is not stored on VIP unless it is allowed: patients' names, DICOM files, keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from snakemake_vip.errors import ConfigurationError, Problem, TransferError
from snakemake_vip.transfer import privacy
from snakemake_vip.transfer.privacy import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from snakemake_vip.transfer.tree import LocalFile

KINDS = tuple(kind.value for kind in Kind if kind.is_refused)


@dataclass(frozen=True)
class Gate:
    """Looks at files before they are sent.

    Attributes
    ----------
    allowed
        Kinds that are sent all the same.
    is_secret
        Whether a text holds the user's key.
    """

    allowed: frozenset[str]
    is_secret: Callable[[str], bool]

    def refuse(self, files: Iterable[LocalFile]) -> None:
        """Raise `TransferError` if a file gives something away that is not allowed."""
        for found in privacy.findings(files, self.is_secret):
            if found.kind.is_refused and found.kind not in self.allowed:
                what = f"{found.file} gives something away ({found.kind}): {found.what}"
                remedy = f"Take it out, or allow it: storage vip: allow={found.kind.value!r}."
                raise TransferError(what, remedy)


def kinds(text: str | None) -> frozenset[str]:
    """Return the kinds that a setting allows, which separates them by commas.

    Raises
    ------
    ConfigurationError
        If one is unknown.
    """
    named = [part.strip() for part in (text or "").split(",") if part.strip()]
    if unknown := [part for part in named if part not in KINDS]:
        what = f"{', '.join(unknown)} is nothing that can be allowed"
        problem = Problem("storage vip: allow", what, f"Choose from: {', '.join(KINDS)}.")
        raise ConfigurationError([problem], "the storage's settings")
    return frozenset(named)
