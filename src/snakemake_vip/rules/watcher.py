"""Looks after all executions, and hands over each job as soon as its own results are on VIP."""

from __future__ import annotations

import logging
import threading
import time
from functools import partial
from typing import TYPE_CHECKING

from snakemake_vip import locks
from snakemake_vip.errors import AuthenticationError, PlatformError
from snakemake_vip.executions.failures import is_told
from snakemake_vip.rest import watch
from snakemake_vip.rest.models import Execution, Status
from snakemake_vip.rules import delivery, failures, logs, results
from snakemake_vip.rules.ends import Failed, Ready, end
from snakemake_vip.rules.work import Crew, Running, Task, guarded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import PurePosixPath

    from snakemake_vip.rest.models import PathInfo
    from snakemake_vip.rules.bench import RulesBench

logger = logging.getLogger(__name__)


class Watcher:
    """Watches executions.

    Parameters
    ----------
    bench
        The workflow's.
    again
        Takes back a task whose attempt gave nothing before anybody waited for it.
    on_room
        Called when an execution is watched no more.
    """

    def __init__(
        self, bench: RulesBench, again: Callable[[Task], None], on_room: Callable[[], None]
    ) -> None:
        self._bench = bench
        self._again = again
        self._on_room = on_room
        self._crew = Crew(bench.platform.max_transfers)
        self._turn = threading.Condition()
        self._running: dict[str, Running] = {}
        self._stopped = False
        self._news = True
        self._looks = 0

    @property
    def running(self) -> list[Running]:
        """The executions that are watched."""
        with self._turn:
            return list(self._running.values())

    def add(self, running: Running, row: int, task: Task) -> None:
        """Watch an execution for one of its jobs."""
        with self._turn:
            known = self._running.setdefault(running.place.key, running)
            known.tasks[row] = task
            self._news = True
            self._turn.notify_all()

    def stop(self) -> None:
        """Look no more; executions go on."""
        with self._turn:
            self._stopped = True
            self._turn.notify_all()

    def work(self) -> None:
        """Look until stopped."""
        longest = self._bench.platform.refresh_time
        pauses = iter(watch.pauses(longest, self._bench.times.first_look))
        while True:
            with self._turn:
                self._turn.wait_for(lambda: self._stopped or self._running)
                if self._stopped:
                    return
                current = list(self._running.values())
                if self._news:
                    pauses = iter(watch.pauses(longest, self._bench.times.first_look))
                self._news = False
            tasks = [task for one in current for task in one.tasks.values()]
            guarded(tasks, partial(self._look, current))
            self._forget_done()
            # Looks that follow each other closely would not show that a status flaps.
            pause = longest if any(one.killed for one in current) else next(pauses)
            with self._turn:
                self._turn.wait_for(lambda: self._stopped or self._news, pause)

    def _forget_done(self) -> None:
        """Watch no more what nobody waits for; each makes room for another."""
        gone = False
        with self._turn:
            for key, one in list(self._running.items()):
                if all(task.is_over for task in one.tasks.values()):
                    del self._running[key]
                    gone = True
        if gone:
            self._on_room()

    def _look(self, current: list[Running]) -> None:
        """Ask VIP once; and once more for each execution that is found to be over."""
        self._looks += 1
        asked = asked_for(current, self._looks)
        seen, in_full = self._seen(asked)
        for one in asked:
            execution = seen[one.identifier]
            is_over = execution is None or self._is_settled(one, execution.status)
            if not (is_over or in_full):
                continue
            if execution and not in_full:
                execution = watch.execution(self._bench.client, one.identifier)
            if is_over and execution and not self._is_told(one, execution):
                continue
            tasks = list(one.tasks.values())
            guarded(tasks, partial(self._advance, one, execution, is_over or execution is None))

    def _seen(self, current: list[Running]) -> tuple[dict[str, Execution | None], bool]:
        """Return what VIP says of each execution, and whether in full."""
        identifiers = [one.identifier for one in current]
        if len(identifiers) == 1:
            try:
                return {identifiers[0]: watch.execution(self._bench.client, identifiers[0])}, True
            except AuthenticationError:
                raise
            except PlatformError as error:
                logger.warning("%s Looking for it in the list.", error.what)
        return watch.look(self._bench.client, identifiers), False

    def _is_settled(self, one: Running, status: Status) -> bool:
        """Whether an execution is over, and will not be found running by the next look."""
        if status is not Status.KILLED:
            one.killed = 0
            return status.is_over
        one.killed += 1
        return one.killed >= self._bench.times.killed_looks

    def _is_told(self, one: Running, execution: Execution) -> bool:
        """Whether VIP tells what an execution gave, or has had the time to."""
        if is_told(execution, self._bench.descriptor(one.launch.pipeline)):
            return True
        now = time.monotonic()
        one.untold = now if one.untold is None else one.untold
        return now - one.untold >= self._bench.times.settling

    def _advance(self, one: Running, execution: Execution | None, is_over: bool) -> None:
        """Hand over the jobs of an execution that have ended."""
        if execution is None:
            name, pipeline = one.launch.name, one.launch.pipeline
            execution = Execution(one.identifier, name, pipeline, Status.UNKNOWN)
        if is_over:
            one.place.journal.ended(one.launch.name, execution)
            logger.info("VIP: %s is over: %s", one.title, execution.status)
        ends = self._ends(one, execution, is_over)
        ready = [found for found in ends.values() if isinstance(found, Ready)]
        paths = [path for found in ready for some in found.files.values() for path in some]
        there = delivery.listed(self._bench, paths) if paths else {}
        for row, found in ends.items():
            task = one.tasks.pop(row)
            act = partial(self._hand_over, one, execution, row, task, found, there)
            self._crew.give(partial(guarded, [task], act))

    def _ends(self, one: Running, execution: Execution, is_over: bool) -> dict[int, Ready | Failed]:
        descriptor = self._bench.descriptor(one.launch.pipeline)
        ends = {
            row: end(
                task.request,
                row if one.size > 1 else None,
                execution,
                descriptor,
                is_over=is_over,
            )
            for row, task in list(one.tasks.items())
        }
        return {row: found for row, found in ends.items() if found}

    def _hand_over(
        self,
        one: Running,
        execution: Execution,
        row: int,
        task: Task,
        found: Ready | Failed,
        there: Mapping[PurePosixPath, PathInfo],
    ) -> None:
        """Bring the results of a job, or tell why there are none."""
        task.tell(f"{execution.name} ({execution.identifier}): {execution.status}")
        if isinstance(found, Failed):
            self._fail(one, execution, row, task, found)
            return
        started = time.monotonic()
        try:
            # What comes is continued after a kill, so that one process at a time works on it.
            digest = task.request.digest
            with locks.held(self._bench.lock(f"results-{digest[:32]}"), task.job.label):
                size = delivery.Delivery(self._bench, task.job, there).bring(found.files)
        except delivery.LostError:
            self._note_failed(task)
            if task.is_old:
                self._again(task)
                return
            raise
        for path in results.on_vip(task.job).values():
            self._bench.origins.note(path, f"job:{task.request.digest}", there[path].size)
        for name, paths in found.files.items():
            task.tell(f"{name}: {', '.join(paths)}")
        task.tell(f"{size} bytes came in {time.monotonic() - started:.1f} s")
        self._keep_log(one, execution, row, task)
        task.end()

    def _fail(
        self, one: Running, execution: Execution, row: int, task: Task, failed: Failed
    ) -> None:
        self._note_failed(task)
        if task.was_found:
            logger.info("%s failed in %s; it is launched once more", task.job.label, one.identifier)
            self._again(task)
            return
        self._keep_log(one, execution, row, task)
        descriptor = self._bench.descriptor(one.launch.pipeline)
        task.end(failures.error(one.place, task.job, one.launch, execution, failed, descriptor))

    def _keep_log(self, one: Running, execution: Execution, row: int, task: Task) -> None:
        """Keep what a job wrote, where its rule has a log for it."""
        if task.job.log:
            jobs = [job.number for job in execution.jobs if one.size == 1 or job.number == row + 1]
            for line in logs.written(self._bench.client, one.identifier, jobs):
                task.tell(line)

    def _note_failed(self, task: Task) -> None:
        digest = task.request.digest
        if place := self._bench.records.place(digest):
            self._bench.records.failed(digest, place)


def asked_for(current: list[Running], look: int) -> list[Running]:
    """Return the executions that one look is for, so that it is one request.

    VIP's list tells of all whether they are over, but not which of their jobs have ended. So every
    other look is for one of those that run several jobs, each in its turn.

    Parameters
    ----------
    current
        All that are watched.
    look
        Number of the look, from 1.
    """
    arrays = [one for one in current if one.size > 1]
    turn, is_for_all = divmod(look, 2)
    return current if is_for_all or not arrays else [arrays[turn % len(arrays)]]
