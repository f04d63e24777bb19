"""Why a job of a rule gave nothing, told so that one knows what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snakemake_vip.errors import ExecutionError
from snakemake_vip.executions import failures
from snakemake_vip.rest.models import Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snakemake_vip.executions.state import Launch
    from snakemake_vip.pipelines.descriptor import Descriptor
    from snakemake_vip.rest.models import Execution, Job
    from snakemake_vip.rules.bench import BatchPlace
    from snakemake_vip.rules.ends import Failed
    from snakemake_vip.rules.job import RuleJob

_SHOWN = 3
_LINES = 20
_ENDS = {
    Status.UNKNOWN: "was deleted on VIP",
    Status.KILLED: "was killed (by you, or by VIP where it could not read the inputs)",
    Status.EXECUTION_FAILED: "failed as a whole",
}


def error(
    place: BatchPlace,
    job: RuleJob,
    launch: Launch,
    execution: Execution,
    failed: Failed,
    descriptor: Descriptor,
) -> ExecutionError:
    """Return the error of a job that failed, with the end of its log.

    Parameters
    ----------
    place
        Of the execution.
    job
        The job.
    launch, execution
        What ran it.
    failed
        How it ended.
    descriptor
        The pipeline's.
    """
    lines = [f"{job.label} failed on VIP, in {execution.identifier} ({execution.name})"]
    if execution.status in _ENDS:
        lines.append(f"  the execution {_ENDS[execution.status]}")
    for index, one in enumerate(failed.jobs):
        lines += _told(one, descriptor)
        if index < _SHOWN:
            lines += [f"    | {text}" for text in failures.last_lines(place, launch, one, _LINES)]
    if not failed.jobs:
        lines += list(_missing(failed, descriptor))
    return ExecutionError("\n".join(lines), _remedy(execution))


def _told(job: Job, descriptor: Descriptor) -> Iterator[str]:
    yield (
        f"  job {job.number}: {job.status}, exit code {job.exit_code} ({job.exit_message}), in "
        f"{failures.stage(job.exit_code)}"
    )
    if meaning := descriptor.error_codes.get(job.exit_code):
        yield f"    the pipeline says: {meaning}"


def _missing(failed: Failed, descriptor: Descriptor) -> Iterator[str]:
    optional = {output.id for output in descriptor.outputs or () if output.optional}
    for name in failed.missing:
        yield f"  VIP has no file for the output {name}"
        if name in optional:
            yield (
                "    the pipeline calls it optional: make it a directory(), which may be empty, or "
                "take it out of the rule"
            )


def _remedy(execution: Execution) -> str:
    return (
        "The next time it is launched once more, in an execution of its own or with others. "
        f"On the portal it is called {execution.name!r}."
    )
