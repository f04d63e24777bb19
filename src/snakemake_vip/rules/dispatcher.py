"""Sends jobs of rules to VIP: those that come together as one execution, when there is room."""

from __future__ import annotations

import logging
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from snakemake_vip.errors import ConfigurationError, VipError
from snakemake_vip.executions.launcher import WAITING, Outcome
from snakemake_vip.rest import watch
from snakemake_vip.rules import attached
from snakemake_vip.rules import request as requests
from snakemake_vip.rules.attached import Attached
from snakemake_vip.rules.batches import Batch, batches
from snakemake_vip.rules.bench import BatchPlace
from snakemake_vip.rules.inputs import Inputs
from snakemake_vip.rules.launching import Launching, Try
from snakemake_vip.rules.watcher import Watcher
from snakemake_vip.rules.work import Running, Task, guarded

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from snakemake_vip.pipelines.descriptor import Descriptor
    from snakemake_vip.rules.bench import RulesBench
    from snakemake_vip.rules.job import RuleJob

logger = logging.getLogger(__name__)

_LONGEST_WINDOW = 15
_ANSWER = 30
"""Seconds that an answer to a launch is waited for at the end."""


@dataclass(frozen=True)
class Manner:
    """How jobs are put together.

    Attributes
    ----------
    window
        Seconds without a new job after which those that came go to VIP.
    jobs_per_execution
        Jobs that one execution has at most.
    """

    window: float = 1
    jobs_per_execution: int = 200


