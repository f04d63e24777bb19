"""What this machine put on VIP: path, size and SHA-256 of each file.

VIP keeps no checksum. So the ledger is the only proof that a file there has the content of a file
here; it is written before a file is sent and again when VIP has taken it.
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
class Entry:
    """A file on VIP.

    Attributes
    ----------
    size
        Bytes.
    sha256
        Of its content.
    sent
        Whether VIP confirmed it; if not, its sending began and the outcome is unknown.
    contested
        Whether the outcome of sending other content to the same path is unknown as well: that
        may still arrive.
    """

    size: int
    sha256: str
    sent: bool
    contested: bool = False


class Ledger:
    """The files that were sent to VIP for one input folder. Safe to share between threads.

    Parameters
    ----------
    path
        The logbook on disk.
    """

    def __init__(self, path: Path) -> None:
        self._logbook = durable.Logbook(path)
        self.entries: dict[str, Entry] = {}
        self._removals: dict[str, float] = {}
        for record in durable.read(path):
            self._apply(record)

    def _apply(self, record: dict[str, Any]) -> None:
        where, event = record["vip_path"], record["event"]
        if event == "removing":
            self.entries.pop(where, None)
            self._removals[where] = record["time"]
        elif event == "removed":
            self.entries.pop(where, None)
            self._removals.pop(where, None)
        elif event in {"sending", "sent"}:
            self._removals.pop(where, None)
            size, digest = record["size"], record["sha256"]
            before = self.entries.get(where)
            contested = event == "sending" and _may_still_arrive(before, digest)
            self.entries[where] = Entry(size, digest, event == "sent", contested)

    def _record(self, record: dict[str, Any]) -> None:
        # On disk first. A path has one writer at a time, so the order of the others is no matter.
        self._logbook.add(record)
        self._apply(record)

    def sending(self, where: PurePosixPath, size: int, sha256: str) -> None:
        """Note that the sending of a file begins."""
        self._record({"event": "sending", "vip_path": str(where), "size": size, "sha256": sha256})

    def sent(self, where: PurePosixPath, size: int, sha256: str) -> None:
        """Note that VIP has a file with this content."""
        self._record({"event": "sent", "vip_path": str(where), "size": size, "sha256": sha256})

    def removing(self, where: PurePosixPath) -> None:
        """Note that VIP is about to be asked to delete a file."""
        self._record({"event": "removing", "vip_path": str(where), "time": time.time()})

    def removed(self, where: PurePosixPath) -> None:
        """Note that VIP no longer has a file."""
        self._record({"event": "removed", "vip_path": str(where)})

    def get(self, where: PurePosixPath) -> Entry | None:
        """Return what is known of a path on VIP."""
        return self.entries.get(str(where))

    def has(self, contents: Mapping[str, str]) -> bool:
        """Whether each of these files was sent with this content, and not removed since.

        Parameters
        ----------
        contents
            SHA-256 by path on VIP.
        """
        known = self.entries
        return all(
            path in known and known[path].sent and known[path].sha256 == digest
            for path, digest in contents.items()
        )

    def removal(self, where: PurePosixPath) -> float | None:
        """Return when a deletion was asked for whose end is unknown, in seconds since the epoch."""
        return self._removals.get(str(where))


def _may_still_arrive(before: Entry | None, digest: str) -> bool:
    """Whether other content than `digest` is perhaps on its way."""
    if before is None or before.sent:
        return False
    return before.contested or before.sha256 != digest
