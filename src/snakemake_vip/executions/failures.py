"""Failed jobs, told so that one knows what to do: stage, exit code, message, end of the log."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from snakemake_vip.errors import AuthenticationError, VipError
from snakemake_vip.executions import request as requests
from snakemake_vip.pipelines import jobs as iteration
from snakemake_vip.pipelines import outputs as predictions
from snakemake_vip.rest.models import Job, Status

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from snakemake_vip.executions.place import Place
    from snakemake_vip.executions.state import Launch
    from snakemake_vip.pipelines.descriptor import Descriptor
    from snakemake_vip.rest.models import Execution

logger = logging.getLogger(__name__)

NEVER = "NOT RUN"
"""Stands where VIP would have the status of a job that it never ran."""

NO_RESULT = "NO RESULT"
"""The same for a job of which VIP says nothing bad, and which did not give what it should."""

_SHOWN = 5
_LINES = 10
_DOWNLOAD = frozenset({1, 3})
_UPLOAD = frozenset({0, 2, 30, 32})
_CONTAINER = frozenset({51, 52, 53})
_TOKEN = frozenset({60, 61})


def stage(exit_code: int) -> str:
    """Return where a job failed, from GASW's exit code; 0 has one that gave no result."""
    if exit_code in _DOWNLOAD:
        return "getting the inputs"
    if exit_code in _UPLOAD:
        return "storing the results"
    if exit_code in _CONTAINER:
        return "preparing the container"
    if exit_code in _TOKEN:
        return "access to the data"
    return (
        "the application"
        if exit_code > 0
        else "a stage that is not known (stopped, or never begun)"
    )


def failed_jobs(one: Launch, descriptor: Descriptor) -> list[Job]:
    """Return the jobs of an execution that did not end well, those that never began among them.

    VIP does not list a job before it runs, and an execution may be over before all of them do. Of a
    finished one it may list none at all (before its release 4.3): then the results alone tell.
    """
    if one.ended is None:
        return []
    bad = {job.number: job for job in _not_well(one, one.ended, descriptor)}
    if one.ended.status is Status.FINISHED:
        bad = {job.number: job for job in _without_result(one, one.ended, descriptor)} | bad
    return [bad[number] for number in sorted(bad)]


def is_told(execution: Execution, descriptor: Descriptor) -> bool:
    """Whether VIP tells of the jobs of an execution that is over, and of what they gave.

    It fills both in when they are stored, and that may be later than the status says.
    """
    if execution.status is not Status.FINISHED:
        return True
    gives = descriptor.outputs is None or any(not one.optional for one in descriptor.outputs)
    return bool(execution.jobs) and (any(execution.outputs.values()) or not gives)


def _not_well(one: Launch, ended: Execution, descriptor: Descriptor) -> list[Job]:
    """Return the jobs that VIP calls failed, and those that it does not list."""
    if ended.status is Status.FINISHED and not ended.jobs:
        return []
    wanted = iteration.count(requests.launched(one, descriptor), descriptor) or 0
    listed = {job.number for job in ended.jobs}
    absent = [number for number in range(1, wanted + 1) if number not in listed]
    # Numbers that do not fit are VIP's own: all that can be told is how many there are.
    absent = absent[: max(0, wanted - len(listed))]
    return [*ended.failed_jobs, *(Job(n, NEVER, -1, "VIP never ran it") for n in absent)]


def _without_result(one: Launch, ended: Execution, descriptor: Descriptor) -> list[Job]:
    """Return the jobs of whose results one is not there that the pipeline always gives."""
    request = requests.launched(one, descriptor)
    if ended.jobs and not iteration.order_is_known(request, descriptor):
        return []
    codes = {job.number: job.exit_code for job in ended.jobs}
    missing = predictions.lacking(descriptor, iteration.jobs(request, descriptor), ended.outputs)
    return [
        Job(number, NO_RESULT, codes.get(number, -1), f"VIP has no {name} of it")
        for number, name in missing.items()
    ]


def told(place: Place, session: str, launches: Sequence[Launch]) -> str:
    """Return a message about all failed jobs of a session's run; logs of the first few."""
    descriptor = place.descriptor()
    codes = descriptor.error_codes
    plan = place.journal.read().plan(launches[0].run)
    failed = [
        (one, job)
        for one in launches
        for job in failed_jobs(one, descriptor)
        if not (plan and job.number in plan.repaired(one.name))
    ]
    lines = [f"{len(failed)} job(s) of {session}, run {launches[0].run}, failed:"]
    for index, (one, job) in enumerate(failed):
        meaning = codes.get(job.exit_code)
        lines.append(
            f"  {one.execution} job {job.number}: {job.status}, exit code {job.exit_code} "
            f"({job.exit_message}), in {stage(job.exit_code)}"
        )
        if meaning:
            lines.append(f"    the pipeline says: {meaning}")
        if index < _SHOWN and job.status != NEVER:
            lines += [f"    | {line}" for line in last_lines(place, one, job)]
    return "\n".join(lines)


def remedy(session: str, incomplete: Path) -> str:
    """Return what can be done about failed jobs."""
    return (
        f"What the other jobs gave is in {incomplete}. All of the logs: snakemake-vip logs "
        f"{session}. To go on without them: on_failed_jobs: accept."
    )


def last_lines(place: Place, one: Launch, job: Job, count: int = _LINES) -> list[str]:
    """Return the last lines that a job wrote, of its stderr or else its stdout."""
    try:
        for stream in ("stderr", "stdout"):
            text = place.client.log(one.execution or "", stream, job.number)
            if lines := [line for line in text.splitlines() if line.strip()]:
                return lines[-count:]
    except AuthenticationError:
        raise
    except VipError as error:
        return [f"(no log: {error.what})"]
    return ["(the log is empty)"]
