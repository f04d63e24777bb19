"""Where on VIP the results of a job are to be, if its rule says so.

VIP puts results into a folder, under names that the pipeline makes of its values; it cannot move or
copy. So an output that is to stay at a path on VIP decides on the folder, and its name has to be
the one that the pipeline would give it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from snakemake_vip.errors import Problem
from snakemake_vip.pipelines import outputs as predictions
from snakemake_vip.rest import queries

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import PurePosixPath

    from snakemake_vip.pipelines.descriptor import Descriptor
    from snakemake_vip.pipelines.jobs import Job
    from snakemake_vip.rules.job import RuleJob


def on_vip(job: RuleJob) -> dict[str, PurePosixPath]:
    """Return the outputs of a job that stay on VIP, by id."""
    return {
        name: queries.path(target.paths[0])
        for name, target in job.outputs.items()
        if target.on_vip and queries.is_query(target.paths[0])
    }


def folder(job: RuleJob, descriptor: Descriptor, jobs: Sequence[Job]) -> str | list[Problem] | None:
    """Return the results folder that the outputs on VIP ask for.

    Parameters
    ----------
    job
        The job.
    descriptor
        The pipeline's.
    jobs
        What the job is on VIP.

    Returns
    -------
    str, none or list of Problem
        The folder; none where all outputs are to be here; or why VIP cannot put them there.
    """
    wanted = on_vip(job)
    if not wanted:
        return None
    problems = [*_shapes(job), *_names(job, descriptor, jobs, wanted)]
    parents = {path.parent for path in wanted.values()}
    if len(parents) > 1:
        what = f"are in several folders on VIP: {', '.join(map(str, sorted(parents)))}"
        problems.append(Problem(f"{job.label}.output", what, "VIP puts all into one folder."))
    parent = min(parents)
    suffix = descriptor.results_suffix
    if suffix is None:
        what = (
            f"is to be in {parent}, and VIP puts results of {descriptor.identifier} into a folder "
            "in it that it names after the time of the launch"
        )
        remedy = "Give a local output, or use a version with vip:resultsDirectorySuffix."
        problems.append(Problem(f"{job.label}.output.{next(iter(wanted))}", what, remedy))
    elif suffix and parent.name != suffix:
        what = f"is to be in {parent}, and VIP would put it into {parent / suffix}"
        problems.append(
            Problem(
                f"{job.label}.output.{next(iter(wanted))}",
                what,
                f"Name a folder that ends with /{suffix}.",
            )
        )
    if problems:
        return problems
    return str(parent.parent if suffix else parent)


def _shapes(job: RuleJob) -> list[Problem]:
    return [
        Problem(
            f"{job.label}.output.{name}",
            "is a list, or a directory, on VIP",
            "Of one output, one file can stay on VIP.",
        )
        for name, target in job.outputs.items()
        if target.on_vip and (target.is_list or target.is_directory)
    ]


def _names(
    job: RuleJob, descriptor: Descriptor, jobs: Sequence[Job], wanted: dict[str, PurePosixPath]
) -> list[Problem]:
    if len(jobs) != 1 or descriptor.outputs is None:
        what = "is to stay on VIP, and how VIP will call it is not known"
        remedy = "Give a local output: the job is several on VIP, or its outputs are not known."
        return [Problem(f"{job.label}.output.{name}", what, remedy) for name in wanted]
    found = {one.output: one for one in predictions.predicted(descriptor, jobs[0])}
    problems: list[Problem] = []
    for name, path in wanted.items():
        one = found.get(name)
        if one and (not one.is_certain or one.name != path.name):
            like = "" if one.is_certain else "something like "
            what = f"is to be {path} on VIP, and the pipeline would call it {like}{one.name!r}"
            remedy = "Name it so, or change the params that its name is made of."
            problems.append(Problem(f"{job.label}.output.{name}", what, remedy))
    return problems
