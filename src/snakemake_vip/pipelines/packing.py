"""Which jobs of a long list go together into one execution, so that the last one ends early.

The model. VIP runs so many executions of a user at once (`slots`), and starts the next when one is
over. Within an execution the grid runs many jobs side by side; how many, VIP does not tell, and it
differs from day to day. With `width` of them an execution takes the time of its longest job, or of
all its jobs over the width, whichever is longer. A plan is judged for each of `WIDTHS`: it has to
be as good as contiguous chunks for every one of them, and is chosen by its mean.

Weights are in any one unit; only their proportions count.
"""

from __future__ import annotations

import heapq
import logging
import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from snakemake_vip.pipelines import exact

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

logger = logging.getLogger(__name__)

WIDTHS = (1.0, 8.0, 64.0, math.inf)
"""Jobs of one execution that the grid runs side by side, as far as plans are judged."""

Groups = tuple[tuple[int, ...], ...]
"""Numbers of rows, from 0, by execution, in the order in which they are launched."""

_GAIN = 0.01
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Load:
    """What a row of a list, or an execution, gives the grid to do.

    Attributes
    ----------
    longest
        Weight of its longest job.
    total
        Weight of all its jobs.
    """

    longest: float
    total: float

    def time(self, width: float) -> float:
        """Return how long it takes where so many jobs run side by side."""
        return max(self.longest, self.total / width)


@dataclass(frozen=True)
class Task:
    """Rows that are to be put into executions.

    Attributes
    ----------
    rows
        What each of them is to do.
    step
        Rows that an execution has at most.
    slots
        Executions that run at once.
    """

    rows: tuple[Load, ...]
    step: int
    slots: int

    @property
    def parts(self) -> int:
        """Executions of contiguous chunks; no plan has more."""
        return math.ceil(len(self.rows) / self.step)

    @cached_property
    def heaviest_first(self) -> list[int]:
        """The rows, those with the longest jobs first."""
        weights = [(-row.longest, -row.total, number) for number, row in enumerate(self.rows)]
        return [number for _, _, number in sorted(weights)]

    def load(self, group: Iterable[int]) -> Load:
        """Return what an execution of these rows is to do."""
        rows = [self.rows[number] for number in group]
        return Load(max(row.longest for row in rows), math.fsum(row.total for row in rows))

    def makespan(self, groups: Groups, width: float) -> float:
        """Return when the last execution ends, if each is launched as soon as there is room."""
        return self._last_end(map(self.load, groups), width)

    def makespans(self, groups: Groups) -> list[float]:
        """Return the same for each of `WIDTHS`."""
        loads = [self.load(group) for group in groups]
        return [self._last_end(loads, width) for width in WIDTHS]

    def _last_end(self, loads: Iterable[Load], width: float) -> float:
        free = [0.0] * self.slots
        for load in loads:
            heapq.heappush(free, heapq.heappop(free) + load.time(width))
        return max(free)

    def least(self, width: float) -> float:
        """Return a time that no plan can be faster than.

        The nth execution, by its longest job, has one at least as long as the longest of the rows
        that are left when all those before it are full.
        """
        tops = [
            self.rows[self.heaviest_first[start]].longest
            for start in range(0, len(self.rows), self.step)
        ]
        total = math.fsum(row.total for row in self.rows)
        return max(tops[0], math.fsum(tops) / self.slots, total / (width * self.slots))


def chunks(count: int, step: int) -> Groups:
    """Return contiguous groups of rows, as full as may be."""
    return tuple(tuple(range(start, min(start + step, count))) for start in range(0, count, step))


def pack(task: Task, seconds: float = 5) -> Groups:
    """Return the groups of rows to be launched, one execution each.

    Parameters
    ----------
    task
        The rows, and the room there is.
    seconds
        Time that may be spent on a better plan than the quick ones.

    Returns
    -------
    tuple
        Contiguous chunks, unless something is better by one hundredth at least, and for no width
        of the grid worse. Within a group the order of the rows is kept.
    """
    plain = chunks(len(task.rows), task.step)
    if len(plain) < 2:  # noqa: PLR2004 - there is nothing to choose
        return plain
    judge = _Judge(task, plain)
    best = judge.best([plain, *_quick(task)])
    if not judge.is_least(best) and exact.is_small(len(task.rows), task.parts):
        longest, total = zip(*((row.longest, row.total) for row in task.rows), strict=True)
        rooms = _rooms(task)
        found = exact.groups(longest, total, task.step, rooms, seconds)
        best = judge.best([best, *_schedules(task, found, rooms)]) if found else best
    return best if judge.mean(best) < 1 - _GAIN else plain


