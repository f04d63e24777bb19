"""How the sending of a file ends badly: what is told of it, and what is final."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snakemake_vip.errors import AuthenticationError, PlatformError, TransferError, VipError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import PurePosixPath

    from snakemake_vip.rest.models import PathInfo

_NOT_ALLOWED = frozenset({1001, 8013})


def summary(failures: Iterable[VipError], total: int, root: PurePosixPath) -> TransferError:
    """Return the error of an upload of which some files failed."""
    errors = list(failures)
    shown = "\n".join(f"  {error.what}" for error in errors[:10])
    more = f"\n  ... and {len(errors) - 10} more" if len(errors) > 10 else ""  # noqa: PLR2004
    what = f"{len(errors)} of {total} files did not get to {root}:\n{shown}{more}"
    return TransferError(what, errors[0].remedy or "Run the same command again.")


def seen(there: PathInfo | None) -> str:
    """Return in words what VIP has of a file."""
    if there is None:
        return "does not list it"
    return "made a folder of it" if there.is_directory else f"has {there.size} bytes of it"


def is_definite(error: VipError) -> bool:
    """Whether VIP surely did not take the file, and would not the next time.

    Its code 8000 says nothing, and an answer that is late or lost neither.
    """
    if isinstance(error, AuthenticationError):
        return True
    return isinstance(error, PlatformError) and (error.code is None or error.code in _NOT_ALLOWED)
