"""What the files of a workflow are that stay on VIP: from which content or job each one comes.

VIP keeps no checksum, and a file that stays there is never read here. But what is computed from it
must be computed again when it is another one under the same path. So whoever makes, sends, replaces
or removes such a file notes it here.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from snakemake_vip import durable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path, PurePosixPath


@dataclass(frozen=True)
class Origin:
    """Where a file on VIP comes from.

    Attributes
    ----------
    token
        Differs for other content: the SHA-256 of what was sent, or the digest of the job.
    size
        Bytes, or none where they are not known.
    since
        When it was noted last, in seconds since the epoch: when it was made, if by a job.
    """

    token: str
    size: int | None
    since: float


class Origins(durable.Register):
    """The files of one workflow. Safe to share between threads; other processes add to it as well.

    Parameters
    ----------
    path
        The logbook on disk.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._known: dict[str, Origin] = {}

    def get(self, where: PurePosixPath) -> Origin | None:
        """Return where the file at a path comes from, or none where that is not known."""
        with self._current():
            return self._known.get(str(where))

    def note(self, where: PurePosixPath, token: str, size: int | None) -> None:
        """Note that there is a file at a path from now on."""
        record = {"vip_path": str(where), "token": token, "size": size, "since": time.time()}
        self._add(record)

    def removed(self, where: PurePosixPath) -> None:
        """Note that there is nothing at a path any more, nor below it."""
        with self._current():
            known = [path for path in self._known if f"{path}/".startswith(f"{where}/")]
        if known:
            self._add({"vip_path": str(where), "token": None})

    def _begin(self) -> None:
        self._known = {}

    def _apply(self, record: Mapping[str, Any]) -> None:
        where, token = record["vip_path"], record["token"]
        if token is not None:
            self._known[where] = Origin(token, record["size"], record["since"])
            return
        for path in [path for path in self._known if f"{path}/".startswith(f"{where}/")]:
            del self._known[path]