class Dispatcher:
    """Runs jobs of rules on VIP, from a few threads.

    Parameters
    ----------
    bench
        The workflow's.
    manner
        How jobs are put together.
    """

    def __init__(self, bench: RulesBench, manner: Manner = Manner()) -> None:
        self._bench = bench
        self._manner = manner
        self._turn = threading.Condition()
        self._asking = threading.Lock()
        self._fresh: list[Task] = []
        self._last = 0.0
        self._stopped = False
        self._waiting: list[Task] = []
        self._not_before = 0.0
        self._pause = 0.0
        self._doubt: tuple[str, float] | None = None
        self._meant: Batch | None = None
        self._told = ""
        self._inputs = Inputs(bench)
        self._attached = Attached(bench)
        self._launching = Launching(bench, self._inputs)
        self._watcher = Watcher(bench, self._again, self._room)
        self._threads: list[threading.Thread] = []

    def submit(self, job: RuleJob, done: Callable[[VipError | None], None]) -> None:
        """Run a job on VIP.

        Parameters
        ----------
        job
            The job; its inputs are there.
        done
            Called once, from some thread: with none when the outputs are where the rule wants them,
            or with why there are none.
        """
        self._give(Task(job, done))

    def _give(self, task: Task) -> None:
        with self._turn:
            self._fresh.append(task)
            self._last = time.monotonic()
            if not self._threads:
                self._start()
            self._turn.notify_all()

    def _start(self) -> None:
        for name, work in (("vip-launch", self._work), ("vip-watch", self._watcher.work)):
            thread = threading.Thread(target=work, name=name, daemon=True)
            thread.start()
            self._threads.append(thread)

    def _again(self, task: Task) -> None:
        """Take back a job whose execution of another time gave nothing."""
        task.was_found = task.is_old = False
        self._give(task)

    def _room(self) -> None:
        """Try the next launch at once: an execution is over."""
        with self._turn:
            self._not_before = self._pause = 0.0
            self._turn.notify_all()

    @property
    def running(self) -> list[str]:
        """VIP's identifiers of the executions that are waited for."""
        return [one.identifier for one in self._watcher.running]

    def stop(self) -> None:
        """Launch and look no more; executions on VIP go on.

        A launch that VIP is asked for at this moment is waited for, so that it is among `running`.
        """
        with self._turn:
            self._stopped = True
            self._turn.notify_all()
        self._watcher.stop()
        if not self._asking.acquire(blocking=False):
            logger.info("VIP is being asked for an execution; waiting for its answer")
            if not self._asking.acquire(timeout=_ANSWER):
                logger.warning("VIP does not answer; the same command finds out what came of it.")
                return
        self._asking.release()

    def kill(self) -> list[str]:
        """Stop the executions on VIP, and note that their jobs are to be launched again.

        Returns
        -------
        list of str
            VIP's identifiers of those that were stopped; one that is over is left as it is.
        """
        try:
            seen = watch.listed(self._bench.client) or {}
        except VipError as error:
            logger.warning("%s", error.what)
            seen = {}
        return [
            one.identifier
            for one in self._watcher.running
            if not (one.identifier in seen and seen[one.identifier].status.is_over)
            and self._killed(one)
        ]

    def _killed(self, one: Running) -> bool:
        try:
            self._bench.client.kill(one.identifier)
        except VipError as error:
            logger.warning("%s", error.what)
            return False
        for task in one.tasks.values():
            if place := self._bench.records.place(task.request.digest):
                self._bench.records.failed(task.request.digest, place)
        return True

    # -- the thread that launches

    def _work(self) -> None:
        while (fresh := self._collected()) is not None:
            guarded(fresh, partial(self._prepare, fresh))
            waiting = list(self._waiting)
            guarded(waiting, self._launch_waiting)
            self._waiting = [task for task in self._waiting if not task.is_over]

    def _collected(self) -> list[Task] | None:
        """Wait for jobs, until no more come for a while, or for room; none at the end."""
        with self._turn:
            while not self._stopped:
                now = time.monotonic()
                due = self._due(now)
                if due <= now:
                    fresh, self._fresh = self._fresh, []
                    return fresh
                self._turn.wait(min(due - now, _LONGEST_WINDOW))
            return None

    def _due(self, now: float) -> float:
        if self._fresh:
            return self._last + self._manner.window
        if self._waiting and len(self._watcher.running) < self._bench.platform.max_executions:
            return self._not_before
        return now + _LONGEST_WINDOW

    def _prepare(self, tasks: list[Task]) -> None:
        """Check jobs, find those that VIP runs already, and bring the inputs of the others."""
        read = self._read(tasks)
        found = self._attached.find([task.request for task in read])
        for task in read:
            if task.request.digest in found:
                task.was_found, task.is_old = found[task.request.digest], True
                self._watch(task)
        fresh = [task for task in read if task.request.digest not in found]
        errors = self._inputs.bring([task.request for task in fresh])
        for task in fresh:
            if error := errors.get(task.request.digest):
                task.end(error)
            else:
                self._waiting.append(task)

    def _read(self, tasks: list[Task]) -> list[Task]:
        """Return the jobs that are right, with what they ask of VIP; the others end."""
        by_pipeline: defaultdict[str, list[Task]] = defaultdict(list)
        for task in tasks:
            by_pipeline[task.job.pipeline].append(task)
        for group in by_pipeline.values():
            guarded(group, partial(self._read_group, group))
        return [task for task in tasks if not task.is_over]

    def _read_group(self, tasks: list[Task]) -> None:
        first = tasks[0].job
        key = f"{first.label}.params.vip_pipeline"
        try:
            descriptor = self._bench.known_descriptor(first.pipeline, key)
        except ConfigurationError as error:
            if any(problem.key != key for problem in error.problems):
                raise
            raise ConfigurationError(error.problems, "the workflow's rules") from None
        paths = [path for task in tasks for path in requests.local_files(task.job, descriptor)]
        digests = self._inputs.digests(paths)
        for task in tasks:
            wanted = requests.resolve(task.job, descriptor, self._bench.inputs, digests)
            if isinstance(wanted, list):
                task.end(ConfigurationError(wanted, task.job.label))
            else:
                task.wanted = requests.with_origins(wanted, self._bench.origins)

    def _watch(self, task: Task) -> None:
        """Watch the execution that the records name for a job."""
        known = self._bench.records.place(task.request.digest)
        place = BatchPlace(self._bench, known.batch if known else "", task.request.request.pipeline)
        launch = attached.launch_of(place)
        if known is None or launch is None:
            msg = f"the journal of {task.job.label} was removed while it was read"
            raise VipError(msg, "Run the same command again.")
        self._watcher.add(Running(place, launch, known.size), known.row, task)

    # -- launching

    def _launch_waiting(self) -> None:
        while self._waiting:
            with self._asking:
                if not self._has_room():
                    return
                self._launch_next()

    def _launch_next(self) -> None:
        descriptor = self._bench.descriptor(self._waiting[0].request.request.pipeline)
        alike = [
            task for task in self._waiting if task.request.request.pipeline == descriptor.identifier
        ]
        batch = self._kept(alike) or self._made(alike, descriptor)
        tasks = [self._task_of(member.digest) for member in batch.members]
        guarded(tasks, partial(self._launch, batch, tasks))
        self._waiting = [task for task in self._waiting if not task.is_over]

    def _made(self, tasks: Sequence[Task], descriptor: Descriptor) -> Batch:
        """Return the execution that the first of the waiting jobs belongs to now."""
        wanted = [task.request for task in tasks]
        made = batches(wanted, descriptor, self._manner.jobs_per_execution)
        return next(one for one in made if wanted[0] in one.members)

    def _kept(self, tasks: Sequence[Task]) -> Batch | None:
        """Return the execution that VIP may have started already, whatever waits beside it now."""
        waiting = {task.request.digest for task in tasks}
        kept = self._meant
        return kept if kept and waiting.issuperset(one.digest for one in kept.members) else None

    def _has_room(self) -> bool:
        with self._turn:
            if self._stopped or time.monotonic() < self._not_before:
                return False
        return len(self._watcher.running) < self._bench.platform.max_executions

    def _task_of(self, digest: str) -> Task:
        return next(task for task in self._waiting if task.request.digest == digest)

    def _launch(self, batch: Batch, tasks: Sequence[Task]) -> None:
        """Try to launch an execution; afterwards it runs, or its jobs wait on."""
        tried = self._launching.attempt(batch, in_doubt=batch is self._meant)
        self._meant = batch if tried.outcome in {Outcome.DOUBT, Outcome.CLAIMED} else None
        if tried.outcome is Outcome.DONE:
            self._doubt = None
            self._leave_line(tasks)
            for task in tasks:
                self._watch(task)
        elif tried.outcome is Outcome.NO_INPUTS:
            self._inputs.forget()
            self._join_again(tasks)
        elif tried.outcome is None:
            self._join_again([task for task in tasks if task.request.digest in tried.taken])
        else:
            self._wait(tried, tasks)

    def _leave_line(self, tasks: Sequence[Task]) -> None:
        gone = set(tasks)
        self._waiting = [task for task in self._waiting if task not in gone]

    def _join_again(self, tasks: Sequence[Task]) -> None:
        """Look anew where jobs are, and whether their inputs are there."""
        self._leave_line(tasks)
        for task in tasks:
            self._give(task)

    def _wait(self, tried: Try, tasks: Sequence[Task]) -> None:
        """Put off the next try; give up where VIP does not say for too long what it took."""
        first, more = tasks[0].job.label, len(tasks) - 1
        if tried.outcome in WAITING and first != self._told:
            whose = f"{first} and {more} more" if more else first
            logger.info("VIP: an execution for %s %s", whose, WAITING[tried.outcome])
            self._told = first
        now = time.monotonic()
        times, platform = self._bench.times, self._bench.platform
        with self._turn:
            self._pause = min(platform.refresh_time, (self._pause or times.first_look) * 1.5)
            self._not_before = now + self._pause
        if tried.outcome is not Outcome.DOUBT:
            return
        since = self._doubt[1] if self._doubt and self._doubt[0] == tried.key else now
        self._doubt = (tried.key, since)
        if now - since >= platform.patience and tried.error:
            raise tried.error
