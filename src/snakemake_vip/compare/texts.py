"""Tables, JSON documents and texts of several runs, value by value."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, cast

from snakemake_vip.compare.digits import significant_digits
from snakemake_vip.compare.model import Finding, Measure
from snakemake_vip.report import tabular

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_SHOWN = 3
_CELL = 40


def of_tables(name: str, texts: Sequence[str]) -> list[Finding]:
    """Compare tables, cell by cell.

    Rows are told apart by their first column where it names each row once and is no number,
    otherwise by their place.

    Parameters
    ----------
    name
        What the file is called.
    texts
        Its content in each run.

    Raises
    ------
    TableError
        If one of them is no table.
    """
    tables = [tabular.parse(text, name) for text in texts]
    has_names = all(map(_has_names, tables))
    found = of_values([_cells(table, has_names=has_names) for table in tables])
    if not has_names:
        return found
    rows = {
        _where(row[0], column): row[0]
        for table in tables
        for row in table.rows
        for column in table.columns
    }
    return [replace(one, row=rows[one.where]) for one in found]


def _has_names(table: tabular.Table) -> bool:
    names = [row[0] for row in table.rows]
    return len(set(names)) == len(names) and all(tabular.number(name) is None for name in names)


def _cells(table: tabular.Table, *, has_names: bool) -> dict[str, str]:
    return {
        _where(row[0] if has_names else f"row {number}", column): cell
        for number, row in enumerate(table.rows, start=1)
        for column, cell in zip(table.columns, row, strict=True)
    }


def _where(row: str, column: str) -> str:
    return f"{row}, {column}"


def of_documents(texts: Sequence[str]) -> list[Finding]:
    """Compare JSON documents, leaf by leaf.

    Raises
    ------
    ValueError
        If one of them is no JSON, or nested too deeply to be read.
    """
    try:
        return of_values([dict(_leaves(json.loads(text), "")) for text in texts])
    except RecursionError:
        msg = "nested too deeply"
        raise ValueError(msg) from None


def _leaves(value: Any, key: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for name, item in cast("dict[str, Any]", value).items():
            yield from _leaves(item, f"{key}.{name}" if key else name)
    elif isinstance(value, list) and value:
        for index, item in enumerate(cast("list[Any]", value)):
            yield from _leaves(item, f"{key}[{index}]")
    else:
        yield key, value if isinstance(value, str) else json.dumps(value)


def of_values(runs: Sequence[Mapping[str, str]]) -> list[Finding]:
    """Compare values by their name, one mapping a run, in the order of the first that has each."""
    names = dict.fromkeys(name for values in runs for name in values)
    return [_of_value(name, [values.get(name) for values in runs]) for name in names]


def _of_value(where: str, values: Sequence[str | None]) -> Finding:
    if None in values:
        absent = sum(value is None for value in values)
        note = f"not there in {absent} of {len(values)} runs"
        return Finding(where, Measure.TEXT, 0.0, note=note)
    cells = [value for value in values if value is not None]
    numbers = [tabular.number(cell) for cell in cells]
    if None not in numbers:
        found = [number for number in numbers if number is not None]
        note = "" if len(set(cells)) == 1 else _shown(cells)
        return Finding(where, Measure.DIGITS, significant_digits(found), note=note)
    is_same = len(set(cells)) == 1
    return Finding(where, Measure.TEXT, float(is_same), note="" if is_same else _shown(cells))


def _shown(cells: Sequence[str]) -> str:
    distinct = list(dict.fromkeys(cells))
    shown = " | ".join(cell[:_CELL] for cell in distinct[:_SHOWN])
    return shown + (f" | and {len(distinct) - _SHOWN} more" if len(distinct) > _SHOWN else "")


def of_texts(texts: Sequence[str]) -> list[Finding]:
    """Compare texts: the lines that differ, and the digits of their numbers where only these do."""
    lines = list(zip_longest(*(text.splitlines() for text in texts)))
    differing = [number for number, line in enumerate(lines, start=1) if len(set(line)) > 1]
    if not differing:
        note = "the same lines, ended differently"
        return [Finding("", Measure.LINES, 0.0, note=note)]
    note = f"of {len(lines)}; the first is line {differing[0]}"
    found = [Finding("", Measure.LINES, float(len(differing)), note=note)]
    if len({_NUMBER.sub("0", text) for text in texts}) == 1:
        digits = [_digits(lines[number - 1]) for number in differing]
        least, number = min(zip(digits, differing, strict=True))
        note = f"the least of all numbers; line {number}"
        found.append(Finding("", Measure.DIGITS, least, note=note))
    return found


def _digits(line: Sequence[str | None]) -> float:
    """Return the fewest significant digits of the numbers of a line."""
    columns = zip(*(_NUMBER.findall(text or "") for text in line), strict=True)
    found = [significant_digits([float(text) for text in column]) for column in columns]
    return min(digits for digits in found if digits is not None)