class _Judge:
    """Compares plans with contiguous chunks."""

    def __init__(self, task: Task, plain: Groups) -> None:
        self._task = task
        self._plain = [time or 1.0 for time in task.makespans(plain)]
        self._known: dict[Groups, list[float]] = {}

    def _ratios(self, groups: Groups) -> list[float]:
        if groups not in self._known:
            times = zip(self._task.makespans(groups), self._plain, strict=True)
            self._known[groups] = [time / plain for time, plain in times]
        return self._known[groups]

    def mean(self, groups: Groups) -> float:
        """Return the time of a plan as a share of that of contiguous chunks."""
        return math.fsum(self._ratios(groups)) / len(WIDTHS)

    def best(self, plans: Iterable[Groups]) -> Groups:
        """Return the first of the best plans that are nowhere worse than contiguous chunks."""
        sound = [plan for plan in plans if max(self._ratios(plan)) <= 1 + _ROUNDING]
        return min(sound, key=self.mean)

    def is_least(self, groups: Groups) -> bool:
        """Whether no plan can be better."""
        least = map(self._task.least, WIDTHS)
        times = zip(self._task.makespans(groups), least, strict=True)
        return all(time <= bound * (1 + _ROUNDING) for time, bound in times)


def _rooms(task: Task) -> list[int]:
    """Return how many executions each slot gets."""
    slots = min(task.slots, task.parts)
    each, more = divmod(task.parts, slots)
    return [each + (slot < more) for slot in range(slots)]


def _quick(task: Task) -> Iterator[Groups]:
    """Yield plans that take no time to make."""
    yield from _orders(task, _cut(task.heaviest_first, task.step))
    for count in range(2, min(task.slots, task.parts) + 1):
        yield from _orders(task, _balanced(task, count))


def _cut(rows: Sequence[int], step: int) -> list[list[int]]:
    """Cut rows that are sorted: like goes with like, and short jobs wait for no long one."""
    return [list(rows[start : start + step]) for start in range(0, len(rows), step)]


def _balanced(task: Task, slots: int) -> list[list[int]]:
    """Give the slots equal shares, the heaviest rows first; then cut each as sorted rows."""
    each, more = divmod(task.parts, slots)
    room = [(each + (slot < more)) * task.step for slot in range(slots)]
    given: list[list[int]] = [[] for _ in room]
    loads = [(0.0, slot) for slot in range(slots)]
    by_total = sorted(task.heaviest_first, key=lambda number: -task.rows[number].total)
    for number in by_total:
        load, slot = heapq.heappop(loads)
        given[slot].append(number)
        if len(given[slot]) < room[slot]:
            heapq.heappush(loads, (load + task.rows[number].total, slot))
    place = {number: rank for rank, number in enumerate(task.heaviest_first)}
    return [
        part
        for rows in given
        for part in _cut(sorted(rows, key=lambda number: place[number]), task.step)
    ]


def _schedules(
    task: Task, parts: Sequence[Sequence[int]], rooms: Sequence[int]
) -> Iterator[Groups]:
    """Yield groups, slot by slot as they are given, in the order in which they would begin."""
    yield from _orders(task, parts)
    for width in (math.inf, 1.0):
        begin: list[tuple[float, tuple[int, ...]]] = []
        rest = list(parts)
        for room in rooms:
            now = 0.0
            for group in filter(None, rest[:room]):
                begin.append((now, tuple(sorted(group))))
                now += task.load(group).time(width)
            del rest[:room]
        yield tuple(group for _, group in sorted(begin))


def _orders(task: Task, parts: Iterable[Sequence[int]]) -> Iterator[Groups]:
    """Yield groups in the orders in which they may be launched: the longest first."""
    groups = sorted(tuple(sorted(part)) for part in parts if part)
    for width in (math.inf, 1.0):
        yield tuple(sorted(groups, key=lambda group: -task.load(group).time(width)))
