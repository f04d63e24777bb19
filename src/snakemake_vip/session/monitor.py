"""Step 3: every execution of a run has come to its end, and the journal knows how."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from snakemake_vip.errors import ExecutionError, UsageError
from snakemake_vip.executions import failures
from snakemake_vip.rest import watch
from snakemake_vip.rest.models import Execution, Status
from snakemake_vip.session import early, launch, repair
from snakemake_vip.session.looks import Looks
from snakemake_vip.session.teller import Teller

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from snakemake_vip.executions.state import Launch, Plan
    from snakemake_vip.session.workbench import SessionBench

logger = logging.getLogger(__name__)


def monitor(bench: SessionBench, run: int) -> list[Launch]:
    """Wait until every execution of a run is over; the results of each come while others run.

    Returns
    -------
    list of Launch
        By part, each with its end.

    Raises
    ------
    UsageError
        If the run was not launched.
    ExecutionError
        If one ended with a status that ``get_status`` does not name, was deleted, or ran longer
        than ``max_wait``.
    """
    state = bench.journal.read()
    present = state.plan(run)
    if present and present.repairs and not state.is_launched(run):
        launch.launch_planned(bench, run)  # a process ended between planning and launching it
    _Watch(bench, run).until_over()
    while repair.plan(bench, run):
        launch.launch_planned(bench, run)
        _Watch(bench, run).until_over()
    launches = bench.journal.read().of_run(run)
    _refuse_bad_ends(bench, launches)
    return launches


class _Watch:
    """Looks at the executions of one run until all are over."""

    def __init__(self, bench: SessionBench, run: int) -> None:
        self._bench = bench
        self._run = run
        self._looks = Looks(bench.bench)
        self._since = time.time()
        self._killed: dict[str, tuple[int, float]] = {}
        self._untold: dict[str, float] = {}
        self._teller = Teller(bench, run)
        self._alive: float | None = None

    def until_over(self) -> None:
        oldest = 0.0
        if not self._waiting():
            return  # whoever saw the end has told of it
        while waiting := self._waiting():
            by_id = {one.execution: one for one in waiting if one.execution}
            pause = self._pause(waiting)
            look = self._looks.look(by_id, self._since, max(oldest, time.time() - pause))
            going_on = [
                by_id[key]
                for key, execution in look.seen.items()
                if not self._note(by_id[key], execution, look.asked)
            ]
            if going_on:
                self._refuse_endless(one for one in going_on if one.name not in self._untold)
                self._teller.tell(going_on)
                early.bring(self._bench, self._ended(waiting))
                # From the question on: all who watch ask at one time, and one of them for all.
                pause = self._pause(going_on)
                self._looks.wait(look, min(pause, look.asked + pause - time.time()))
            self._alive = look.asked
            # A clock that was set back meanwhile makes no answer too old.
            oldest = look.asked if look.asked <= time.time() else 0.0
        self._teller.over()

    def _pause(self, going_on: Sequence[Launch]) -> float:
        """Return the seconds between two looks."""
        longest = self._bench.platform.refresh_time
        if self._killed:
            # Looks that follow each other closely would not show that a status flaps.
            return longest
        youngest = max(one.intended for one in going_on)
        return watch.pause(time.time() - youngest, longest, self._bench.times.first_look)

    def _waiting(self) -> list[Launch]:
        state = self._bench.journal.read()
        if not state.is_launched(self._run):
            msg = f"{self._bench.name}, run {self._run}, is not launched"
            raise UsageError(msg, f"Run first: snakemake-vip launch {self._bench.name}")
        return [one for one in state.of_run(self._run) if one.ended is None]

    def _ended(self, launches: Sequence[Launch]) -> list[Execution]:
        """Return those of some launches that are over by now, as they ended."""
        names = {one.name for one in launches}
        state = self._bench.journal.read()
        return [one.ended for one in state.of_run(self._run) if one.ended and one.name in names]

    def _note(self, one: Launch, execution: Execution | None, asked: float) -> bool:
        """Write down what VIP said; whether the execution is over."""
        journal = self._bench.journal
        if execution is None:
            journal.ended(one.name, _deleted(one))
            return True
        if execution.status is not one.status or execution.start != one.start:
            logger.info("%s (%s) is %s", one.name, execution.identifier, execution.status)
            journal.seen(one.name, execution)
        if not self._is_settled(one, execution.status, asked):
            return False
        whole = watch.execution(self._bench.client, execution.identifier)
        if whole and not self._is_settled(one, whole.status, time.time()):
            return False
        if whole and not self._is_told(one, whole):
            return False
        journal.ended(one.name, whole or _deleted(one), alive=self._alive)
        return True

    def _is_told(self, one: Launch, whole: Execution) -> bool:
        """Whether VIP tells what an execution gave, or has had the time to."""
        if failures.is_told(whole, self._bench.descriptor()):
            return True
        since = self._untold.setdefault(one.name, time.monotonic())
        if time.monotonic() - since < self._bench.times.settling:
            return False
        logger.warning(
            "VIP tells nothing of the %s of %s (%s)",
            "results" if whole.jobs else "jobs",
            whole.identifier,
            one.name,
        )
        return True

    def _is_settled(self, one: Launch, status: Status, asked: float) -> bool:
        """Whether an execution is over, and will not be found running by the next look."""
        if status is not Status.KILLED:
            self._killed.pop(one.name, None)
            return status.is_over
        looks, last = self._killed.get(one.name, (0, 0.0))
        # Others may look more often: what they see a moment later says no more.
        if not 0 <= asked - last < self._bench.platform.refresh_time:
            looks, last = looks + 1, asked
        self._killed[one.name] = (looks, last)
        return looks >= self._bench.times.killed_looks

    def _refuse_endless(self, going_on: Iterable[Launch]) -> None:
        limit = self._bench.config.max_wait
        for one in going_on:
            took = time.time() - (one.start or one.intended)
            if limit is not None and took > limit:
                msg = f"{one.execution} ({one.name}) runs for {took:.0f} s; max_wait is {limit:g}"
                remedy = (
                    f"Look at its jobs: snakemake-vip status. Stop it: snakemake-vip cancel "
                    f"{self._bench.name}. Or raise max_wait."
                )
                raise ExecutionError(msg, remedy)


def _deleted(one: Launch) -> Execution:
    """Return the end of an execution that VIP no longer has."""
    identifier = one.execution or ""
    return Execution(identifier, one.name, one.pipeline, Status.UNKNOWN, one.start)


def _refuse_bad_ends(bench: SessionBench, launches: Sequence[Launch]) -> None:
    plan = bench.journal.read().plan(launches[0].run) if launches else None
    bad = [
        one
        for one in launches
        if one.status not in bench.config.get_status and not (plan and _is_repair(plan, one))
    ]
    if not bad:
        return
    ends = "\n".join(f"  {one.execution} ({one.name}): {_end(one)}" for one in bad)
    what = f"{len(bad)} execution(s) of {bench.name} ended without results:\n{ends}"
    remedy = (
        f"See why: snakemake-vip logs {bench.name}. Launch them once more: "
        f"snakemake-vip launch {bench.name} --again. Take what there is: add the status to "
        "get_status."
    )
    raise ExecutionError(what, remedy)


def _is_repair(plan: Plan, one: Launch) -> bool:
    """Whether an execution without results leaves failed jobs, and those of the others stay."""
    failed = one.status is Status.EXECUTION_FAILED
    return bool(plan.repaired(one.name)) or (failed and one.name in plan.repairs)


def _end(one: Launch) -> str:
    if one.status is Status.UNKNOWN:
        return "deleted on VIP"
    if one.status is Status.KILLED:
        return "Killed (by you, or by VIP where it could not read the inputs)"
    return str(one.status)
