"""What jobs wrote, and why they failed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from snakemake_vip.errors import AuthenticationError, OutageError, UsageError, VipError
from snakemake_vip.executions import failures
from snakemake_vip.executions import request as requests
from snakemake_vip.pipelines import jobs as iteration
from snakemake_vip.pipelines.request import as_tuple
from snakemake_vip.rest import watch
from snakemake_vip.session import headway

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from snakemake_vip.executions.state import Launch
    from snakemake_vip.pipelines.descriptor import Descriptor
    from snakemake_vip.rest.models import Job
    from snakemake_vip.session.workbench import SessionBench


@dataclass(frozen=True)
class JobLog:
    """What a job wrote.

    Attributes
    ----------
    run, execution, job
        Which one.
    stage
        In what it failed; empty where it did not.
    inputs
        What it was given and not all other jobs were: files below the input folder, or on VIP.
    meaning
        What the pipeline's author says of the exit code; may be empty.
    stdout, stderr
        What it wrote, of a very long log the end; in parentheses why there is nothing.
    """

    run: int
    execution: str
    job: Job
    inputs: Mapping[str, str]
    stage: str
    meaning: str
    stdout: str
    stderr: str


def logs(
    bench: SessionBench, number: int | None = None, run: int | None = None
) -> Iterator[JobLog]:
    """Yield the logs of one job of each execution, or of all failed ones.

    Parameters
    ----------
    bench
        The session.
    number
        The job's number in its execution.
    run
        This run only.

    Raises
    ------
    UsageError
        If nothing was launched, or there is no such job.
    OutageError
        If VIP cannot be reached.
    """
    launches = [one for one in bench.journal.read().present if run in {None, one.run}]
    if not launches:
        which = bench.name if run is None else f"{bench.name}, run {run},"
        msg = f"nothing of {which} was launched"
        raise UsageError(msg, f"Launch it: snakemake-vip launch {bench.name}")
    known = bench.bench.cached_descriptor(bench.config.pipeline_id)
    found = False
    for one in launches:
        for job in _jobs(bench, one, known):
            is_meant = job.number == number if number is not None else _has_failed(job)
            if is_meant:
                found = True
                yield _log(bench, one, job, known)
    if not found and number is not None:
        msg = f"there is no job {number} of {bench.name} on VIP"
        raise UsageError(msg, f"Look at: snakemake-vip status, or {bench.folder.jobs}")


def _jobs(bench: SessionBench, one: Launch, descriptor: Descriptor | None) -> list[Job]:
    """Return the jobs that VIP lists, and those of an execution that is over that it does not."""
    if one.execution is None:
        return []
    execution = one.ended or watch.execution(bench.client, one.execution)
    listed = list(execution.jobs) if execution else []
    failed = failures.failed_jobs(one, descriptor) if descriptor else []
    jobs = {job.number: job for job in (*listed, *failed)}
    return [jobs[number] for number in sorted(jobs)]


def _has_failed(job: Job) -> bool:
    # One that is tried once more has a log of how it failed before.
    return job.exit_code > 0 or headway.has_failed(job)


def _log(bench: SessionBench, one: Launch, job: Job, descriptor: Descriptor | None) -> JobLog:
    failed = _has_failed(job)
    meaning = descriptor.error_codes.get(job.exit_code, "") if descriptor and failed else ""
    stdout, stderr = (_written(bench, one, job, name) for name in ("stdout", "stderr"))
    stage = failures.stage(job.exit_code) if failed else ""
    inputs = _inputs(bench, one, job.number, descriptor) if descriptor else {}
    return JobLog(one.run, one.execution or "", job, inputs, stage, meaning, stdout, stderr)


def _inputs(
    bench: SessionBench, one: Launch, number: int, descriptor: Descriptor
) -> dict[str, str]:
    """Return what a job was given that not all jobs of its run were; empty where nobody knows."""
    request = requests.launched(one, descriptor)
    jobs = iteration.jobs(request, descriptor)
    if number > len(jobs) or not iteration.order_is_known(request, descriptor):
        return {}
    plan = bench.journal.read().plan(one.run)
    whole = plan.values if plan else one.values
    root = f"{bench.inputs.vip}/"
    return {
        name: text.removeprefix(root)
        for name, text in jobs[number - 1].items()
        if len(as_tuple(whole.get(name, ""))) > 1 or name in descriptor.integer_inputs
    }


def _written(bench: SessionBench, one: Launch, job: Job, stream: str) -> str:
    if job.status == failures.NEVER:
        return "(it never ran)"
    try:
        return bench.client.log(one.execution or "", stream, job.number)
    except (AuthenticationError, OutageError):
        raise
    except VipError as error:
        return f"({error.what})"
