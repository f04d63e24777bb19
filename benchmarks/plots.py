"""Pictures of figures over sizes."""

from __future__ import annotations

import logging
import math
import textwrap
from collections import defaultdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from benchmarks.harness import Row

logger = logging.getLogger(__name__)

_SIZES = 3
_COLUMNS = 3


def draw(path: Path, rows: Iterable[Row]) -> bool:
    """Draw every case that was measured at three sizes or more; whether there was one.

    Without matplotlib (the extra ``bench``) an older picture stays.
    """
    cases = _cases(rows)
    if not cases:
        path.unlink(missing_ok=True)
        return False
    try:
        import matplotlib as mpl
    except ImportError:
        logger.warning("No pictures: pip install 'snakemake-vip[bench]'")
        return path.exists()
    mpl.use("svg")
    from matplotlib import pyplot as plt

    # The same figures give the same file.
    mpl.rcParams["svg.hashsalt"] = "snakemake-vip"
    columns = min(len(cases), _COLUMNS)
    lines_of_plots = math.ceil(len(cases) / columns)
    size = (4.6 * columns, 3.4 * lines_of_plots)
    figure, axes = plt.subplots(lines_of_plots, columns, figsize=size, squeeze=False)
    for axis in list(axes.flat)[len(cases) :]:
        axis.set_axis_off()
    for axis, ((case, of, unit), lines) in zip(axes.flat, cases.items(), strict=False):
        for who, points in lines.items():
            axis.plot(*zip(*sorted(points), strict=True), marker="o", label=who)
        axis.set(xscale="log", yscale="log", xlabel=of, ylabel=unit)
        axis.set_title("\n".join(textwrap.wrap(case, 48)), fontsize=9)
        _set_ticks(axis, {size for points in lines.values() for size, _ in points})
        axis.grid(alpha=0.3)
        axis.legend(fontsize=8)
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
    return True


def _set_ticks(axis: Any, sizes: Iterable[float]) -> None:
    """Mark the sizes, and show at least a decade: what hardly grows is to look like that."""
    axis.set_xticks(sorted(sizes), labels=[f"{size:g}" for size in sorted(sizes)])
    axis.minorticks_off()
    low, high = axis.get_ylim()
    if high / low < 10:
        middle = math.sqrt(low * high)
        axis.set_ylim(middle / math.sqrt(10), middle * math.sqrt(10))
    axis.yaxis.set_major_formatter("{x:g}")


def _cases(
    rows: Iterable[Row],
) -> dict[tuple[str, str, str], dict[str, list[tuple[float, float]]]]:
    """Return the figures of each case by who, where one has three sizes."""
    found: dict[tuple[str, str, str], defaultdict[str, list[tuple[float, float]]]] = {}
    for row in rows:
        if row.value > 0:
            lines = found.setdefault((row.case, row.of, row.unit), defaultdict(list))
            lines[row.who].append((row.size, row.value))
    return {
        case: dict(lines)
        for case, lines in found.items()
        if any(len(points) >= _SIZES for points in lines.values())
    }
