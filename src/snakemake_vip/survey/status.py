"""How far a study is: from the journals and one look at VIP."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from snakemake_vip import durable
from snakemake_vip.errors import ConfigurationError, OutageError, PlatformError
from snakemake_vip.executions.state import Launch, fold
from snakemake_vip.rest import watch
from snakemake_vip.rest.models import Status
from snakemake_vip.session import headway, results
from snakemake_vip.session.headway import Headway
from snakemake_vip.session.looks import Looks
from snakemake_vip.session.workbench import hasty
from snakemake_vip.survey.standing import (
    ExecutionStatus,
    SessionStatus,
    Standing,
    Work,
    holder,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from snakemake_vip.errors import VipError
    from snakemake_vip.executions.state import Plan, State
    from snakemake_vip.rest.models import Execution
    from snakemake_vip.session.looks import Look
    from snakemake_vip.session.workbench import SessionBench, Workbench

BEING_LAUNCHED = "being launched"
LAUNCHED = "launched"
DELETED = "deleted on VIP"
WAITS_FOR_ROOM = "waits for room on VIP"
WAITS_FOR_INPUTS = "waits for its inputs"
NOT_LAUNCHED = "not launched"
_FRESH = 2.0
_WORDS = frozenset({"launched", "seen", "ended"})
_PASSING = frozenset({"views", "data"})


def status(bench: Workbench) -> Standing:
    """Return how far each session is.

    VIP's list tells nothing of jobs, so each execution that is not over is asked for itself. VIP is
    not waited for.
    """
    return Watcher(bench).look()


class Watcher:
    """Looks at a study again and again; after the first look with one request each time.

    Where several executions run, it asks in turn for VIP's list, and for the jobs of one of them:
    of what began or ended first. While another process has just asked for the list, the turn is
    not needed.

    Parameters
    ----------
    bench
        The study.
    """

    def __init__(self, bench: Workbench) -> None:
        self._bench = hasty(bench)
        self._looks = Looks(self._bench)
        self._seen: dict[str, tuple[float, Execution | None]] = {}
        self._due = set[str]()
        self._turn = 0

    def look(self) -> Standing:
        """Return how the study stands now."""
        sessions = [self._bench.session(name) for name in self._bench.study.sessions]
        events = {session.name: durable.read(session.folder.journal) for session in sessions}
        states = {name: fold(known) for name, known in events.items()}
        running = [
            one.execution
            for state in states.values()
            for one in state.present
            if one.execution and not one.ended
        ]
        trouble = self._ask(running) if running else None
        told = [
            self._session(session, states[session.name], _heard(events[session.name]))
            for session in sessions
        ]
        return Standing(tuple(told), trouble)

    def _ask(self, running: Sequence[str]) -> VipError | None:
        """Look at what runs; return why it could not be looked at."""
        is_first = not self._seen
        is_news = any(key not in self._seen and key not in self._due for key in running)
        due = [key for key in running if key in self._due]
        self._turn += 1
        try:
            is_turn = is_news or (not due and self._turn % 2 == 1)
            # Who asks for each execution itself needs no list.
            has_asked = is_turn and not is_first and len(running) > 1 and self._list(running)
            in_turn = due[:1] or [running[self._turn // 2 % len(running)]]
            for key in running if is_first else [] if has_asked else in_turn:
                self._note_jobs(key)
        except (OutageError, PlatformError, ConfigurationError) as error:
            return error
        return None

    def _list(self, running: Sequence[str]) -> bool:
        """Look at all in VIP's list; return whether that took a request of ours."""
        began = time.time()
        look = self._looks.look(running, began, began - _FRESH)
        self._note_list(look)
        return look.asked >= began

    def _note_list(self, look: Look) -> None:
        """Note what a list tells; the jobs of what began or ended since are asked for next."""
        for key, execution in look.seen.items():
            before, known = self._seen.get(key, (0.0, None))
            if look.asked < before:
                continue
            was_over = known is not None and known.status.is_over
            if execution and (known is None or execution.status.is_over > was_over):
                self._due.add(key)
            if execution and execution.status.is_over and not was_over:
                continue  # told when it is known what became of its jobs
            # A list has no jobs: those of the last look at the execution itself stay.
            jobs = known.jobs if known else ()
            self._seen[key] = (look.asked, replace(execution, jobs=jobs) if execution else None)

    def _note_jobs(self, key: str) -> None:
        self._due.discard(key)
        if self._seen.get(key, (0.0, True))[1]:
            self._seen[key] = (time.time(), watch.execution(self._bench.client, key))

    def _session(
        self, bench: SessionBench, state: State, heard: Mapping[str, float]
    ) -> SessionStatus:
        owner = bench.owner.journal.read()
        return SessionStatus(
            session=bench.name,
            pipeline=bench.config.pipeline_id,
            sends=bench.owner.config.input_dir is not None,
            uploaded=owner.upload is not None and not owner.inputs_removed,
            runs=bench.config.nb_runs,
            downloaded=sum(_is_here(bench, state, run) for run in bench.runs),
            finished=bench.folder.finished.exists(),
            at_work=tuple(_at_work(bench)),
            executions=tuple(self._executions(bench, state, heard)),
        )

    def _executions(
        self, bench: SessionBench, state: State, heard: Mapping[str, float]
    ) -> Iterator[ExecutionStatus]:
        for run in sorted(state.requests):
            plan = state.plan(run)
            if plan is None:
                continue
            for part, name in enumerate(plan.names, 1):
                one = state.launches.get(name)
                shown = (
                    self._one(bench, one, heard.get(name)) if one else _planned(bench, plan, part)
                )
                yield replace(shown, run=run, name=name, part=part, parts=len(plan.names))

    def _one(self, bench: SessionBench, one: Launch, heard: float | None) -> ExecutionStatus:
        asked, seen = self._seen.get(one.execution or "", (heard, None))
        execution = one.ended or seen
        now = execution.status if execution else one.status
        jobs = execution.jobs if execution else ()
        gone = one.execution in self._seen and execution is None
        is_over = gone or now.is_over or one.ended is not None
        total = _total(bench, one)
        is_known = execution is not None or gone
        far = headway.of(jobs, total, is_over=is_over) if is_known else Headway(total=total)
        start = (execution.start if execution else None) or one.start or one.intended
        return ExecutionStatus(
            run=one.run,
            part=one.part,
            parts=one.part,
            execution=one.execution or "",
            name=one.name,
            status=_word(one, now, gone=gone),
            is_over=is_over,
            seconds=None if is_over else max(0.0, time.time() - start),
            jobs=dict(Counter(job.status for job in jobs)),
            headway=far,
            word=heard if one.ended else asked,
        )


