"""``docs/performance.md``: what was measured, in tables and pictures."""

from __future__ import annotations

import inspect
import math
import os
import platform
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from benchmarks import plots
from benchmarks.harness import Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_SIZES = 3
_HEAD = """\
# Performance

What is measured, and how: the local VIP (`snakemake-vip sandbox`) runs in a process of its own,
with the waits that each section tells; the contenders run one after the other on it, each in a
process of its own. *Floor* is what the platform's waits alone cost; `requests` is a bare loop that
does no more than the transfers themselves. All of it again, with these tables:
`python -m benchmarks` in a checkout, after `pip install -e '.[sandbox,test,bench]'`; one of them:
`python -m benchmarks NAME`. The raw figures are in [performance.json](performance.json).

"""


def rows_of(found: Mapping[str, Any]) -> list[Row]:
    """Return the rows of one benchmark."""
    return [Row.read(data) for data in found["rows"]]


def exponents(rows: Iterable[Row]) -> dict[tuple[str, str, str], float]:
    """Return how each case grows: the exponent of its figures over three sizes or more.

    By least squares of the logarithms; by case, who and unit.
    """
    series: defaultdict[tuple[str, str, str], dict[float, float]] = defaultdict(dict)
    for row in rows:
        if row.size > 0 and row.value > 0:
            series[row.case, row.who, row.unit][row.size] = row.value
    found: dict[tuple[str, str, str], float] = {}
    for name, points in series.items():
        if len(points) >= _SIZES:
            found[name] = _slope([(math.log(x), math.log(y)) for x, y in points.items()])
    return found


def _slope(points: list[tuple[float, float]]) -> float:
    middle_x = sum(x for x, _ in points) / len(points)
    middle_y = sum(y for _, y in points) / len(points)
    above = sum((x - middle_x) * (y - middle_y) for x, y in points)
    return above / sum((x - middle_x) ** 2 for x, _ in points)


def write(docs: Path, kept: Mapping[str, Any]) -> None:
    """Write the report of everything that is kept, and its pictures."""
    parts = [_HEAD, _machine(), "\n## In short\n\n", _summary(kept)]
    for name, found in kept.items():
        parts += [f"\n## {found['title']}\n\n", _prose(found), markdown_table(rows_of(found))]
        parts.append(_growth(found))
        if plots.draw(docs / "img" / f"{name}.svg", rows_of(found)):
            parts.append(f"\n![{found['title']}](img/{name}.svg)\n")
        parts.append(_made(name, found))
    (docs / "performance.md").write_text("".join(parts))


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    return (
        f"Measured on {os.cpu_count()} cores and {memory:.0f} GiB of memory, "
        f"{platform.system()} {platform.machine()}, Python {platform.python_version()}.\n"
    )


def _prose(found: Mapping[str, Any]) -> str:
    return f"{inspect.cleandoc(found['text']).replace('``', '`')}\n\n"


def _made(name: str, found: Mapping[str, Any]) -> str:
    scale = "" if found["scale"] == 1 else f" --scale {found['scale']:g}"
    return (
        f"\n`python -m benchmarks {name}{scale}`, {found['date']}, {found['took']:.0f} s, "
        f"load of the machine up to {found['load']}.\n"
    )


def _summary(kept: Mapping[str, Any]) -> str:
    lines = ["| what | figure | bound | |", "|---|---:|---:|---|"]
    lines += [
        f"| {row.case}, {_size(row)} | {_figure(row)} | {_bound(row)} "
        f"| {'met' if row.is_met else '**not met**'} |"
        for found in kept.values()
        for row in rows_of(found)
        if row.is_bound
    ]
    return "\n".join(lines) + "\n"


def markdown_table(rows: Iterable[Row]) -> str:
    """Return a table of rows."""
    lines = ["| case | size | who | measured | ratio |", "|---|---:|---|---:|---|"]
    lines += [
        f"| {row.case} | {_size(row)} | {row.who} | {_value(row)} | {_ratio(row)} |" for row in rows
    ]
    return "\n".join(lines) + "\n"


def text_table(found: Mapping[str, Any]) -> str:
    """Return the same for a terminal."""
    lines = [
        f"  {row.case} | {_size(row)} | {row.who} | {_value(row)} | {_ratio(row)}"
        f"{'' if row.is_met else '  NOT MET'}"
        for row in rows_of(found)
    ]
    grown = exponents(rows_of(found))
    lines += [f"  {case} | {who} | grows as size^{x:.2f}" for (case, who, _), x in grown.items()]
    return "\n".join(lines)


def _growth(found: Mapping[str, Any]) -> str:
    grown = exponents(rows_of(found))
    lines = [
        f"- {case}, {who}, {unit}: size^{exponent:.2f}"
        for (case, who, unit), exponent in grown.items()
    ]
    return "\nGrowth over the sizes:\n\n" + "\n".join(lines) + "\n" if lines else ""


def _size(row: Row) -> str:
    return f"{row.size:,.0f} {row.of}".replace(",", " ")


def _value(row: Row) -> str:
    return f"{_number(row.value)} {row.unit}"


def _ratio(row: Row) -> str:
    told = "" if row.ratio is None else f"{_number(row.ratio)} x {row.against}"
    return f"{told} ({_bound(row)})".strip() if row.is_bound else told


def _figure(row: Row) -> str:
    return _value(row) if row.ratio is None else f"{_number(row.ratio)} x {row.against}"


def _bound(row: Row) -> str:
    if row.at_most is not None:
        return f"at most {_number(row.at_most)}"
    return "" if row.at_least is None else f"at least {_number(row.at_least)}"


def _number(value: float) -> str:
    if value == int(value) or abs(value) >= 1000:
        return f"{value:,.0f}".replace(",", " ")
    return f"{value:.3g}"
