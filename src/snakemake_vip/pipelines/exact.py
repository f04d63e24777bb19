"""The best way to put rows into executions, by integer programming (PuLP), where they are few.

Minimised is the sum of two times, each as a share of its lower bound: of the last execution's end
if the grid runs the jobs of an execution one by one, and if it runs them all side by side.
"""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

logger = logging.getLogger(__name__)

_LARGEST = 200
_GAP = 0.005


def is_small(rows: int, parts: int) -> bool:
    """Whether a solver can be expected to find something within seconds."""
    return rows * parts <= _LARGEST


def groups(
    longest: Sequence[float],
    total: Sequence[float],
    step: int,
    rooms: Sequence[int],
    seconds: float,
) -> list[list[int]] | None:
    """Return groups of rows, one an execution.

    Parameters
    ----------
    longest, total
        Weight of the longest job of each row, and of all its jobs.
    step
        Rows that an execution has at most.
    rooms
        Executions of each slot: they run one after the other, and the slots side by side.
    seconds
        Time after which the best that was found is taken.

    Returns
    -------
    list
        Some may be empty. None where there is no solver, or it found nothing in time.
    """
    try:
        import pulp  # pyright: ignore[reportMissingTypeStubs]
    except ImportError:
        logger.debug("No PuLP: packing goes by rules of thumb.")
        return None
    problem, chosen = _problem(pulp, longest, total, step, rooms)
    try:
        # Anything else that PuLP may have found on this machine is not known to keep the time.
        problem.solve(pulp.PULP_CBC_CMD(msg=False, timeLimit=seconds, threads=1, gapRel=_GAP))
    except (pulp.PulpSolverError, OSError) as error:
        logger.debug("No solver: %s. Packing goes by rules of thumb.", error)
        return None
    found = [[row for row, x in enumerate(part) if _is_one(x)] for part in chosen]
    is_whole = sorted(row for part in found for row in part) == list(range(len(longest)))
    return found if is_whole and max(map(len, found)) <= step else None


def _is_one(variable: Any) -> bool:
    value: float | None = variable.varValue
    return value is not None and value > 0.5  # noqa: PLR2004 - a solver's 1 may be 0.9999


def _problem(
    pulp: Any,
    longest: Sequence[float],
    total: Sequence[float],
    step: int,
    rooms: Sequence[int],
) -> tuple[Any, list[list[Any]]]:
    """Return the problem, and by part and row the variable that tells whether it is there."""
    problem = pulp.LpProblem("packing", pulp.LpMinimize)
    # In shares, so that the solver's tolerances fit.
    top, whole = max(longest) or 1.0, math.fsum(total) or 1.0
    chosen = [
        [pulp.LpVariable(f"x_{part}_{row}", cat="Binary") for row in range(len(longest))]
        for part in range(sum(rooms))
    ]
    tops = [pulp.LpVariable(f"top_{part}", lowBound=0) for part in range(len(chosen))]
    wide, narrow = (pulp.LpVariable(name, lowBound=0) for name in ("wide", "narrow"))
    problem += wide * (1 / max(rooms)) + narrow * len(rooms)
    for row in range(len(longest)):
        problem += pulp.lpSum(part[row] for part in chosen) == 1
    for part, highest in zip(chosen, tops, strict=True):
        problem += pulp.lpSum(part) <= step
        for row, x in enumerate(part):
            problem += highest >= x * (longest[row] / top)
    start = 0
    for room in rooms:
        here = range(start, start + room)
        problem += wide >= pulp.lpSum(tops[part] for part in here)
        problem += narrow >= pulp.lpSum(
            x * (total[row] / whole) for part in here for row, x in enumerate(chosen[part])
        )
        start += room
    return problem, chosen
