"""How far the transfers of a step are: a line in the log every so often, or what a face shows."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from snakemake_vip.words import size

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
            Of a function that is told, by any thread, the bytes of each piece that has gone; fewer
            than none where some must go again.
        """
        ...


@contextmanager
def lines(
    what: str, total: int, every: float = _EVERY
) -> Generator[Callable[[int], None], None, None]:
    """Write a line to the log at most every `every` seconds: bytes, share, rate and time left."""
    lock, begun = threading.Lock(), time.monotonic()
    done, told = 0, begun

    def advance(count: int) -> None:
        nonlocal done, told
        with lock:
            done += count
            now = time.monotonic()
            if now - told < every:
                return
            told, so_far = now, done
        logger.info("%s", line(what, so_far, total, now - begun))

    yield advance


def line(what: str, done: int, total: int, seconds: float) -> str:
    """Return how far something is: `done` of `total` bytes after so many seconds."""
    share = 100 * done // total if total else 100
    text = f"{what}: {size(done)} of {size(total)} ({share} %)"
    rate = done / seconds if seconds > 0 else 0
    if rate <= 0:
        return text
    return f"{text}, {size(rate)}/s, {duration(max(0, total - done) / rate)} left"


def duration(seconds: float) -> str:
    """Return hours, minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
