"""SIGTERM as Snakemake means it, without the deadlock that its handler may run into.

The handler takes the scheduler's lock, which the same thread cannot take twice, and Python runs it
in the main thread: a signal that comes while that thread holds the lock, as it does whenever a job
has ended, would wait for itself for ever.
"""

from __future__ import annotations

import _thread
import signal
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def heed_apart(handler: Callable[..., Any]) -> None:
    """Let a handler of SIGTERM run in a thread of its own, where it can wait for any lock.

    Parameters
    ----------
    handler
        Left as it is unless it is the present one, and this the main thread.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if not is_main or signal.getsignal(signal.SIGTERM) != handler:
        return

    def heed(number: int, _: Any) -> None:
        # Not by `threading`: starting a thread there takes locks that this one may hold.
        _thread.start_new_thread(handler, (number, None))

    signal.signal(signal.SIGTERM, heed)
