"""Step 2: each run of the request is on VIP, once.

VIP takes a launch twice as readily as once and gives no request a number. So the intention is
written down first, the name on VIP says which request it is, and whenever the outcome is in doubt
VIP's list is searched for that name before anything is sent again.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snakemake_vip import locks
from snakemake_vip.errors import (
    CapacityError,
    ConfigurationError,
    ExecutionError,
    OutageError,
    PlatformError,
)
from snakemake_vip.pipelines import plan, settings
from snakemake_vip.rest.models import Execution, Status
from snakemake_vip.rest.watch import pauses
from snakemake_vip.session import request as requests
from snakemake_vip.session import upload
from snakemake_vip.session.journal import Launch, Plan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snakemake_vip.pipelines.request import Request
    from snakemake_vip.session.workbench import SessionBench

logger = logging.getLogger(__name__)

SETTLING = 60.0
"""Seconds that VIP may need to show an execution whose launch gave no clear answer."""

_UNEXPLAINED = 8000
_LIST_LIMIT = 500


@dataclass(frozen=True)
class Wanted:
    """A run as the configuration has it now."""

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
        Whether executions of it that ended without results are launched another time.

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
        missing = [launch for launch in _launches(bench, run, now, present) if not launch.execution]
        if missing and not upload.is_on_vip(bench.owner, now.contents):
            upload.upload(bench.owner)
        for one in missing:
            _Launcher(bench, one).ensure()
        return bench.journal.read().of_run(run)


def _plan(bench: SessionBench, run: int, now: Wanted) -> Plan:
    """Return the plan of the request: the one that was made first, or a new one."""
    state = bench.journal.read()
    known = state.plans.get((run, now.digest))
    if known and state.requests.get(run) == now.digest:
        return known
    if known is None:
        parts = plan.split(now.request, bench.descriptor(), bench.config.jobs_per_execution)
        names = tuple(
            requests.execution_name(bench.name, run, now.digest, number, len(parts))
            for number in range(1, len(parts) + 1)
        )
        known = Plan(now.digest, run, names, tuple(part.values for part in parts))
    bench.journal.planned(known)
    return known


def _next_attempts(bench: SessionBench, run: int, present: Plan) -> Plan:
    launches = {one.name: one for one in bench.journal.read().of_run(run)}
    wanted_statuses = bench.config.get_status
    names = tuple(
        requests.next_attempt(name)
        if name in launches
        and launches[name].ended
        and launches[name].status not in wanted_statuses
        else name
        for name in present.names
    )
    if names == present.names:
        msg = f"no execution of {bench.name}, run {run}, has ended without results"
        raise ExecutionError(msg, f"Look at: snakemake-vip status {bench.name}")
    renewed = Plan(present.request, run, names, present.parts)
    bench.journal.planned(renewed)
    return renewed


def _launches(bench: SessionBench, run: int, now: Wanted, present: Plan) -> Iterator[Launch]:
    known = bench.journal.read().launches
    folder = bench.config.vip_output_dir / f"run-{run}"
    for part, (name, values) in enumerate(zip(present.names, present.parts, strict=True), 1):
        below = folder / f"part-{part}" if len(present.names) > 1 else folder
        fresh = Launch(
            name=name,
            request=present.request,
            run=run,
            part=part,
            pipeline=now.request.pipeline,
            results=str(below),
            intended=time.time(),
            values=values,
        )
        yield known.get(name, fresh)


class _Launcher:
    """Sees to it that one execution is on VIP."""

    def __init__(self, bench: SessionBench, launch: Launch) -> None:
        self._bench = bench
        self._launch = launch
        self._platform = bench.bench.study.platform

    def ensure(self) -> None:
        """Find the execution on VIP, or launch it as soon as there is room."""
        self._settle()
        told = False
        study_lock = self._bench.bench.lock("launches")
        for pause in pauses(self._platform.refresh_time):
            with locks.held(study_lock, "the launches of this study"):
                listed = self._list()
                if self._found(listed) or (self._has_room(listed) and self._post()):
                    return
            if not told:
                logger.info("%s waits for room on VIP", self._launch.name)
                told = True
            time.sleep(pause)

    def _settle(self) -> None:
        """Give VIP the time to show an execution that an earlier process asked for."""
        state = self._bench.journal.read()
        intended = state.launches.get(self._launch.name)
        if intended is None:
            return
        logger.info("%s may have been launched before; looking for it", self._launch.name)
        self._search(intended.intended + SETTLING - time.time())

    def _search(self, seconds: float) -> bool:
        """Look for the execution, again and again, for so long."""
        until = time.monotonic() + seconds
        for pause in pauses(10):
            if self._found(self._list()):
                return True
            if time.monotonic() + pause > until:
                return False
            time.sleep(pause)
        return False

    def _list(self) -> list[Execution]:
        """Return VIP's list; waited for as long as patience lasts, since without it VIP is dark."""

        def once() -> list[Execution]:
            try:
                return self._bench.client.executions()
            except PlatformError as error:
                if error.code != _UNEXPLAINED:
                    raise
                # One unreachable engine spoils the list for everybody.
                raise OutageError(error.what, error.remedy) from None

        return self._bench.client.patiently("listing the executions")(once)

    def _found(self, listed: list[Execution]) -> bool:
        mine = [execution for execution in listed if execution.name == self._launch.name]
        if not mine:
            if len(listed) >= _LIST_LIMIT:
                logger.warning("VIP lists only the newest %d executions", len(listed))
            return False
        # The oldest is the one that everybody settles on.
        first = min(mine, key=lambda execution: (execution.start or 0, execution.identifier))
        journal = self._bench.journal
        if self._launch.name not in journal.read().launches:
            journal.launching(self._launch)
        journal.launched(self._launch.name, first.identifier)
        logger.info("%s is %s on VIP", self._launch.name, first.identifier)
        return True

    def _has_room(self, listed: list[Execution]) -> bool:
        running = [e for e in listed if not e.status.is_over and e.status is not Status.UNKNOWN]
        return len(running) < self._platform.max_executions

    def _post(self) -> bool:
        """Ask VIP for the execution; false where it has no room."""
        journal, one = self._bench.journal, self._launch
        journal.launching(one)
        try:
            execution = self._bench.client.launch(
                one.name, one.pipeline, one.values, self._results()
            )
        except CapacityError as error:
            journal.refused(one.name, error.what)
            logger.info("%s", error.what)
            return False
        except OutageError as error:
            return self._doubt(error)
        except PlatformError as error:
            if error.code == _UNEXPLAINED and self._search(SETTLING / 4):
                return True
            journal.refused(one.name, error.what)
            raise
        journal.launched(one.name, execution.identifier)
        logger.info("%s is %s on VIP", one.name, execution.identifier)
        return True

    def _doubt(self, error: OutageError) -> bool:
        """Find out whether VIP started what it did not answer to."""
        logger.warning("%s It may have started; looking for it.", error.what)
        if self._search(SETTLING):
            return True
        self._bench.journal.refused(self._launch.name, error.what)
        return False

    def _results(self) -> str | tuple[str, ...]:
        from snakemake_vip.pipelines.request import Request

        descriptor = self._bench.descriptor()
        part = Request(self._launch.pipeline, self._launch.values, {})
        return plan.results_value(part, descriptor, self._launch.results)
