"""SHA-256 of local files, computed again only where a file may have changed.

As git does: a file whose size and modification time are those of the last look is unchanged.
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snakemake_vip import durable

if TYPE_CHECKING:
    from pathlib import Path

    from snakemake_vip.transfer.tree import LocalFile


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal, in constant memory."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True)
class _Look:
    size: int
    modified: int
    sha256: str


class HashCache:
    """What files held when they were last read. Safe to share between threads.

    Parameters
    ----------
    path
        The logbook on disk; it may be deleted at any time.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._unsaved: list[dict[str, str | int]] = []
        self._looks = {
            record["path"]: _Look(record["size"], record["modified"], record["sha256"])
            for record in durable.read(path)
        }

    def of(self, file: LocalFile) -> str:
        """Return the SHA-256 of `file`, from the last look or from its content."""
        name = str(file.relative)
        look = self._looks.get(name)
        if look and (look.size, look.modified) == (file.size, file.modified):
            return look.sha256
        digest = sha256(file.path)
        with self._lock:
            self._looks[name] = _Look(file.size, file.modified, digest)
            self._unsaved.append(
                {"path": name, "size": file.size, "modified": file.modified, "sha256": digest}
            )
        return digest

    def save(self) -> None:
        """Put what was read since the last time on disk."""
        with self._lock:
            records, self._unsaved = self._unsaved, []
        durable.append(self._path, records)
