"""Cuts a request into executions.

By position, in contiguous parts as full as may be (:func:`split`); or the rows of the one list that
is to be cut are put together in any other way (:func:`cutting`, :func:`grouped`). Either way the
jobs of the parts are the jobs of the whole, each once.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snakemake_vip.pipelines import outputs
from snakemake_vip.pipelines.jobs import Axis, Job, axes, jobs
from snakemake_vip.pipelines.packing import Load
from snakemake_vip.pipelines.request import Request, Values, as_tuple, as_values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from snakemake_vip.pipelines.descriptor import Descriptor

Cut = dict[str, tuple[str, ...]]
"""Parameter to those of its values that one execution gets."""


def split(request: Request, descriptor: Descriptor, jobs_per_execution: int) -> list[Request]:
    """Cut a request into parts that VIP runs as one execution each.

    Parameters
    ----------
    request
        The whole.
    descriptor
        The pipeline's.
    jobs_per_execution
        Jobs that a part has at most. More only where VIP itself makes the values (an integer that
        stands for its iterations); one part where VIP alone knows how many jobs there are.

    Returns
    -------
    list of Request
        Their jobs, one after the other, are those of the whole, each once; in the same order
        unless VIP makes the values of a zipped list itself.
    """
    if jobs_per_execution < 1:
        msg = f"jobs_per_execution is {jobs_per_execution}, not a positive number"
        raise ValueError(msg)
    found = axes(request, descriptor)
    if found is None or math.prod(map(len, found)) <= jobs_per_execution:
        return [request]
    return [request.part(_applied(request.values, cut)) for cut in _cuts(found, jobs_per_execution)]


@dataclass(frozen=True)
class Cutting:
    """The one list that is cut, or several side by side, where that makes the parts small enough.

    Attributes
    ----------
    lists
        Its parameters.
    rows
        How long it is.
    step
        Rows that an execution has at most.
    """

    lists: tuple[str, ...]
    rows: int
    step: int


def cutting(request: Request, descriptor: Descriptor, jobs_per_execution: int) -> Cutting | None:
    """Return what :func:`split` cuts, or none where it cuts nothing, or more than one list.

    Parameters
    ----------
    request, descriptor, jobs_per_execution
        As for :func:`split`.
    """
    found = axes(request, descriptor)
    if found is None or math.prod(map(len, found)) <= jobs_per_execution:
        return None
    limit = jobs_per_execution
    for index, axis in enumerate(found):
        if len(axis) == 1:
            continue
        inner = math.prod(map(len, found[index + 1 :]))
        if axis.divisible:
            return (
                Cutting(tuple(axis.columns), len(axis), limit // inner) if inner <= limit else None
            )
        limit = max(1, limit // len(axis))
    return None


def loads(
    request: Request, descriptor: Descriptor, cut: Cutting, weight: Callable[[Job], float]
) -> tuple[Load, ...]:
    """Return what each row of a list has VIP do.

    Parameters
    ----------
    request, descriptor, cut
        The request, and what of it is cut.
    weight
        Of a job.
    """
    found = axes(request, descriptor) or ()
    here = next(index for index, axis in enumerate(found) if tuple(axis.columns) == cut.lists)
    result: list[Load] = []
    for row in found[here]:
        sides = [[row] if index == here else axis for index, axis in enumerate(found)]
        made = itertools.product(*sides)
        weights = [weight({n: v for part in job for n, v in part.items()}) for job in made]
        result.append(Load(max(weights), math.fsum(weights)))
    return tuple(result)


def grouped(
    request: Request, lists: Sequence[str], groups: Sequence[Sequence[int]]
) -> list[Request]:
    """Return one part a group of rows.

    Parameters
    ----------
    request
        The whole.
    lists
        Parameters that are cut, side by side.
    groups
        Numbers of their rows, from 0.
    """
    columns = {name: as_tuple(request.values[name]) for name in lists if name in request.values}
    return [
        request.part(
            _applied(
                request.values,
                {name: tuple(values[row] for row in group) for name, values in columns.items()},
            )
        )
        for group in groups
    ]


def is_free_of_clashes(parts: Sequence[Request], descriptor: Descriptor) -> bool:
    """Whether no two jobs of a part write one file: they share a results folder on VIP."""
    return not any(outputs.clashes(descriptor, jobs(part, descriptor)) for part in parts)


def results_value(request: Request, descriptor: Descriptor, folder: str) -> Values:
    """Return what to send as VIP's ``results-directory``.

    Usually the folder. Where the pipeline zips it with other lists it must be as long as they are,
    or the engine ends without a word.

    Parameters
    ----------
    request, descriptor
        The execution's.
    folder
        The results folder on VIP.
    """
    lengths = {
        len(as_tuple(value))
        for name, value in request.values.items()
        if name in (descriptor.zipped or ())
    }
    longest = max(lengths, default=1)
    if not descriptor.zips_results or longest == 1:
        return folder
    return (folder,) * longest


def _cuts(found: Sequence[Axis], limit: int) -> Iterator[Cut]:
    """Cut the product of the axes into products of at most `limit` rows, in order."""
    if not found:
        yield {}
        return
    first, rest = found[0], found[1:]
    inner = math.prod(map(len, rest))
    if not first.divisible:
        for cut in _cuts(rest, max(1, limit // len(first))):
            yield _all_of(first) | cut
    elif inner <= limit:
        step = limit // inner
        whole: Cut = {}
        for axis in rest:
            whole |= _all_of(axis)
        for start in range(0, len(first), step):
            yield _some_of(first, start, start + step) | whole
    else:
        inner_cuts = list(_cuts(rest, limit))
        for start in range(len(first)):
            for cut in inner_cuts:
                yield _some_of(first, start, start + 1) | cut


def _all_of(axis: Axis) -> Cut:
    return _some_of(axis, 0, len(axis)) if axis.divisible else {}


def _some_of(axis: Axis, start: int, stop: int) -> Cut:
    return {name: tuple(values[start:stop]) for name, values in axis.columns.items()}


def _applied(values: Mapping[str, Values], cut: Cut) -> dict[str, Values]:
    """Put the values of a part in the place of the whole's; what VIP fills in stays out."""
    return {name: as_values(cut.get(name, as_tuple(value))) for name, value in values.items()}
