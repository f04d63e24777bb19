"""A file that arrives: what came of it is hashed on the way, and on the disk soon after."""

from __future__ import annotations

import hashlib
import os
import threading
from typing import IO, TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

FLUSHED = 32 << 20
"""Bytes of a part that may not be on disk yet: what a crash of the machine can spoil at most."""

_READ = 1 << 20


class Part:
    """The beginning of a file, on disk.

    Parameters
    ----------
    path
        Where it lies. What an earlier process left is taken up, but for what may be spoilt.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.touch()
        self.size = max(0, path.stat().st_size - FLUSHED)
        os.truncate(path, self.size)
        self._digest = hashlib.sha256()
        with path.open("rb") as file:
            while piece := file.read(_READ):
                self._digest.update(piece)

    @property
    def sha256(self) -> str:
        """SHA-256 of what is here."""
        return self._digest.hexdigest()

    def drop(self) -> None:
        """Throw away what is here."""
        self.path.unlink(missing_ok=True)
        self.size, self._digest = 0, hashlib.sha256()

    def append(
        self,
        pieces: Iterable[bytes],
        start: int,
        moved: Callable[[int], None] = lambda _: None,
    ) -> None:
        """Add `pieces`, all of them on disk when this returns, and most whenever it ends.

        Parameters
        ----------
        pieces
            What comes.
        start
            Where the first of them belongs: at the end of what is here, or at 0 to begin anew.
        moved
            Told of the bytes of each piece.
        """
        if start != self.size:
            self.drop()
        with self.path.open("ab", buffering=0) as file, _Flushing(file) as flushing:
            for piece in pieces:
                flushing.make_room(len(piece))
                _write(file, piece)
                self._digest.update(piece)
                self.size += len(piece)
                moved(len(piece))


def _write(file: IO[bytes], piece: bytes) -> None:
    view = memoryview(piece)
    while view:
        view = view[file.write(view) :]


class _Flushing:
    """Puts a file on disk while more of it comes.

    Parameters
    ----------
    file
        Open for writing, without a buffer.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._new = self._under_way = 0
        self._thread: threading.Thread | None = None
        self._error: OSError | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._wait()
        os.fsync(self._file.fileno())

    def make_room(self, count: int) -> None:
        """Make sure that with `count` bytes more no more than `FLUSHED` are not on disk."""
        if self._new + self._under_way + count > FLUSHED:
            self._wait()
        if self._new and self._new + count > FLUSHED // 2:
            self._wait()
            self._new, self._under_way = 0, self._new
            self._thread = threading.Thread(target=self._flush, name="flush", daemon=True)
            self._thread.start()
        self._new += count

    def _flush(self) -> None:
        try:
            os.fsync(self._file.fileno())
        except OSError as error:
            self._error = error

    def _wait(self) -> None:
        if self._thread:
            self._thread.join()
        self._thread, self._under_way = None, 0
        if self._error:
            raise self._error
