"""Pictures of figures over sizes."""

from __future__ import annotations

import logging
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from benchmarks.harness import Row

logger = logging.getLogger(__name__)

_SIZES = 3


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
    figure, axes = plt.subplots(1, len(cases), figsize=(4.6 * len(cases), 3.4), squeeze=False)
    for axis, ((case, of, unit), lines) in zip(axes[0], cases.items(), strict=True):
        for who, points in lines.items():
            axis.plot(*zip(*sorted(points), strict=True), marker="o", label=who)
        axis.set(xscale="log", yscale="log", xlabel=of, ylabel=unit)
        axis.set_title(case, fontsize=9, wrap=True)
        axis.grid(alpha=0.3, which="both")
        axis.legend(fontsize=8)
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
    return True


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
        case: {who: points for who, points in lines.items() if len(points) > 1}
        for case, lines in found.items()
        if any(len(points) >= _SIZES for points in lines.values())
    }