def _is_here(bench: SessionBench, state: State, run: int) -> bool:
    """Whether a run's results are here, and are those of its present request."""
    launches = state.of_run(run)
    has_come = bool(launches) and results.kept_path(bench, run, launches).exists()
    return has_come and bench.folder.manifest(run).exists()


def _heard(events: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """Return when VIP last said something of an execution, by its name."""
    words = (event for event in events if event.get("event") in _WORDS)
    return {event["name"]: event["time"] for event in words}


def _word(one: Launch, now: Status, *, gone: bool) -> str:
    """Return the status of an execution, in VIP's words where it has any."""
    if not one.execution:
        return BEING_LAUNCHED
    # An end with no status is how the journal writes down that VIP has it no longer.
    if gone or (one.ended and now is Status.UNKNOWN):
        return DELETED
    return LAUNCHED if now is Status.UNKNOWN and one.start is None else str(now)


def _total(bench: SessionBench, one: Launch) -> int | None:
    return headway.total(one, bench.bench.cached_descriptor(one.pipeline))


def _planned(bench: SessionBench, plan: Plan, part: int) -> ExecutionStatus:
    """Return an execution that was not sent yet."""
    shown = NOT_LAUNCHED
    if holder(bench.folder.lock(f"launch-{plan.run}")):
        sending = holder(bench.owner.folder.lock("upload"))
        shown = WAITS_FOR_INPUTS if sending else WAITS_FOR_ROOM
    values = plan.parts[part - 1]
    one = Launch("", plan.request, plan.run, part, bench.config.pipeline_id, "", 0.0, values)
    far = headway.of((), _total(bench, one))
    return ExecutionStatus(plan.run, 1, 1, "", "", shown, False, None, {}, far, None)


def _at_work(bench: SessionBench) -> Iterator[Work]:
    """Yield what processes do for a session at this moment, from the locks that they hold."""
    for path in sorted(bench.folder.lock("").parent.glob("*.lock")):
        work = holder(path) if path.stem not in _PASSING else None
        if work:
            yield work
