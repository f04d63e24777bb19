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
class Look:
    """What a file's entry says at one moment.

    Attributes
    ----------
    size
        Bytes.
    modified, changed
        Times of its content and of its entry, in nanoseconds since the epoch.
    """

    size: int
    modified: int
    changed: int

    @classmethod
    def at(cls, path: Path) -> Look:
        """Look at a file now."""
        stat = path.stat()
        return cls(stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)

    @property
    def is_settled(self) -> bool:
        """Whether a later change would show: within one tick of the clock it would not."""
        return time.time_ns() - self.changed > _YOUNG


class Reading:
    """A file that is about to be read whole.

    Parameters
    ----------
    file
        Looked at now: a change while it is read shows as one after this look.
    """

    def __init__(self, file: LocalFile) -> None:
        self.file = file
        self.look = Look.at(file.path)
        self.is_settled = self.look.is_settled

    @property
    def is_undisturbed(self) -> bool:
        """Whether it is still what it was, by size and all times, also when it was found."""
        found = self.file.size, self.file.modified
        return (
            found == (self.look.size, self.look.modified) and Look.at(self.file.path) == self.look
        )


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
        reading = Reading(file)
        known = self._known.get(str(file.relative))
        if known and known[0] == reading.look:
            return known[1]
        digest = sha256(file.path)
        self.keep(reading, digest)
        return digest

    def keep(self, reading: Reading, digest: str) -> None:
        """Remember what was read of a file."""
        if not reading.is_settled:
            return
        name, look = str(reading.file.relative), reading.look
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


def _entry(record: dict[str, Any]) -> tuple[str, tuple[Look, str]]:
    look = Look(record["size"], record["modified"], record["changed"])
    return record["path"], (look, record["sha256"])
