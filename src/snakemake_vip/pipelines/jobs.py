"""The jobs that a request makes on VIP.

VIP reads the lists named in ``vip:dot`` side by side and crosses the result with every other list
(``IterationService`` of its engine). The zipped lists change slowest. In which order the engine
crosses the others among themselves is its own affair: see :func:`order_is_known`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, overload

from snakemake_vip.pipelines.request import as_tuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from snakemake_vip.pipelines.descriptor import Descriptor
    from snakemake_vip.pipelines.request import Request

Job = dict[str, str]
"""Parameter to the one value that a job gets."""


@dataclass(frozen=True)
class Axis:
    """Parameters that vary together, and independently of all others.

    Attributes
    ----------
    columns
        Parameter to its values, all equally many.
    divisible
        Whether an execution may get some of the values only.
    """

    columns: Mapping[str, Sequence[str]]
    divisible: bool = True

    def __len__(self) -> int:
        """Return how many values each parameter has."""
        return len(next(iter(self.columns.values())))

    def __iter__(self) -> Iterator[Job]:
        for row in zip(*self.columns.values(), strict=True):
            yield dict(zip(self.columns, row, strict=True))


def count(request: Request, descriptor: Descriptor) -> int | None:
    """Return how many jobs a request makes, without making them; none where only VIP knows."""
    found = axes(request, descriptor)
    return None if found is None else math.prod(map(len, found))


def jobs(request: Request, descriptor: Descriptor) -> tuple[Job, ...]:
    """Return the jobs of a request, in VIP's order; none where only VIP knows them.

    Each has a value for every parameter that VIP fills in, defaults included. Mind :func:`count`:
    lists multiply.

    Parameters
    ----------
    request
        The request.
    descriptor
        The pipeline's.
    """
    found = axes(request, descriptor)
    if found is None:
        return ()
    rows = itertools.product(*found)
    return tuple({name: text for part in row for name, text in part.items()} for row in rows)


def order_is_known(request: Request, descriptor: Descriptor) -> bool:
    """Return whether the job number N on VIP is surely the Nth of :func:`jobs`.

    It is with zipped lists and one crossed list. Two crossed lists leave it to a hash table of
    VIP's engine which of them changes faster.
    """
    found = axes(request, descriptor)
    if found is None:
        return False
    zipped = set(descriptor.zipped or ())
    crossed = [axis for axis in found if len(axis) > 1 and zipped.isdisjoint(axis.columns)]
    return len(crossed) <= 1


def axes(request: Request, descriptor: Descriptor) -> tuple[Axis, ...] | None:
    """Return what the jobs of a request are the product of, slowest first.

    Returns
    -------
    tuple of Axis
        Or none where it is not known: a folder on VIP stands for unknown files, or the platform
        does not tell which lists are zipped and there are several.
    """
    columns = _columns(request, descriptor)
    several = [name for name, values in columns.items() if len(values) > 1]
    if request.open_ended or (descriptor.zipped is None and len(several) > 1):
        return None
    zipped = {name: columns[name] for name in columns if name in (descriptor.zipped or ())}
    if len({len(values) for values in zipped.values()}) > 1:
        return None
    whole = _indivisible(columns, descriptor)
    crossed = [
        Axis({name: values}, divisible=name not in whole)
        for name, values in columns.items()
        if name not in zipped
    ]
    # What cannot be cut goes last, so that cutting the others keeps the order.
    crossed.sort(key=lambda axis: not axis.divisible)
    return (*([Axis(zipped, divisible=whole.isdisjoint(zipped))] if zipped else []), *crossed)


class _Iterations(Sequence[str]):
    """``0`` to ``N - 1`` as texts, without holding them."""

    def __init__(self, numbers: range) -> None:
        self._numbers = numbers

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        if isinstance(index, slice):
            return _Iterations(self._numbers[index])
        return str(self._numbers[index])


def _columns(request: Request, descriptor: Descriptor) -> dict[str, Sequence[str]]:
    """All values that the engine sees, parameter by parameter, in the pipeline's order."""
    given: dict[str, Sequence[str]] = {n: as_tuple(v) for n, v in request.values.items()}
    for parameter in descriptor.parameters:
        if parameter.name not in given and parameter.default is not None:
            given[parameter.name] = (parameter.default,)
    for hidden, source in descriptor.overridden.items():
        if source in given:
            given[hidden] = given[source]
    for name in descriptor.integer_inputs:
        if name in given and (number := given[name][0]).isdecimal():
            given[name] = _Iterations(range(int(number)))
    order = {parameter.name: i for i, parameter in enumerate(descriptor.parameters)}
    return dict(sorted(given.items(), key=lambda item: order.get(item[0], len(order))))


def _indivisible(columns: Mapping[str, Sequence[str]], descriptor: Descriptor) -> set[str]:
    """Parameters of which an execution gets all values or none.

    VIP makes those of an integer input itself, and copies those of a hidden one from its source:
    unless both are zipped, some of the source's would go with some of the copies only.
    """
    found = {name for name in descriptor.integer_inputs if name in columns}
    zipped = descriptor.zipped or ()
    for hidden, source in descriptor.overridden.items():
        if source in columns and not (hidden in zipped and source in zipped):
            found |= {hidden, source}
    return found
