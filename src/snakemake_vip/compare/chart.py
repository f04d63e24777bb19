"""One picture of a comparison: a line for each quantity, a dot for each file that has it."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import PurePosixPath
from statistics import median
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from snakemake_vip.compare.model import Kind, Measure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from snakemake_vip.compare.model import Compared, Comparison, Finding

    Pick = Callable[[Compared, Finding], float | None]

_MOST_LINES = 30
_LABEL = 46
_LINE, _HEAD, _FOOT = 22, 44, 42
_CROWD = 5
_MOST_DECADES = 8


@dataclass(frozen=True)
class Line:
    """One quantity: its name, and file and value of each dot."""

    name: str
    dots: tuple[tuple[str, float], ...]

    @property
    def middle(self) -> float | None:
        """The median of its values, where there are so many that it is worth a mark."""
        return median(value for _, value in self.dots) if len(self.dots) >= _CROWD else None

    @property
    def opacity(self) -> float:
        """Of its dots: the more there are, the less each hides the others."""
        return max(0.12, 0.6 / math.sqrt(max(1.0, len(self.dots) / 4)))


@dataclass(frozen=True)
class Panel:
    """Lines on one scale.

    Attributes
    ----------
    ticks
        Marks on the scale, the first and the last at its ends.
    left_out
        Lines that are not shown, none of them worse than those that are.
    is_log
        Whether the scale has decades.
    """

    title: str
    unit: str
    ticks: tuple[float, ...]
    lines: tuple[Line, ...]
    left_out: int = 0
    is_log: bool = False

    @property
    def has_middle(self) -> bool:
        """Whether a line of it has a mark at its median."""
        return any(line.middle is not None for line in self.lines)

    @property
    def height(self) -> int:
        """In pixels."""
        return _HEAD + _LINE * len(self.lines) + _FOOT + (_LINE if self.left_out else 0)

    def at(self, value: float) -> float:
        """Return where a value lies on the scale, from 0 to 1."""
        begin, end = self.ticks[0], self.ticks[-1]
        if self.is_log:
            begin, end, value = math.log10(begin), math.log10(end), math.log10(max(value, begin))
        return min(max((value - begin) / (end - begin), 0.0), 1.0)


def rendered(comparison: Comparison) -> str:
    """Return the picture as SVG."""
    environment = Environment(
        loader=PackageLoader("snakemake_vip.compare"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("compare.svg.jinja").render(
        comparison=comparison,
        panels=panels(comparison),
        notes=list(notes(comparison)),
        line_height=_LINE,
    )


def notes(comparison: Comparison) -> Iterator[str]:
    """Yield what is to be known of the files that differ, beside what is drawn."""
    files = [file for file in comparison.files if not file.is_identical]
    missing = sum(bool(file.missing) for file in files)
    equal = sum(file.has_equal_values for file in files)
    unmeasured = sum(not file.is_measured and not file.missing for file in files)
    told = [
        f"{count} {what}"
        for count, what in (
            (equal, "with other bytes and the same values"),
            (missing, "missing in some runs"),
            (unmeasured, "that cannot be measured (compare.tsv says why)"),
        )
        if count
    ]
    if told:
        yield f"Among the others: {'; '.join(told)}."
    if comparison.incomplete:
        runs = ", ".join(map(str, comparison.incomplete))
        yield f"Jobs failed in run {runs}: only what the others gave is compared."


def panels(comparison: Comparison) -> list[Panel]:
    """Return what is drawn: digits of values, overlap of masks, differences of images."""
    digits = _lines(comparison, lambda _, f: f.value if f.measure is Measure.DIGITS else None)
    overlap = _lines(comparison, lambda _, f: f.worst if f.measure is Measure.DICE else None)
    voxels = _lines(comparison, _largest_of_volume)
    pixels = _lines(comparison, _largest_of_picture)
    found = [
        _panel(
            "Significant digits of values", "digits, all runs together",
            (0, 4, 8, 12, 16), digits,
        ),
        _panel(
            "Overlap of masks", "Dice, of the pair that differs most",
            _shares(overlap), overlap,
        ),
        _panel(
            "Volumes",
            "largest difference of a voxel, in the volume's units, of the pair that differs most",
            _decades(voxels), voxels, is_log=True, largest_first=True,
        ),
        _panel(
            "Pictures",
            "largest difference of a pixel, of 255, of the pair that differs most",
            (0, 51, 102, 153, 204, 255), pixels, largest_first=True,
        ),
    ]  # fmt: skip
    return [panel for panel in found if panel.lines]


def _largest_of_volume(file: Compared, one: Finding) -> float | None:
    """Return the largest difference of a volume that is no mask, where there is one."""
    is_mask = any(found.measure is Measure.DICE for found in file.findings)
    if file.kind is not Kind.VOLUME or is_mask or one.measure is not Measure.MAXIMUM:
        return None
    return one.worst or None


def _largest_of_picture(file: Compared, one: Finding) -> float | None:
    return one.worst if file.kind is Kind.PICTURE and one.measure is Measure.MAXIMUM else None


def _shares(lines: Iterable[Line]) -> tuple[float, ...]:
    """Return a scale of five parts that ends at 1 and begins below the least value."""
    least = min((value for line in lines for _, value in line.dots), default=0.0)
    begin = min(math.floor(least * 10) / 10, 0.9)
    return tuple(begin + (1 - begin) * number / 5 for number in range(6))


def _decades(lines: Iterable[Line]) -> tuple[float, ...]:
    """Return a scale of decades that holds all values, or the largest of them."""
    values = [value for line in lines for _, value in line.dots] or [1.0]
    end = math.ceil(math.log10(max(values)))
    begin = min(math.floor(math.log10(min(values))), end - 1)
    return tuple(10.0**power for power in range(max(begin, end - _MOST_DECADES), end + 1))


def _panel(
    title: str,
    unit: str,
    ticks: tuple[float, ...],
    lines: Iterable[Line],
    *,
    is_log: bool = False,
    largest_first: bool = False,
) -> Panel:
    def badness(line: Line) -> tuple[float, str]:
        values = [value for _, value in line.dots]
        return -max(values) if largest_first else min(values), line.name

    ordered = sorted(lines, key=badness)
    shown = tuple(ordered[:_MOST_LINES])
    return Panel(title, unit, ticks, shown, len(ordered) - len(shown), is_log)


def _lines(comparison: Comparison, pick: Pick) -> list[Line]:
    """Gather dots by the quantity that they show, whatever job it is of."""
    of_rows = _rows_in_common(comparison)
    found: defaultdict[str, list[tuple[str, float]]] = defaultdict(list)
    for file in comparison.files:
        for one in file.findings:
            value = pick(file, one)
            if value is not None and math.isfinite(value):
                dot = (f"{file.file}: {one.where}" if one.where else file.file, value)
                found[_quantity(file, one, of_rows)].append(dot)
    return [Line(_short(name), tuple(dots)) for name, dots in found.items()]


def _rows_in_common(comparison: Comparison) -> frozenset[tuple[str, str]]:
    """Return the rows of tables, by name of file and row, that name no job but a quantity.

    That is so where several jobs have them, or where there is one job and a table of few rows.
    """
    files: Counter[str] = Counter()
    rows: Counter[tuple[str, str]] = Counter()
    for file in comparison.files:
        name = PurePosixPath(file.file).name
        files[name] += 1
        rows.update({(name, one.row) for one in file.findings if one.row})
    of_name = Counter(name for name, _ in rows)
    return frozenset(
        (name, row)
        for (name, row), count in rows.items()
        if count > 1 or (files[name] == 1 and 1 < of_name[name] <= _MOST_LINES)
    )


def _quantity(file: Compared, one: Finding, of_rows: frozenset[tuple[str, str]]) -> str:
    """Return what a measure is of: of a table the column, and the row where that is no job."""
    name = PurePosixPath(file.file).name
    where = one.where
    if file.kind is Kind.TABLE and (name, one.row) not in of_rows:
        where = where.removeprefix(f"{one.row}, ") if one.row else where.partition(", ")[2]
    return f"{name}: {where}" if where else name


def _short(name: str) -> str:
    half = _LABEL // 2
    return name if len(name) <= _LABEL else f"{name[: half - 1]}…{name[-half:]}"
