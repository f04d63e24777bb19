"""What this machine put on VIP: path, size and SHA-256 of each file.

VIP keeps no checksum. So the ledger is the only proof that a file there has the content of a file
here; it is written before a file is sent and again when VIP has taken it.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snakemake_vip import durable

if TYPE_CHECKING:
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
    """

    size: int
    sha256: str
    sent: bool


class Ledger:
    """The files that were sent to VIP for one input folder.

    Parameters
    ----------
    path
        The logbook on disk.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self.entries: dict[str, Entry] = {}
        for record in durable.read(path):
            self._apply(record)

    def _apply(self, record: dict[str, str | int]) -> None:
        where = str(record["vip_path"])
        if record["event"] == "removed":
            self.entries.pop(where, None)
        else:
            sent = record["event"] == "sent"
            self.entries[where] = Entry(int(record["size"]), str(record["sha256"]), sent)

    def _record(self, record: dict[str, str | int]) -> None:
        with self._lock:
            durable.append(self._path, [record])
            self._apply(record)

    def sending(self, where: PurePosixPath, size: int, sha256: str) -> None:
        """Note that the sending of a file begins."""
        self._record({"event": "sending", "vip_path": str(where), "size": size, "sha256": sha256})

    def sent(self, where: PurePosixPath, size: int, sha256: str) -> None:
        """Note that VIP has a file with this content."""
        self._record({"event": "sent", "vip_path": str(where), "size": size, "sha256": sha256})

    def removed(self, where: PurePosixPath) -> None:
        """Note that VIP no longer has a file."""
        self._record({"event": "removed", "vip_path": str(where)})

    def get(self, where: PurePosixPath) -> Entry | None:
        """Return what is known of a path on VIP."""
        return self.entries.get(str(where))
