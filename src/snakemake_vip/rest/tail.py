"""The end of a long text, in bounded memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def tail(pieces: Iterable[bytes], longest: int) -> str:
    """Return the last lines of a text of at most `longest` bytes, and how much was left out.

    Parameters
    ----------
    pieces
        UTF-8, cut anywhere.
    longest
        Bytes.
    """
    kept, whole = bytearray(), 0
    for piece in pieces:
        kept += piece
        whole += len(piece)
        if len(kept) > 2 * longest:
            del kept[:-longest]
    if whole <= longest:
        return kept.decode("utf-8", errors="replace")
    del kept[:-longest]
    # The first line is only a part of one, unless it is all that there is.
    shown = kept.partition(b"\n")[2] or kept
    text = shown.decode("utf-8", errors="replace")
    return f"[{whole - len(shown)} bytes are left out]\n{text}"
