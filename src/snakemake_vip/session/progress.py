"""How far the transfers of a step are: a line in the log every so often, or what a face shows."""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from contextlib import AbstractContextManager

logger = logging.getLogger(__name__)

_EVERY = 30.0


class Progress(Protocol):
    """Shows how far something is."""

    def __call__(self, what: str, total: int) -> AbstractContextManager[Callable[[int], None]]:
        """Begin to show.

        Parameters
        ----------
        what
            What is done, in a few words.
        total
            Bytes in all.

        Returns
        -------
        context manager
            Of a function that is told the bytes of each file that is done.
        """
        ...


@contextmanager
def lines(
    what: str, total: int, every: float = _EVERY
) -> Generator[Callable[[int], None], None, None]:
    """Write a line to the log at most every `every` seconds."""
    done, told = 0, time.monotonic()

    def advance(count: int) -> None:
        nonlocal done, told
        done += count
        if time.monotonic() - told >= every:
            told = time.monotonic()
            share = 100 * done // total if total else 100
            logger.info("%s: %d of %d bytes (%d %%)", what, done, total, share)

    yield advance
