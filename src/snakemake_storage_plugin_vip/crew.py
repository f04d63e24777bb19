"""Work of the plugin in threads of its own, so that Snakemake's scheduler does not wait for it."""

from __future__ import annotations

import asyncio
import queue
import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Result = TypeVar("Result")


class Crew:
    """Threads that take tasks one after the other, begun when they are needed.

    They are daemons, which those of ``asyncio.to_thread`` are not: after Ctrl-C, Python would wait
    for the end of each transfer.

    Parameters
    ----------
    name
        Of the threads.
    size
        Threads at most.
    """

    def __init__(self, name: str, size: int) -> None:
        self._name = name
        self._size = size
        self._lock = threading.Lock()
        self._threads = self._open = 0
        self._tasks: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = queue.SimpleQueue()

    async def run(self, act: Callable[[], Result]) -> Result:
        """Run `act` in a thread and wait for it, while other tasks of the event loop go on."""
        future: Future[Result] = Future()
        with self._lock:
            self._open += 1
            is_short = self._threads < min(self._open, self._size)
            self._threads += is_short
        self._tasks.put((future, act))
        if is_short:
            threading.Thread(target=self._work, name=self._name, daemon=True).start()
        return await asyncio.wrap_future(future)

    def _work(self) -> None:
        while True:
            future, act = self._tasks.get()
            if future.set_running_or_notify_cancel():
                try:
                    result = act()
                except BaseException as error:  # noqa: BLE001 - raised where it is waited for
                    future.set_exception(error)
                else:
                    future.set_result(result)
            with self._lock:
                self._open -= 1
