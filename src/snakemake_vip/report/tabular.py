"""Tables among the results: tab- or comma-separated texts with a header."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from snakemake_vip.errors import VipError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MISSING = "n/a"
"""What BIDS writes where there is no value."""

_DELIMITERS = {".tsv": "\t", ".csv": ","}
_LARGEST = 64 * 2**20


class TableError(VipError):
    """A file that is called a table and is none."""


@dataclass(frozen=True)
class Table:
    """Columns, each name once, and as many cells in each row."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def is_table(name: str) -> bool:
    """Whether a file's name says that it is a table."""
    return PurePosixPath(name).suffix.lower() in _DELIMITERS


def read(path: Path, name: str) -> Table:
    """Read a table.

    Parameters
    ----------
    path
        The file.
    name
        What it is called: its extension tells what separates the cells.

    Raises
    ------
    TableError
        If it is no text, is larger than 64 MiB, or has rows longer than its header.
    """
    if path.stat().st_size > _LARGEST:
        msg = f"{name} has more than {_LARGEST >> 20} MiB"
        raise TableError(msg, "It is left out.")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        msg = f"{name} is no text in UTF-8"
        raise TableError(msg, "It is left out.") from None
    return parse(text, name)


def parse(text: str, name: str) -> Table:
    """Return the table that a text holds; see :func:`read`."""
    delimiter = _DELIMITERS.get(PurePosixPath(name).suffix.lower(), "\t")
    if delimiter == "," and ";" in (header := text.partition("\n")[0]) and "," not in header:
        delimiter = ";"  # as spreadsheets write it where the comma is the decimal sign
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        msg = f"{name} is no table: {error}"
        raise TableError(msg, "It is left out.") from None
    lines = [[cell.strip() for cell in line] for line in lines if any(map(str.strip, line))]
    if not lines:
        msg = f"{name} is empty"
        raise TableError(msg, "It is left out.")
    columns = _distinct(lines[0])
    for number, line in enumerate(lines[1:], start=2):
        if len(line) > len(columns):
            what = f"{name}, row {number}: {len(line)} cells under {len(columns)} columns"
            raise TableError(what, "It is left out.")
    width = len(columns)
    rows = tuple((*line, *[MISSING] * (width - len(line))) for line in lines[1:])
    return Table(columns, rows)


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    """Return names for columns: none empty, none twice."""
    taken: dict[str, None] = {}
    for number, name in enumerate(names, start=1):
        base = free = name or f"column {number}"
        again = 2
        while free in taken:
            free, again = f"{base} ({again})", again + 1
        taken[free] = None
    return tuple(taken)


def written(table: Table) -> str:
    """Return a table as tab-separated text; what is empty becomes ``n/a``."""
    lines = ["\t".join(_cell(cell) for cell in row) for row in (table.columns, *table.rows)]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.split()) or MISSING


def number(cell: str) -> float | None:
    """Return what a cell says as a number, or none; a missing value is no number."""
    if "_" in cell:
        return None  # Python reads 1_000 as a number; nobody else does
    try:
        return float(cell)
    except ValueError:
        return None
