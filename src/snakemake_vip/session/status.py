"""How far a study is: from the journals and one look at VIP."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snakemake_vip.errors import UsageError, VipError
from snakemake_vip.rest import watch
from snakemake_vip.session import lookup

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from snakemake_vip.rest.models import Execution, Job
    from snakemake_vip.session.state import Launch
    from snakemake_vip.session.workbench import SessionBench, Workbench


@dataclass(frozen=True)
class ExecutionStatus:
    """One execution.

    Attributes
    ----------
    seconds
        Since it was started, while it is not over.
    jobs
        How many jobs have which status.
    """

    run: int
    execution: str
    name: str
    status: str
    seconds: float | None
    jobs: Mapping[str, int]


@dataclass(frozen=True)
class SessionStatus:
    """One session.

    Attributes
    ----------
    uploaded
        Whether its inputs are on VIP.
    runs, downloaded
        Runs that are wanted, and whose results are here.
    finished
        Whether nothing of it is left on VIP.
    """

    session: str
    pipeline: str
    uploaded: bool
    runs: int
    downloaded: int
    finished: bool
    executions: tuple[ExecutionStatus, ...]


def status(bench: Workbench) -> list[SessionStatus]:
    """Return how far each session is; one request tells of all executions that are not over."""
    sessions = [bench.session(name) for name in bench.study.sessions]
    launches = {one.name: one for name in sessions for one in name.journal.read().present}
    running = [one.execution for one in launches.values() if one.execution and not one.ended]
    seen = _details(bench, running) if running else {}
    return [_session(session, seen) for session in sessions]


def _details(bench: Workbench, running: list[str]) -> dict[str, Execution | None]:
    """Jobs stand only in the execution itself, so those that run are asked for."""
    listed = watch.look(bench.client, running)
    return {
        key: watch.execution(bench.client, key) if found else None for key, found in listed.items()
    }


def _session(bench: SessionBench, seen: Mapping[str, Execution | None]) -> SessionStatus:
    state = bench.journal.read()
    owner = bench.owner.journal.read()
    return SessionStatus(
        session=bench.name,
        pipeline=bench.config.pipeline_id,
        uploaded=owner.upload is not None and not owner.inputs_removed,
        runs=bench.config.nb_runs,
        downloaded=sum(bench.folder.manifest(run).exists() for run in bench.runs),
        finished=bench.folder.finished.exists(),
        executions=tuple(_execution(one, seen) for one in state.present),
    )


def _execution(one: Launch, seen: Mapping[str, Execution | None]) -> ExecutionStatus:
    execution = one.ended or seen.get(one.execution or "")
    now = execution.status if execution else one.status
    shown = str(now) if one.execution else "being launched"
    start = execution.start if execution and execution.start else one.start
    return ExecutionStatus(
        run=one.run,
        execution=one.execution or "",
        name=one.name,
        status=shown,
        seconds=None if now.is_over or not start else max(0.0, time.time() - start),
        jobs=dict(Counter(job.status for job in execution.jobs)) if execution else {},
    )


@dataclass(frozen=True)
class JobLog:
    """What a job wrote."""

    run: int
    execution: str
    job: Job
    stdout: str
    stderr: str


def logs(bench: SessionBench, number: int | None = None) -> Iterator[JobLog]:
    """Yield the logs of one job of each run, or of all failed ones.

    Raises
    ------
    UsageError
        If there is no such job.
    """
    found = False
    for one in bench.journal.read().present:
        if one.execution is None:
            continue
        execution = one.ended or watch.execution(bench.client, one.execution)
        for job in execution.jobs if execution else ():
            failed = job.exit_code > 0 or job.status in {"ERROR", "STALLED"}
            if job.number == number or (number is None and failed):
                found = True
                stdout, stderr = (_log(bench, one, job, name) for name in ("stdout", "stderr"))
                yield JobLog(one.run, one.execution, job, stdout, stderr)
    if not found and number is not None:
        msg = f"there is no job {number} of {bench.name} on VIP"
        raise UsageError(msg, f"Look at: snakemake-vip status, or {bench.folder.jobs}")


def _log(bench: SessionBench, one: Launch, job: Job, stream: str) -> str:
    try:
        return bench.client.log(one.execution or "", stream, job.number)
    except VipError as error:
        return f"({error.what})"


def cancel(bench: SessionBench) -> list[str]:
    """Kill the executions of a session that are not over; return their identifiers.

    VIP calls a finished execution killed when it is asked to kill it, so each is looked at first.
    """
    for launch in bench.journal.read().open_intents:
        lookup.settle(bench, launch)
    running = [one.execution for one in bench.journal.read().unfinished if one.execution]
    killed: list[str] = []
    for identifier, execution in watch.look(bench.client, running).items():
        if execution and not execution.status.is_over:
            bench.client.kill(identifier)
            killed.append(identifier)
    return killed
