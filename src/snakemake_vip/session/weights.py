"""How heavy the jobs of a request are: by run times that the journal knows, or by their bytes."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from snakemake_vip.executions import request as requests
from snakemake_vip.pipelines import jobs as iteration
from snakemake_vip.rest.models import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from snakemake_vip.executions.state import Launch, State
    from snakemake_vip.pipelines.descriptor import Descriptor
    from snakemake_vip.pipelines.jobs import Job
    from snakemake_vip.pipelines.request import Request
    from snakemake_vip.session.workbench import SessionBench

Key = frozenset[tuple[str, str]]
"""What tells a job from the others: its parameters and their values."""


@dataclass(frozen=True)
class Run:
    """An execution of which every job succeeded.

    Attributes
    ----------
    jobs
        Bytes of the inputs of each.
    seconds
        From its launch until its end was seen.
    """

    jobs: Mapping[Key, int]
    seconds: float


@dataclass(frozen=True)
class RunTimes:
    """What was learned from executions that are over. Times in seconds.

    Attributes
    ----------
    fixed
        What a job takes however small it is.
    per_byte
        What it takes for each byte of its inputs.
    alone
        Of jobs that had an execution to themselves.
    """

    fixed: float
    per_byte: float
    alone: Mapping[Key, float] = field(default_factory=dict[Key, float])

    def of(self, job: Key, size: int) -> float:
        """Return the seconds that a job is expected to take."""
        return self.alone.get(job, self.fixed + self.per_byte * size)


def learned(runs: Sequence[Run]) -> RunTimes | None:
    """Return what runs tell of the jobs to come; none where there are none.

    The grid runs the jobs of an execution side by side, so the one with most bytes is taken for the
    one that it waited for.
    """
    points = [(float(max(run.jobs.values())), run.seconds) for run in runs if run.jobs]
    if not points:
        return None
    alone = {key: run.seconds for run in runs if len(run.jobs) == 1 for key in run.jobs}
    return RunTimes(*_line(points), alone)


def _line(points: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return the line through points, by least squares; neither of the two is below zero."""
    count = len(points)
    mean_x = math.fsum(x for x, _ in points) / count
    mean_y = math.fsum(y for _, y in points) / count
    spread = math.fsum((x - mean_x) ** 2 for x, _ in points)
    if not mean_x:
        return mean_y, 0.0
    if spread <= (mean_x / 100) ** 2:  # one size tells nothing of what does not grow with it
        return 0.0, mean_y / mean_x
    slope = max(0.0, math.fsum((x - mean_x) * (y - mean_y) for x, y in points) / spread)
    fixed = mean_y - slope * mean_x
    return (fixed, slope) if fixed >= 0 else (0.0, mean_y / mean_x)


def of_jobs(
    bench: SessionBench, request: Request, descriptor: Descriptor
) -> Callable[[Job], float]:
    """Return what weighs the jobs of a request.

    Parameters
    ----------
    bench
        The session.
    request, descriptor
        What VIP is asked to run. Files that the settings name on VIP count nothing.
    """
    sizes = _sizes(bench, request)
    times = learned(list(_runs(bench.journal.read(), descriptor, sizes)))
    if times is None:
        return lambda job: float(_bytes(job, sizes))
    return lambda job: times.of(_key(job), _bytes(job, sizes))


def _key(job: Job) -> Key:
    return frozenset(job.items())


def _bytes(job: Job, sizes: Mapping[str, int]) -> int:
    # A file that a hidden parameter repeats is there once.
    return sum(sizes.get(value, 0) for value in set(job.values()))


def _sizes(bench: SessionBench, request: Request) -> dict[str, int]:
    """Return the bytes of the files that were sent, and of those that the request names."""
    owner = bench.owner
    sizes = {path: entry.size for path, entry in owner.ledger.entries.items()}
    if owner.config.input_dir is not None:
        folder = owner.config.input_dir
        for path, local in request.files.items():
            sizes[path] = (folder / local).stat().st_size
    return sizes


def _runs(state: State, descriptor: Descriptor, sizes: Mapping[str, int]) -> Iterator[Run]:
    for one in state.launches.values():
        if one.pipeline == descriptor.identifier and _is_good(one):
            combinations = iteration.jobs(requests.launched(one, descriptor), descriptor)
            yield _run(one, combinations, sizes)


def _is_good(one: Launch) -> bool:
    if one.ended is None or one.over is None or one.status is not Status.FINISHED:
        return False
    return not one.ended.failed_jobs and one.over > one.intended


def _run(one: Launch, jobs: Iterable[Job], sizes: Mapping[str, int]) -> Run:
    seconds = (one.over or 0.0) - one.intended
    return Run({_key(job): _bytes(job, sizes) for job in jobs}, seconds)
