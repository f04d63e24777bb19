"""What an execution on VIP means for each of the jobs that it runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from snakemake_vip.pipelines import jobs as iteration
from snakemake_vip.pipelines import outputs as predictions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from snakemake_vip.pipelines.descriptor import Descriptor
    from snakemake_vip.rest.models import Execution, Job
    from snakemake_vip.rules.job import Target
    from snakemake_vip.rules.request import Wanted


@dataclass(frozen=True)
class Ready:
    """The job ended well.

    Attributes
    ----------
    files
        Output id to paths on VIP, of the outputs that the rule names.
    """

    files: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Failed:
    """The job gave not what the rule names.

    Attributes
    ----------
    jobs
        Those of its jobs on VIP that did not end well; none where VIP tells of none.
    missing
        Outputs that the rule names and VIP has not.
    """

    jobs: tuple[Job, ...] = field(default=())
    missing: tuple[str, ...] = ()


def end(
    wanted: Wanted, row: int | None, execution: Execution, descriptor: Descriptor, *, is_over: bool
) -> Ready | Failed | None:
    """Return how a job ended, or none while that is not certain.

    While an execution runs, VIP tells of a job that it ended well only when its results are stored,
    and names the results then. That a job failed is certain when all is over: VIP tries failed ones
    again.

    Parameters
    ----------
    wanted
        The job.
    row
        Which of the execution's jobs it is, from 0; none where it has the execution to itself.
    execution
        In full.
    descriptor
        The pipeline's.
    is_over
        Whether the execution is over, for good.
    """
    mine = [job for job in execution.jobs if row is None or job.number == row + 1]
    files = _files(wanted, row, execution, descriptor)
    optional = {output.id for output in descriptor.outputs or () if output.optional}
    absent = [name for name in wanted.job.outputs if not files.get(name)]
    if not is_over:
        done = row is not None and mine and all(job.succeeded for job in mine)
        return Ready(files) if done and not absent else None
    bad = tuple(job for job in mine if not job.succeeded)
    lacking = tuple(
        name
        for name in absent
        if name not in optional or not _may_be_empty(wanted.job.outputs[name])
    )
    return Failed(bad, lacking) if bad or lacking else Ready(files)


def _may_be_empty(target: Target) -> bool:
    """Whether an optional output may be an empty folder; a script is not told that it is none.

    If it is a file after all, Snakemake finds a folder in its place, and refuses it.
    """
    return target.is_directory is not False and not target.is_list and not target.on_vip


def _files(
    wanted: Wanted, row: int | None, execution: Execution, descriptor: Descriptor
) -> dict[str, tuple[str, ...]]:
    """Return the files of one job, of the outputs that its rule names."""
    named = wanted.job.outputs
    if row is None:
        return {name: tuple(dict.fromkeys(execution.outputs.get(name, ()))) for name in named}
    (job,) = iteration.jobs(wanted.request, descriptor)
    certain = {one.output: one.name for one in predictions.predicted(descriptor, job)}
    return {
        name: tuple(
            dict.fromkeys(
                path
                for path in execution.outputs.get(name, ())
                if PurePosixPath(path).name == certain.get(name)
            )
        )
        for name in named
    }
