"""Volumes and pictures of several runs, pair by pair, two in memory at a time."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from snakemake_vip.compare import arrays
from snakemake_vip.compare.model import Finding, Measure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from snakemake_vip.compare.arrays import Volume


@dataclass
class _Pairs:
    """What was measured between pairs of runs: measure and place to each value.

    Attributes
    ----------
    fitting
        How many pairs are of one shape.
    """

    values: dict[tuple[Measure, str], list[float]] = field(
        default_factory=dict[tuple[Measure, str], "list[float]"]
    )
    notes: dict[str, None] = field(default_factory=dict[str, None])
    fitting: int = 0

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
    # Those of several runs come first, so that they are not read for the pairs of their own alone.
    distinct = sorted(counts, key=lambda content: -counts[content])
    for index, first in enumerate(distinct):
        among, others = math.comb(counts[first], 2), distinct[index + 1 :]
        if not (among or others):
            break
        one = read(first)
        if among:
            _compare(one, one, among, pairs)
        for second in others:
            _compare(one, read(second), counts[first] * counts[second], pairs)
    return _findings(pairs, math.comb(len(runs), 2)), "; ".join(pairs.notes)


def _compare(one: Volume, other: Volume, weight: int, pairs: _Pairs) -> None:
    if one.affine is not None and other.affine is not None:
        gap = arrays.difference(one.affine, other.affine)
        pairs.add(Measure.AFFINE, gap.maximum, weight)
        if gap.unlike:
            pairs.notes["an affine is not a number in some runs only"] = None
    if one.voxels.shape != other.voxels.shape:
        shapes = [" x ".join(map(str, image.voxels.shape)) for image in (one, other)]
        pairs.notes[f"shapes differ: {shapes[0]} and {shapes[1]}"] = None
        return
    pairs.fitting += weight
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
    for label, value in found.items():
        pairs.add(Measure.DICE, value, weight, f"label {label}")
    pairs.add(Measure.DICE, sum(found.values()) / len(found) if found else 1.0, weight)


def _findings(pairs: _Pairs, total: int) -> list[Finding]:
    """Sum up over pairs, `total` of them; where some cannot be measured nobody knows the worst."""
    found: list[Finding] = []
    labels = [where for measure, where in pairs.values if measure is Measure.DICE and where]
    for (measure, where), values in pairs.values.items():
        if where and len(labels) == 1:
            continue  # of a mask the whole is told already
        worst = min(values) if measure is Measure.DICE else max(values)
        if measure is Measure.AFFINE and not worst:
            continue
        note = f"in {len(values)} of {total} pairs of runs" if len(values) < total else ""
        # A label that two runs lack is no gap: there is nothing to overlap.
        is_known = pairs.fitting == total and (bool(where) or len(values) == total)
        mean = sum(values) / len(values)
        found.append(Finding(where, measure, mean, worst if is_known else None, note))
    return sorted(found, key=lambda f: (list(Measure).index(f.measure), f.where != ""))
