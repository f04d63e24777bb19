"""Failed jobs launched again, by themselves, and their results put with those of the others.

VIP cannot run a job again. So an execution some of whose jobs failed gets another one, which has
the failed jobs alone; it is one more part of the run's plan, and launched, watched and downloaded
as every part is.
"""

from __future__ import annotations

import logging
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from snakemake_vip.executions import failures
from snakemake_vip.executions import request as requests
from snakemake_vip.pipelines import jobs as iteration
from snakemake_vip.pipelines.request import Values, as_values
from snakemake_vip.rest.models import Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from snakemake_vip.executions.state import Launch, Plan
    from snakemake_vip.pipelines.descriptor import Descriptor
    from snakemake_vip.session.workbench import SessionBench

logger = logging.getLogger(__name__)

_REPAIR = re.compile(r"(.*) repair-(\d+)( job-\d+)?")
_CAN_BE_REPAIRED = frozenset({Status.FINISHED, Status.EXECUTION_FAILED})


def attempts(name: str) -> int:
    """Return how many repairs an execution of this name stands at the end of."""
    found = _REPAIR.fullmatch(name)
    return int(found[2]) if found else 0


def plan(bench: SessionBench, run: int) -> bool:
    """Add executions for the failed jobs of a run to its plan.

    Returns
    -------
    bool
        Whether there are any; the run is over only when they are.
    """
    state = bench.journal.read()
    present = state.plan(run)
    if present is None or not bench.config.repair:
        return False
    extended = present
    for one in state.of_run(run):
        for name, values, numbers in _repairs(bench, one, present):
            repairs = {**extended.repairs, name: (one.name, numbers)}
            extended = replace(
                extended,
                names=(*extended.names, name),
                parts=(*extended.parts, values),
                repairs=repairs,
            )
            logger.warning("%s: job(s) %s are launched again", one.name, _listed(numbers))
    if extended == present:
        return False
    bench.journal.planned(extended)
    return True


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))


def _repairs(
    bench: SessionBench, one: Launch, present: Plan
) -> Iterator[tuple[str, dict[str, Values], tuple[int, ...]]]:
    """Yield name, values and repaired jobs of the executions that mend `one`."""
    number = attempts(one.name) + 1
    if (
        one.status not in _CAN_BE_REPAIRED
        or number > bench.config.repair
        or present.repaired(one.name)
    ):
        return
    descriptor = bench.descriptor()
    failed = tuple(job.number for job in failures.failed_jobs(one, descriptor))
    if not failed:
        return
    found = _REPAIR.fullmatch(one.name)
    name = f"{found[1] if found else one.name} repair-{number}{(found[3] or '') if found else ''}"
    together = _together(one, descriptor, failed)
    if together is not None:
        yield name, together, failed
        return
    combinations = iteration.jobs(requests.launched(one, descriptor), descriptor)
    for job in failed:
        values: dict[str, Values] = {key: combinations[job - 1][key] for key in one.values}
        yield f"{name} job-{job}", values, (job,)


def _together(
    one: Launch, descriptor: Descriptor, failed: Sequence[int]
) -> dict[str, Values] | None:
    """Return the values of all failed jobs, if lists can say so; lists multiply."""
    axes = iteration.axes(requests.launched(one, descriptor), descriptor) or ()
    several = [axis for axis in axes if len(axis) > 1]
    if len(several) > 1:
        return None
    values = dict(one.values)
    for axis in several:
        for key, column in axis.columns.items():
            if key in values:
                values[key] = as_values(tuple(column[number - 1] for number in failed))
    return values
