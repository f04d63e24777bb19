"""One picture of a comparison: a line for each quantity, a dot for each file that has it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from snakemake_vip.compare.model import Kind, Measure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from snakemake_vip.compare.model import Compared, Comparison, Finding

_MOST_LINES = 30
_LABEL = 46
_LINE, _HEAD, _FOOT = 22, 44, 42


@dataclass(frozen=True)
class Line:
    """One quantity: its name, and file and value of each dot."""

    name: str
    dots: tuple[tuple[str, float], ...]

    @property
    def worst(self) -> float:
        """The least of its values."""
        return min(value for _, value in self.dots)


@dataclass(frozen=True)
class Panel:
    """Lines on one scale.

    Attributes
    ----------
    begin, end
        Of the scale.
    ticks
        Marks on it.
    left_out
        Lines that are not shown, none of them worse than those that are.
    """

    title: str
    unit: str
    begin: float
    end: float
    ticks: tuple[float, ...]
    lines: tuple[Line, ...]
    left_out: int = 0

    @property
    def height(self) -> int:
        """In pixels."""
        return _HEAD + _LINE * len(self.lines) + _FOOT + (_LINE if self.left_out else 0)

    def at(self, value: float) -> float:
        """Return where a value lies on the scale, from 0 to 1."""
        return min(max((value - self.begin) / (self.end - self.begin), 0.0), 1.0)


def rendered(comparison: Comparison) -> str:
    """Return the picture as SVG."""
    environment = Environment(
        loader=PackageLoader("snakemake_vip.compare"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("compare.svg.jinja")
    return template.render(comparison=comparison, panels=panels(comparison), line_height=_LINE)


def panels(comparison: Comparison) -> list[Panel]:
    """Return what is drawn: digits of values, overlap of masks, differences of pictures."""
    digits = _lines(comparison, lambda f: f.value if f.measure is Measure.DIGITS else None)
    overlap = _lines(comparison, lambda f: f.worst if f.measure is Measure.DICE else None)
    gaps = _lines(comparison, _minus_gap, Kind.PICTURE)
    least = min((line.worst for line in overlap), default=1.0)
    begin = math.floor(least * 10) / 10 if least < 1 else 0.0
    begin = begin if begin < 1 else 0.9
    found = [
        _panel("Significant digits of values", "digits, all runs together", 0, 16, 4, digits),
        _panel("Overlap of masks", "Dice, of the pair that differs most", begin, 1, 5, overlap),
        _panel(
            "Pictures",
            "largest difference of a pixel, of 255, of the pair that differs most",
            0, 255, 5, gaps,
        ),
    ]  # fmt: skip
    return [panel for panel in found if panel.lines]


def _minus_gap(one: Finding) -> float | None:
    """Return the largest difference of a picture, negative: the least comes first."""
    is_gap = one.measure is Measure.MAXIMUM and one.worst is not None
    return -one.worst if is_gap and one.worst is not None else None


def _panel(
    title: str, unit: str, begin: float, end: float, parts: int, lines: Iterable[Line]
) -> Panel:
    ordered = sorted(lines, key=lambda line: (line.worst, line.name))
    shown = [
        Line(line.name, tuple((file, abs(value)) for file, value in line.dots))
        for line in ordered[:_MOST_LINES]
    ]
    ticks = tuple(begin + (end - begin) * number / parts for number in range(parts + 1))
    return Panel(title, unit, begin, end, ticks, tuple(shown), len(ordered) - len(shown))


def _lines(
    comparison: Comparison, pick: Callable[[Finding], float | None], kind: Kind | None = None
) -> list[Line]:
    """Gather dots by the quantity that they show, whatever job it is of."""
    found: dict[str, list[tuple[str, float]]] = {}
    for file in comparison.files:
        if kind and file.kind is not kind:
            continue
        for one in file.findings:
            value = pick(one)
            if value is not None and math.isfinite(value):
                dot = (f"{file.file}: {one.where}" if one.where else file.file, value)
                found.setdefault(_quantity(file, one), []).append(dot)
    return [Line(_short(name), tuple(dots)) for name, dots in found.items()]


def _quantity(file: Compared, one: Finding) -> str:
    """Return what a measure is of: of a table the column, not the row."""
    name = PurePosixPath(file.file).name
    where = one.where.rpartition(", ")[2] if file.kind is Kind.TABLE else one.where
    return f"{name}: {where}" if where else name


def _short(name: str) -> str:
    half = _LABEL // 2
    return name if len(name) <= _LABEL else f"{name[: half - 1]}…{name[-half:]}"
