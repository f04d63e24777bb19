"""Volumes and pictures of several runs, pair by pair, two in memory at a time."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Any

from snakemake_vip.compare import arrays
from snakemake_vip.compare.model import Finding, Measure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from snakemake_vip.compare.arrays import Volume


@dataclass
class _Pairs:
    """What was measured between pairs of runs: measure and place to each value."""

    values: dict[tuple[Measure, str], list[float]] = field(
        default_factory=dict[tuple[Measure, str], "list[float]"]
    )
    notes: dict[str, None] = field(default_factory=dict[str, None])

    def add(self, measure: Measure, value: float, weight: int, where: str = "") -> None:
        self.values.setdefault((measure, where), []).extend([value] * weight)


def of_images(runs: Sequence[str], read: Callable[[str], Volume]) -> tuple[list[Finding], str]:
    """Compare images.

    Parameters
    ----------
    runs
        What stands for the content in each run; the same content is read once.
    read
        Reads what stands for a content.

    Returns
    -------
    tuple
        Findings, and what concerns the file as a whole.
    """
    counts: dict[str, int] = {}
    for content in runs:
        counts[content] = counts.get(content, 0) + 1
    pairs = _Pairs()
    distinct = list(counts)
    for index, first in enumerate(distinct[:-1]):
        one = read(first)
        for second in distinct[index + 1 :]:
            _compare(one, read(second), counts[first] * counts[second], pairs)
    same = sum(a == b for a, b in combinations(runs, 2))
    return _findings(pairs, same, len(runs)), "; ".join(pairs.notes)


def _compare(one: Volume, other: Volume, weight: int, pairs: _Pairs) -> None:
    if one.affine is not None and other.affine is not None:
        gap = arrays.difference(one.affine, other.affine)
        if gap.maximum or gap.unlike:
            pairs.add(Measure.AFFINE, gap.maximum, weight)
    if one.voxels.shape != other.voxels.shape:
        shapes = [" x ".join(map(str, image.voxels.shape)) for image in (one, other)]
        pairs.notes[f"shapes differ: {shapes[0]} and {shapes[1]}"] = None
        return
    if one.affine is not None:
        _overlap(one.voxels, other.voxels, weight, pairs)
    gap = arrays.difference(one.voxels, other.voxels)
    pairs.add(Measure.MAXIMUM, gap.maximum, weight)
    pairs.add(Measure.MEAN, gap.mean, weight)
    if gap.unlike:
        pairs.notes["not a number in some runs only (left out of the differences)"] = None


def _overlap(one: Any, other: Any, weight: int, pairs: _Pairs) -> None:
    """Measure the overlap of masks, or of each label of parcellations."""
    first, second = arrays.labels(one), arrays.labels(other)
    if first is None or second is None:
        return
    found: Mapping[int, float] = {
        label: arrays.dice(one == label, other == label) for label in sorted(first | second)
    }
    if len(found) > 1:
        for label, value in found.items():
            pairs.add(Measure.DICE, value, weight, f"label {label}")
    pairs.add(Measure.DICE, sum(found.values()) / len(found) if found else 1.0, weight)


def _findings(pairs: _Pairs, same: int, runs: int) -> list[Finding]:
    """Sum up over pairs; those of the same content differ by nothing."""
    total = runs * (runs - 1) // 2
    found: list[Finding] = []
    for (measure, where), values in pairs.values.items():
        is_dice = measure is Measure.DICE
        complete = [*values, *[1.0 if is_dice else 0.0] * same]
        worst = min(complete) if is_dice else max(complete)
        left = total - len(complete)
        note = f"in {len(complete)} of {total} pairs of runs" if left > 0 else ""
        found.append(Finding(where, measure, sum(complete) / len(complete), worst, note))
    return sorted(found, key=lambda f: (list(Measure).index(f.measure), f.where != ""))
