"""The bytes of a file on their way to VIP: as many as were announced, or an error that says so."""

from __future__ import annotations

from typing import IO

from snakemake_vip.errors import TransferError

CHUNK = 1 << 20
"""Bytes read at once."""


class Content:
    """What is sent of a file.

    A body that ends early would let VIP wait for the rest until it gives up, and an empty one makes
    a folder there.

    Parameters
    ----------
    file
        Read from where it stands.
    size
        Bytes to send.
    what
        The request in words, for messages.
    """

    def __init__(self, file: IO[bytes], size: int, what: str) -> None:
        self._file = file
        self._left = size
        self._what = what

    def __len__(self) -> int:
        """Return the bytes that are still to be sent."""
        return self._left

    def read(self, size: int = -1) -> bytes:
        """Return at most `size` bytes; nothing once all were sent.

        Raises
        ------
        TransferError
            If the file ends early or cannot be read.
        """
        wanted = self._left if size < 0 else min(size, self._left)
        if not wanted:
            return b""
        try:
            piece, reason = self._file.read(wanted), ""
        except OSError as error:
            piece, reason = b"", error.strerror or type(error).__name__
        if reason:
            msg = f"{self._what}: the local file cannot be read ({reason})."
            raise TransferError(
                msg, "Check the file and its disk, then run the same command again."
            )
        if not piece:
            msg = f"{self._what}: the local file ends {self._left} bytes early."
            raise TransferError(msg, "Run the same command again when nothing writes to it.")
        self._left -= len(piece)
        return piece
