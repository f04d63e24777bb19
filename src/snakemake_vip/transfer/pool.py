"""Several transfers at once, each with its own end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import TYPE_CHECKING, Generic, TypeVar

from snakemake_vip.errors import AuthenticationError, VipError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Task = TypeVar("Task")
Result = TypeVar("Result")


class Outcome(Generic[Task, Result]):
    """What became of each task.

    Attributes
    ----------
    done
        Task and result of those that ended well.
    failed
        Task and error of the others.
    """

    def __init__(self) -> None:
        self.done: list[tuple[Task, Result]] = []
        self.failed: list[tuple[Task, VipError]] = []


def run(
    tasks: Iterable[Task],
    act: Callable[[Task], Result],
    *,
    workers: int,
    after: Callable[[Task], None] = lambda _: None,
) -> Outcome[Task, Result]:
    """Run `act` on each task; a failure of one does not stop the others.

    Parameters
    ----------
    tasks
        What to do, in the order in which to begin.
    act
        Called in a thread.
    workers
        Threads.
    after
        Called in this thread as soon as a task has ended, for progress.

    Raises
    ------
    AuthenticationError
        At once: the key would be refused for the others too.
    """
    outcome = Outcome[Task, Result]()
    executor = ThreadPoolExecutor(max_workers=max(1, workers), thread_name_prefix="transfer")
    try:
        futures = {executor.submit(act, task): task for task in tasks}
        for future in as_completed(futures):
            task = futures[future]
            try:
                outcome.done.append((task, future.result()))
            except AuthenticationError:
                raise
            except VipError as error:
                outcome.failed.append((task, error))
            after(task)
    finally:
        # After an interruption nobody waits for what has not begun.
        executor.shutdown(wait=False, cancel_futures=True)
    return outcome
