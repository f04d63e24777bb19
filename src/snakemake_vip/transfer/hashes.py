"""SHA-256 of local files, computed again only where a file may have changed.

As git does: a file whose size and times are those of the last look is unchanged. The time of the
last change of its entry (``ctime``) is among them: a program can set the others back, not this one.
"""

from __future__ import annotations

import hashlib
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from snakemake_vip import durable

if TYPE_CHECKING:
    from pathlib import Path

    from snakemake_vip.transfer.tree import LocalFile

_YOUNG = 100_000_000
_SAVE_EVERY = 10.0


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal, in constant memory."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True)
class _Look:
    """Size in bytes, and times in nanoseconds since the epoch."""

    size: int
    modified: int
    changed: int

    @classmethod
    def at(cls, path: Path) -> _Look:
        stat = path.stat()
        return cls(stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)

    @property
    def is_settled(self) -> bool:
        """Whether a later change would show: within one tick of the clock it would not."""
        return time.time_ns() - self.changed > _YOUNG


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
        self._saved = time.monotonic()
        self._known = dict(_entry(record) for record in durable.read(path) if "changed" in record)

    def of(self, file: LocalFile) -> str:
        """Return the SHA-256 of what `file` holds now, from the last look or by reading it."""
        name = str(file.relative)
        look = _Look.at(file.path)
        known = self._known.get(name)
        if known and known[0] == look:
            return known[1]
        # Asked before the reading: a change while it lasts then shows as one after this look.
        is_settled = look.is_settled
        digest = sha256(file.path)
        if is_settled:
            self._keep(name, look, digest)
        return digest

    def _keep(self, name: str, look: _Look, digest: str) -> None:
        with self._lock:
            self._known[name] = (look, digest)
            self._unsaved.append(
                {
                    "path": name,
                    "size": look.size,
                    "modified": look.modified,
                    "changed": look.changed,
                    "sha256": digest,
                }
            )
            is_due = time.monotonic() - self._saved > _SAVE_EVERY
        if is_due:
            self.save()

    def save(self) -> None:
        """Put what was read since the last time on disk."""
        with self._lock:
            records, self._unsaved = self._unsaved, []
            self._saved = time.monotonic()
        durable.append(self._path, records)


def _entry(record: dict[str, Any]) -> tuple[str, tuple[_Look, str]]:
    look = _Look(record["size"], record["modified"], record["changed"])
    return record["path"], (look, record["sha256"])
