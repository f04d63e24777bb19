"""Significant digits of a value over repeated runs.

As in D. S. Parker, *Monte Carlo Arithmetic* (1997), and as studies of the repeatability of
pipelines use it: with the mean m and the standard deviation s (of a sample, n - 1) of a value over
n runs, the number of its significant digits is -log10(s / abs(m)). Values that are all equal have
all the digits that a double has, 53 bits or 15.95 digits; fewer than none do not exist. It is an
estimate: two runs tell an order of magnitude, twenty or more a number to be quoted.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

FULL = 53 * math.log10(2)
"""Digits of a double."""


def significant_digits(values: Sequence[float]) -> float | None:
    """Return the significant digits of a value over runs, from 0 to :data:`FULL`.

    Parameters
    ----------
    values
        The value in each run. Infinities and NaN are values like others where all runs have them.

    Returns
    -------
    float
        Or none where there are fewer than two values.
    """
    if len(values) < 2:  # noqa: PLR2004 - one value varies with nothing
        return None
    if all(_same(value, values[0]) for value in values):
        return FULL
    if not all(map(math.isfinite, values)):
        return 0.0
    # Scaled, so that squares of very large or small values neither overflow nor vanish.
    largest = max(map(abs, values))
    scaled = [value / largest for value in values]
    mean = math.fsum(scaled) / len(scaled)
    spread = math.sqrt(math.fsum((v - mean) ** 2 for v in scaled) / (len(scaled) - 1))
    if mean == 0:
        return 0.0
    if spread == 0:
        return FULL  # they differ by less than a double can tell from the mean
    return min(max(-math.log10(spread / abs(mean)), 0.0), FULL)


def _same(one: float, other: float) -> bool:
    return one == other or (math.isnan(one) and math.isnan(other))
