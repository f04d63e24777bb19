"""Tables as BIDS has them: tab-separated, UTF-8, a header, ``n/a`` for what is missing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from snakemake_vip.sandbox.tools.failures import ToolError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MISSING = "n/a"
SOURCE = "source"
"""The column that says where a row comes from."""


class TableFault(IntEnum):
    """What is wrong with tables, as exit codes."""

    UNREADABLE = 20
    NO_TABLE = 21
    NO_HEADER = 22
    UNEVEN_ROW = 23
    TOO_LARGE = 24


@dataclass(frozen=True)
class Table:
    """One table.

    Attributes
    ----------
    source
        Where it was found: ``all.tgz/sub-01.tgz/volumes.tsv``.
    columns
        Its header, each name once.
    rows
        Its cells, row by row, as many in each as there are columns.
    """

    source: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def read_table(source: str, content: bytes) -> Table:
    """Read a table.

    Parameters
    ----------
    source
        Where it was found.
    content
        Its bytes.

    Raises
    ------
    ToolError
        If it is no text, has no header, or a row with more or fewer cells than the header.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        msg = f"{source} is not a text in UTF-8"
        raise ToolError(TableFault.UNREADABLE, msg) from error
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    while lines and not lines[-1].strip():
        lines.pop()
    columns = tuple(cell.strip() for cell in lines[0].split("\t")) if lines else ()
    _check_header(source, columns)
    rows = tuple(tuple(line.split("\t")) for line in lines[1:])
    for number, row in enumerate(rows, start=2):
        if len(row) != len(columns):
            msg = f"{source}, line {number}: {len(row)} cells under {len(columns)} columns"
            raise ToolError(TableFault.UNEVEN_ROW, msg)
    return Table(source, columns, rows)


def _check_header(source: str, columns: Sequence[str]) -> None:
    reason = ""
    if not any(columns):
        reason = "it is empty"
    elif not all(columns):
        reason = f"column {columns.index('') + 1} has no name"
    elif len(set(columns)) < len(columns):
        twice = next(name for name in columns if columns.count(name) > 1)
        reason = f"two columns are called {twice!r}"
    else:
        values = [name for name in columns if _is_value(name)]
        if values:
            reason = f"its first line has the value {values[0]!r} where a name is needed"
    if reason:
        raise ToolError(TableFault.NO_HEADER, f"{source} has no proper header: {reason}")


def _is_value(cell: str) -> bool:
    """Whether a cell is a number or a missing value, hence no name of a column."""
    try:
        float(cell)
    except ValueError:
        return cell == MISSING
    return True


def natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """Return a key that sorts ``sub-2`` before ``sub-10``."""
    parts = re.split(r"([0-9]+)", text)
    return tuple((0, int(p), p) if p.isdecimal() and p.isascii() else (1, 0, p) for p in parts if p)


def merged(tables: Iterable[Table]) -> Table:
    """Return all rows of `tables` in one.

    Columns come in the order in which they are first seen, after ``source``; rows in the order of
    their sources and, within one, as they stood. A table that has a column ``source`` itself is the
    result of a merge, and keeps what it says behind its own source.

    Parameters
    ----------
    tables
        In any order: the result is the same.
    """
    ordered = sorted(tables, key=lambda t: (natural(t.source), t.source, t.columns, t.rows))
    columns = tuple(
        dict.fromkeys(name for table in ordered for name in table.columns if name != SOURCE)
    )
    rows: list[tuple[str, ...]] = []
    for table in ordered:
        for cells in table.rows:
            row = dict(zip(table.columns, (cell or MISSING for cell in cells), strict=True))
            source = f"{table.source}/{row[SOURCE]}" if SOURCE in row else table.source
            rows.append((source, *(row.get(name, MISSING) for name in columns)))
    return Table("", (SOURCE, *columns), tuple(rows))


def duplicates(table: Table) -> list[tuple[str, ...]]:
    """Return the sources of rows that are the same but for their source, group by group.

    Parameters
    ----------
    table
        A merged one, whose first column is the source.
    """
    groups: dict[tuple[str, ...], list[str]] = {}
    for source, *cells in table.rows:
        groups.setdefault(tuple(cells), []).append(source)
    return [tuple(sources) for sources in groups.values() if len(sources) > 1]


def written(table: Table) -> bytes:
    """Return `table` as the bytes of a file."""
    lines = ["\t".join(cells) for cells in (table.columns, *table.rows)]
    return ("\n".join(lines) + "\n").encode()
