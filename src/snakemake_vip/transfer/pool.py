"""Several transfers at once, each with its own end."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING, Generic, TypeVar

from snakemake_vip.errors import AuthenticationError, VipError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

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

    An exception that is no `VipError`, an interruption too, ends the run at once: tasks that have
    not begun never do, and those under way are not waited for.

    Parameters
    ----------
    tasks
        What to do, in the order in which to begin.
    act
        Called in a thread.
    workers
        Threads.
    after
        Called in this thread as soon as a task has ended, well or not, for progress.

    Raises
    ------
    AuthenticationError
        At once: the key would be refused for the others too.
    """
    waiting = list(tasks)
    crew = _Crew(waiting, act)
    outcome = Outcome[Task, Result]()
    try:
        crew.start(min(max(1, workers), len(waiting)))
        for _ in waiting:
            task, result = crew.ended.get()
            if not isinstance(result, _Failure):
                outcome.done.append((task, result))
            elif isinstance(result.error, VipError) and not result.ends_all:
                outcome.failed.append((task, result.error))
            else:
                raise result.error
            after(task)
    finally:
        crew.stop()
    return outcome


class _Failure:
    def __init__(self, error: BaseException) -> None:
        self.error = error

    @property
    def ends_all(self) -> bool:
        is_other = not isinstance(self.error, VipError)
        return is_other or isinstance(self.error, AuthenticationError)


class _Crew(Generic[Task, Result]):
    """Threads that take tasks one after the other.

    They are daemons, which ThreadPoolExecutor's are not: Python would wait for each at its end,
    and one that waits for VIP may need minutes.
    """

    def __init__(self, tasks: list[Task], act: Callable[[Task], Result]) -> None:
        self._tasks: Iterator[Task] = iter(tasks)
        self._act = act
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self.ended: queue.SimpleQueue[tuple[Task, Result | _Failure]] = queue.SimpleQueue()

    def start(self, count: int) -> None:
        for number in range(count):
            name = f"transfer-{number}"
            threading.Thread(target=self._work, name=name, daemon=True).start()

    def stop(self) -> None:
        self._stopped.set()

    def _work(self) -> None:
        while not self._stopped.is_set():
            with self._lock:
                try:
                    task = next(self._tasks)
                except StopIteration:
                    return
            try:
                self.ended.put((task, self._act(task)))
            except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
                failure = _Failure(error)
                if failure.ends_all:
                    self.stop()
                self.ended.put((task, failure))
