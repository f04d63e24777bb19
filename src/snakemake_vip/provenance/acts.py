"""What the pipeline did in one execution: a job each, where VIP's numbers can be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snakemake_vip.executions import failures
from snakemake_vip.executions import request as requests
from snakemake_vip.pipelines import jobs as iteration
from snakemake_vip.provenance.record import Act
from snakemake_vip.rest.models import Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from snakemake_vip.executions.state import Launch
    from snakemake_vip.pipelines.descriptor import Descriptor
    from snakemake_vip.rest.models import Job
    from snakemake_vip.session.manifest import ResultFile


def of_launch(
    one: Launch, descriptor: Descriptor, files: Sequence[ResultFile], seen_over: float
) -> Iterator[Act]:
    """Yield what one execution did.

    Parameters
    ----------
    one
        The execution, which is over.
    descriptor
        The pipeline's.
    files
        The results that are here.
    seen_over
        When its end was noted, in seconds since the epoch.
    """
    execution = one.execution or ""
    own = [file for file in files if file.execution == execution]
    start = one.start or (one.ended.start if one.ended else None) or one.intended
    failed = {job.number: job for job in failures.failed_jobs(one, descriptor)}
    request = requests.launched(one, descriptor)
    jobs = iteration.jobs(request, descriptor)
    # A Killed or failed execution may have ended between two of its jobs.
    end = max(start, seen_over)
    if jobs and iteration.order_is_known(request, descriptor) and all(file.job for file in own):
        for number, values in enumerate(jobs, 1):
            job = failed.get(number)
            error = _error(job, descriptor) if job else ""
            results = tuple(file for file in own if file.job == number)
            if not (error or results):
                error = _end(one)
            yield Act(execution, one.name, number, values, error, start, end, results)
        return
    errors = [f"job {job.number}: {_error(job, descriptor)}" for job in failed.values()]
    error = "\n".join(errors) or _end(one)
    yield Act(execution, one.name, None, dict(one.values), error, start, end, tuple(own))


def _error(job: Job, descriptor: Descriptor) -> str:
    meaning = descriptor.error_codes.get(job.exit_code)
    told = f"{job.status}, exit code {job.exit_code} ({job.exit_message})"
    stage = failures.stage(job.exit_code)
    return f"{told}, in {stage}" + (f": {meaning}" if meaning else "")


def _end(one: Launch) -> str:
    """Return what is wrong with the end of an execution as a whole, if anything."""
    status = one.ended.status if one.ended else one.status
    if status is Status.FINISHED:
        return ""
    return "VIP no longer has it" if status is Status.UNKNOWN else f"the execution is {status}"
