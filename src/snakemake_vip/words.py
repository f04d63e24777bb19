"""Numbers for people: bytes, times, and how many of what."""

from __future__ import annotations

from itertools import pairwise

_KIBI = 1024
_UNITS = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))


def size(count: float) -> str:
    """Return a number of bytes, as ``1.5 GiB``."""
    if count == 1:
        return "1 byte"
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if count < _KIBI:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= _KIBI
    return f"{count:.1f} TiB"


def duration(seconds: float) -> str:
    """Return a time in its two largest units, as ``2 h 10 min``."""
    whole = max(0, int(seconds))
    for (name, length), (smaller, part) in pairwise(_UNITS):
        if whole >= length:
            rest = whole % length // part
            return f"{whole // length} {name}" + (f" {rest} {smaller}" if rest else "")
    return f"{whole} s"


def between(least: float, most: float) -> str:
    """Return a span of times, as ``4 min to 6 min``, or one where both read the same."""
    first, last = duration(least), duration(most)
    return first if first == last else f"{first} to {last}"


def count(number: int, noun: str) -> str:
    """Return how many of what: ``1 job``, ``2 jobs``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
