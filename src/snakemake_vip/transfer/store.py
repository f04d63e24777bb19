"""Verified content, kept by its SHA-256 and read-only; results are links to it.

So a result that was deleted costs nothing to bring back, and what two runs have in common is on
disk once. The files are read-only because a link and the store share one content.

What was read or written here is remembered by size, time and inode, as git does: a file that has
all of them still is taken for unchanged, where nothing is deleted on the strength of that.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import threading
import time
from functools import cached_property
from typing import TYPE_CHECKING, Any

from snakemake_vip import durable
from snakemake_vip.transfer.hashes import sha256

if TYPE_CHECKING:
    from pathlib import Path

_YOUNG = 100_000_000
_READ_ONLY = 0o444
_EXECUTABLE = 0o111
_NO_LINK = frozenset({errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP, errno.ENOSYS})


class Store:
    """A folder of verified files.

    Parameters
    ----------
    root
        The folder; files lie in ``<two digits>/<sha256>``. What is remembered of them stands beside
        it, and may be deleted at any time.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = threading.Lock()
        self._flushed: set[Path] = set()
        self._new: dict[str, tuple[int, int, int]] = {}
        self._memory = root.with_name(f"{root.name}.jsonl")

    @cached_property
    def _known(self) -> dict[str, tuple[int, int, int]]:
        return dict(_entry(record) for record in durable.read(self._memory))

    def path(self, digest: str) -> Path:
        """Return where the content with this SHA-256 is, or would be."""
        return self._root / digest[:2] / digest

    def has(self, digest: str, size: int) -> bool:
        """Whether the content is here, by its size; :meth:`proves` reads it."""
        try:
            return self.path(digest).stat().st_size == size
        except FileNotFoundError:
            return False

    def proves(self, digest: str, size: int) -> bool:
        """Whether the content is here and is what its name says, read to the last byte."""
        if not self.has(digest, size):
            return False
        look = _look(self.path(digest))
        is_right = sha256(self.path(digest)) == digest
        if is_right:
            self._remember(digest, look)
        return is_right

    def stands(self, digest: str, size: int) -> bool:
        """Whether the content is here: untouched since it was proven, else by proving it."""
        known = self._known.get(digest)
        if known and self.has(digest, size) and known == _look(self.path(digest)):
            return True
        return self.proves(digest, size)

    def _remember(self, digest: str, look: tuple[int, int, int]) -> None:
        with self._lock:
            self._new[digest] = look

    def save(self) -> None:
        """Put on disk what was read or written since the last time, as far as it has settled."""
        with self._lock:
            new, self._new = self._new, {}
        settled = time.time_ns() - _YOUNG
        records: list[dict[str, Any]] = []
        for digest, look in new.items():
            size, modified, inode = look
            # Within one tick of the clock a later change would not show.
            if modified < settled and look != self._known.get(digest):
                self._known[digest] = look
                records.append(
                    {"sha256": digest, "size": size, "modified": modified, "inode": inode}
                )
        durable.append(self._memory, records)

    def take(self, file: Path, digest: str) -> None:
        """Move a verified file into the store, on disk when this returns.

        Content that is there already, and proves right, stays: results are linked to it.
        """
        kept = self.path(digest)
        mode = _READ_ONLY | (file.stat().st_mode & _EXECUTABLE)
        if self.proves(digest, file.stat().st_size):
            kept.chmod(kept.stat().st_mode | mode)
            file.unlink()
            return
        kept.parent.mkdir(parents=True, exist_ok=True)
        with file.open("rb") as content:
            os.fsync(content.fileno())
        file.chmod(mode)
        file.replace(kept)
        self._remember(digest, _look(kept))
        durable.flush_folder(kept.parent)
        if kept.parent not in self._flushed:
            durable.flush_folder(self._root)
            self._flushed.add(kept.parent)

    def drop(self, digest: str) -> None:
        """Remove content that proved wrong."""
        self.path(digest).unlink(missing_ok=True)

    def put(self, digest: str, where: Path) -> None:
        """Make the content appear at `where`: by a hard link, or a copy where links do not go.

        Raises
        ------
        FileExistsError
            If there is something at `where`.
        """
        where.parent.mkdir(parents=True, exist_ok=True)
        kept = self.path(digest)
        try:
            where.hardlink_to(kept)
        except OSError as error:
            if error.errno not in _NO_LINK:
                raise
            _copy(kept, where)


def _look(path: Path) -> tuple[int, int, int]:
    """Return size, time of the last change of the content, and inode: links change none of them."""
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns, stat.st_ino


def _entry(record: dict[str, Any]) -> tuple[str, tuple[int, int, int]]:
    return record["sha256"], (record["size"], record["modified"], record["inode"])


def _copy(source: Path, where: Path) -> None:
    """Copy with mode and time; neither replaces anything nor leaves a part."""
    part = where.with_name(f".{secrets.token_hex(8)}.part")
    try:
        with source.open("rb") as old, part.open("xb") as new:
            shutil.copyfileobj(old, new)
            os.fsync(new.fileno())
        shutil.copystat(source, part)
        part.replace(where)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
