"""A local file on its way: read in pieces, and only as long as it stays what it was."""

from __future__ import annotations

import hashlib
from typing import IO, TYPE_CHECKING

from snakemake_vip.errors import TransferError

if TYPE_CHECKING:
    from pathlib import Path

    from snakemake_vip.transfer.tree import LocalFile


class Sending:
    """A file that is read for sending, and what was read of it.

    Parameters
    ----------
    file
        Open at its beginning.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._size = 0
        self._digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Return at most `size` bytes."""
        data = self._file.read(size)
        self._size += len(data)
        self._digest.update(data)
        return data

    def is_spoilt(self, size: int, sha256: str) -> bool:
        """Whether `size` bytes were given out, and are not what has this SHA-256."""
        return self._size >= size and self._digest.hexdigest() != sha256


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
