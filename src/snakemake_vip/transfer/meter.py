"""The bytes of one file as they go, told to whoever shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Callable


class Meter:
    """Counts what has gone of a file, and sees to it that in the end it is all of it.

    Parameters
    ----------
    size
        Bytes of the file.
    told
        Told of each change.
    """

    def __init__(self, size: int, told: Callable[[int], None]) -> None:
        self._size = size
        self._told = told
        self._gone = 0

    def moved(self, count: int) -> None:
        """Note that so many bytes have gone."""
        if count:
            self._gone += count
            self._told(count)

    def restart(self, at: int = 0) -> None:
        """Note that only the first `at` bytes need not go again."""
        self.moved(at - self._gone)

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """Tell the rest: the file is done with, well or not."""
        self.moved(self._size - self._gone)
