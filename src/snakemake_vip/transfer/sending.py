"""A local file on its way: read once, in pieces, and only as long as it stays what it was."""

from __future__ import annotations

import hashlib
from io import BytesIO
from typing import IO, TYPE_CHECKING

from snakemake_vip.errors import TransferError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

AHEAD = 1 << 18
"""Bytes of a file that is small: it is read before its turn to be sent has come."""


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

    Attributes
    ----------
    sha256
        Of all of it, once it was read.
    out
        Called when a piece is given out.
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
        self._ahead: IO[bytes] | None = None
        self.sha256: str | None = None
        self.out: Callable[[], None] = lambda: None

    def read_ahead(self) -> None:
        """Read all of a small file, so that nothing is left to be done for it but to send it."""
        if self._left <= AHEAD:
            self._ahead = BytesIO(self._taken(self._left))

    def read(self, size: int = -1) -> bytes:
        """Return at most `size` bytes."""
        data = self._ahead.read(size) if self._ahead else self._taken(size)
        self._moved(len(data))
        self.out()
        return data

    def _taken(self, size: int) -> bytes:
        data = self._file.read(size)
        self._digest.update(data)
        self._left -= len(data)
        if self._left <= 0 and self.sha256 is None:
            digest = self._digest.hexdigest()
            self._complete(digest)
            self.sha256 = digest
        return data


def changed(path: Path) -> TransferError:
    """Return the error for a file that somebody writes to."""
    what = f"{path} changed while it was sent"
    return TransferError(what, "Run the same command again when nothing writes to it.")


def unreadable(path: Path, error: OSError) -> TransferError:
    """Return the error for a file that the system does not give out."""
    return TransferError(f"{path} cannot be read: {error.strerror}", "Check the file.")
