"""A comparison on disk: a table with a row for each measure, and a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snakemake_vip import durable
from snakemake_vip.compare import chart
from snakemake_vip.report import tabular
from snakemake_vip.report.tabular import MISSING, Table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from snakemake_vip.compare.model import Compared, Comparison

COLUMNS = (
    "file",
    "job",
    "kind",
    "runs",
    "identical",
    "where",
    "measure",
    "value",
    "worst",
    "note",
)


def table(comparison: Comparison) -> Table:
    """Return a comparison as a table: one row a file, or one a measure where runs differ."""
    return Table(COLUMNS, tuple(row for file in comparison.files for row in _rows(file)))


def _rows(file: Compared) -> Iterator[tuple[str, ...]]:
    head = (
        file.file,
        str(file.job) if file.job else MISSING,
        str(file.kind),
        str(len(file.runs)),
        "yes" if file.is_identical else "no",
    )
    if file.note or not file.findings:
        yield (*head, MISSING, MISSING, MISSING, MISSING, file.note)
    for one in file.findings:
        yield (*head, one.where, str(one.measure), _number(one.value), _number(one.worst), one.note)


def _number(value: float | None) -> str:
    return MISSING if value is None else f"{value:.6g}"


def write(comparison: Comparison, folder: Path) -> tuple[Path, Path]:
    """Write ``compare.tsv`` and ``compare.svg`` into a folder, and return where they are."""
    numbers, picture = folder / "compare.tsv", folder / "compare.svg"
    durable.write(numbers, tabular.written(table(comparison)))
    durable.write(picture, chart.rendered(comparison))
    return numbers, picture
