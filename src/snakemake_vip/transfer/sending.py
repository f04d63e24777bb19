"""A local file on its way: read once, in pieces, and only as long as it stays what it was."""

from __future__ import annotations

import hashlib
from typing import IO, TYPE_CHECKING

from snakemake_vip.errors import TransferError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from snakemake_vip.transfer.tree import LocalFile


class Sending:
    """A file that is read for sending, and hashed on the way.

    Parameters
    ----------
    file
        Open at its beginning.
    size
        Bytes to be sent.
    complete
        Called once with the SHA-256, when all was read and before the last piece is given out: what
        it raises keeps VIP from ever having the whole.
    moved
        Told of the bytes of each piece that is given out.
    """

    def __init__(
        self,
        file: IO[bytes],
        size: int,
        complete: Callable[[str], None],
        moved: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._file = file
        self._left = size
        self._complete = complete
        self._moved = moved
        self._digest = hashlib.sha256()
        self.sha256: str | None = None
        if not size:
            self._end()

    def read(self, size: int = -1) -> bytes:
        """Return at most `size` bytes."""
        data = self._file.read(size)
        self._digest.update(data)
        self._left -= len(data)
        self._moved(len(data))
        if self._left <= 0 and self.sha256 is None:
            self._end()
        return data

    def _end(self) -> None:
        digest = self._digest.hexdigest()
        self._complete(digest)
        self.sha256 = digest


def refuse_if_changed(file: LocalFile) -> None:
    """Raise `TransferError` unless a file has the size and time with which it was found."""
    try:
        now = file.path.stat()
    except OSError as error:
        raise unreadable(file.path, error) from None
    if (now.st_size, now.st_mtime_ns) != (file.size, file.modified):
        raise changed(file.path)


def changed(path: Path) -> TransferError:
    """Return the error for a file that somebody writes to."""
    what = f"{path} changed while it was sent"
    return TransferError(what, "Run the same command again when nothing writes to it.")


def unreadable(path: Path, error: OSError) -> TransferError:
    """Return the error for a file that the system does not give out."""
    return TransferError(f"{path} cannot be read: {error.strerror}", "Check the file.")
