"""Step 2: each run of the request is on VIP, once.

VIP takes a launch twice as readily as once and gives no request a number. So the intention is
written down first, the name on VIP says which request it is, and whenever the outcome is in doubt
VIP's list is searched for that name before anything is sent again.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from snakemake_vip import locks
from snakemake_vip.errors import ConfigurationError, ExecutionError
from snakemake_vip.executions import request as requests
from snakemake_vip.executions.launcher import Launcher
from snakemake_vip.executions.state import Launch, Plan
from snakemake_vip.pipelines import settings
from snakemake_vip.rest import watch
from snakemake_vip.session import fetch, results, upload
from snakemake_vip.session.cut import Cutter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snakemake_vip.pipelines.request import Request
    from snakemake_vip.rest.models import Execution
    from snakemake_vip.session.workbench import SessionBench

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Wanted:
    """A run as the configuration has it now.

    Attributes
    ----------
    request
        What VIP is asked to run.
    digest
        Its identity.
    contents
        SHA-256 of its local files, by their path on VIP.
    """

    request: Request
    digest: str
    contents: dict[str, str]


def wanted(bench: SessionBench, run: int) -> Wanted:
    """Return the request of a run, checked against the pipeline and the files.

    Raises
    ------
    ConfigurationError
        With every mistake of the settings.
    """
    config = bench.config
    resolution = settings.resolve(
        config.input_settings,
        bench.descriptor(),
        bench.inputs,
        key=f"sessions.{bench.name}.input_settings",
        max_jobs=config.max_jobs,
        jobs_per_execution=config.jobs_per_execution,
    )
    if resolution.request is None:
        raise ConfigurationError(resolution.problems)
    contents = upload.contents(bench.owner, resolution.request.files)
    digest = requests.digest(bench.name, run, resolution.request, contents)
    return Wanted(resolution.request, digest, contents)


def launch(bench: SessionBench, run: int, *, again: bool = False) -> list[Launch]:
    """See to it that every execution of a run is on VIP.

    Parameters
    ----------
    bench
        The session.
    run
        The run's number.
    again
        Whether executions of it that ended without results, or whose results are gone, are
        launched another time.

    Returns
    -------
    list of Launch
        By part, each with VIP's identifier.

    Raises
    ------
    ConfigurationError
        If the settings do not fit the pipeline.
    PlatformError
        If VIP refuses.
    """
    with locks.held(bench.folder.lock(f"launch-{run}"), f"the launch of {bench.name}, run {run}"):
        now = wanted(bench, run)
        present = _plan(bench, run, now)
        if again:
            present = _next_attempts(bench, run, present)
        _launch_missing(bench, run, now, present)
        return bench.journal.read().of_run(run)


def launch_planned(bench: SessionBench, run: int) -> None:
    """Launch what the present plan of a run has, and VIP has not: failed jobs, once more.

    Raises
    ------
    ExecutionError
        If the configuration or the inputs have changed since: what failed is asked for no longer.
    """
    with locks.held(bench.folder.lock(f"launch-{run}"), f"the launch of {bench.name}, run {run}"):
        now = wanted(bench, run)
        present = bench.journal.read().plan(run)
        if present is None or present.request != now.digest:
            msg = f"the settings or inputs of {bench.name} changed while run {run} was under way"
            raise ExecutionError(msg, f"Launch the new ones: snakemake-vip launch {bench.name}")
        _launch_missing(bench, run, now, present)


def _launch_missing(bench: SessionBench, run: int, now: Wanted, present: Plan) -> None:
    missing = [launch for launch in _launches(bench, run, now, present) if not launch.execution]
    if missing:
        bench.folder.finished.unlink(missing_ok=True)
        upload.ensure(bench.owner, now.contents)
    for one in missing:
        Launcher(bench, one, now.contents).ensure()


def _plan(bench: SessionBench, run: int, now: Wanted) -> Plan:
    """Return the plan of the request: the one that was made first, or a new one."""
    state = bench.journal.read()
    known = state.plans.get((run, now.digest)) or _new_plan(bench, run, now)
    if state.plan(run) != known:
        bench.journal.planned(known)
    return known


def _new_plan(bench: SessionBench, run: int, now: Wanted) -> Plan:
    """Cut a request into executions, as another machine did that launched it before."""
    known, parts = Cutter(bench, run, now.request, now.digest).parts()
    names = tuple(
        requests.execution_name(bench.name, run, now.digest, number, known)
        for number in range(1, len(parts) + 1)
    )
    return Plan(now.digest, run, names, now.request.values, tuple(part.values for part in parts))


def _launches(bench: SessionBench, run: int, now: Wanted, present: Plan) -> Iterator[Launch]:
    known = bench.journal.read().launches
    for part, (name, values) in enumerate(zip(present.names, present.parts, strict=True), 1):
        fresh = Launch(
            name=name,
            request=present.request,
            run=run,
            part=part,
            pipeline=now.request.pipeline,
            results=_results_folder(bench, present, part),
            intended=time.time(),
            values=values,
        )
        yield known.get(name, fresh)


def _results_folder(bench: SessionBench, present: Plan, part: int) -> str:
    folder = bench.config.vip_output_dir / f"run-{present.run}"
    if len(present.names) > 1:
        folder /= f"part-{part}"
    if bench.descriptor().results_suffix is not None:
        # VIP makes no folder of the launch's time: another request would meet the same names.
        folder /= requests.folder_of_attempt(present.names[part - 1], present.request)
    return str(folder)


def _next_attempts(bench: SessionBench, run: int, present: Plan) -> Plan:
    """Return the plan with new names for the executions that gave nothing, or lost it."""
    launches = {one.name: one for one in bench.journal.read().of_run(run)}
    running = [one.execution for one in launches.values() if one.execution and not one.ended]
    seen = watch.look(bench.client, running)
    names = tuple(
        requests.next_attempt(name)
        if name in launches
        and not present.repaired(name)
        and _gave_nothing(bench, launches[name], seen)
        else name
        for name in present.names
    )
    if names == present.names:
        msg = f"no execution of {bench.name}, run {run}, has ended without results"
        raise ExecutionError(msg, f"Look at: snakemake-vip status {bench.name}")
    renewed = replace(present, names=names)
    bench.journal.planned(renewed)
    return renewed


def _gave_nothing(bench: SessionBench, one: Launch, seen: dict[str, Execution | None]) -> bool:
    if one.execution is None:
        return False
    execution = one.ended or seen[one.execution]
    if execution is None:
        return True
    if one.ended is None and not execution.status.is_over:
        return False
    if execution.status not in bench.config.get_status:
        return True
    kept = results.kept(bench, one.run)
    if kept and not kept.missing(bench.store):
        return False
    whole = one.ended or watch.execution(bench.client, one.execution)
    return whole is None or bool(fetch.lost(bench, whole))
