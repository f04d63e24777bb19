"""Transfers and deletions as VIP carries them out: queued, slow, and given up on too early.

VIP hands each one to a storage daemon with a few slots, and looks again and again whether it is
done. When it gives up waiting (error 8000) the daemon goes on: the file may appear later.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, TypeVar

from starlette.concurrency import run_in_threadpool

from snakemake_vip.sandbox.answers import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from snakemake_vip.sandbox.options import Options

_log = logging.getLogger(__name__)
T = TypeVar("T")


class Transfers:
    """The storage daemon.

    Parameters
    ----------
    options
        Gives the options of this moment.
    """

    def __init__(self, options: Callable[[], Options]) -> None:
        self._options = options
        self._uploads = asyncio.Semaphore(options().transfer_slots)
        self._downloads = asyncio.Semaphore(options().transfer_slots)
        self._pending: set[asyncio.Task[Any]] = set()

    @property
    def busy(self) -> bool:
        """Whether something goes on that no request waits for."""
        return bool(self._pending)

    async def upload(self, action: Callable[[], None]) -> None:
        """Store something by `action`; 8000 when VIP gives up waiting, while it is still stored."""
        await self._carried_out(self._uploads, action)

    async def download(self, action: Callable[[], T]) -> T:
        """Fetch something by `action`."""
        return await self._carried_out(self._downloads, action)

    def delete(self, action: Callable[[], None]) -> None:
        """Carry out `action`, a deletion, some time later, without anybody waiting for it."""
        self._start(self._deleted(action))

    async def finish(self) -> None:
        """Wait for what is pending."""
        while self._pending:
            await asyncio.gather(*self._pending, return_exceptions=True)

    async def _carried_out(self, slots: asyncio.Semaphore, action: Callable[[], T]) -> T:
        delay, limit = self._options().transfer_delay, self._options().transfer_timeout
        if not delay and not slots.locked():
            async with slots:
                return action()
        task = self._start(self._delayed(slots, action, delay))
        done, _ = await asyncio.wait({task}, timeout=limit)
        if not done:
            raise RefusedError(reason=f"gave up on a transfer after {limit} s; it goes on")
        return task.result()

    async def _delayed(self, slots: asyncio.Semaphore, action: Callable[[], T], delay: float) -> T:
        async with slots:
            await asyncio.sleep(delay)
            return action()

    async def _deleted(self, action: Callable[[], None]) -> None:
        await asyncio.sleep(self._options().delete_delay)
        await run_in_threadpool(action)

    def _start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.get_running_loop().create_task(work)
        self._pending.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._pending.discard(task)
        if not task.cancelled() and task.exception():
            _log.info("a transfer or deletion failed: %s", task.exception())
