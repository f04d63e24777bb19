"""One table out of those of many jobs: the pipeline ``GroupTable``.

Called as ``python -m snakemake_vip.sandbox.tools.group_table FILE... --output FILE``.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from snakemake_vip.sandbox.tools.failures import ToolError, exit_code
from snakemake_vip.sandbox.tools.members import Limits, files_in
from snakemake_vip.sandbox.tools.tables import (
    TableFault,
    duplicates,
    merged,
    read_table,
    written,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from snakemake_vip.sandbox.tools.tables import Table

SUFFIX = ".tsv"


def tables_in(path: Path, limits: Limits | None = None) -> list[Table]:
    """Return the tables of a file: itself, or all those in an archive.

    Parameters
    ----------
    path
        A table, or a tar or zip archive; archives in it are looked into.
    limits
        What it may hold at most.

    Raises
    ------
    ToolError
        If it cannot be read, holds too much, or a table is malformed.
    """
    if not path.is_file():
        raise ToolError(TableFault.UNREADABLE, f"{path.name} is not a file")
    return [
        read_table(source, content)
        for source, content in files_in(path, SUFFIX, limits or Limits())
    ]


def grouped(paths: Sequence[Path]) -> Table:
    """Return the tables of all files as one.

    Raises
    ------
    ToolError
        If there is none, or one is not as it should be.
    """
    tables = [table for path in paths for table in tables_in(path)]
    if not tables:
        names = ", ".join(path.name for path in paths)
        msg = f"there is no table (*{SUFFIX}) in {names}"
        raise ToolError(TableFault.NO_TABLE, msg)
    return merged(tables)


def report(table: Table) -> str:
    """Return what the log is told of a merged table: its size, and which rows are the same."""
    rows = len(table.rows)
    lines = [f"{rows} row{'s' * (rows != 1)} under {len(table.columns)} columns"]
    lines += [
        f"duplicate: these {len(sources)} rows differ in their source only: {', '.join(sources)}"
        for sources in duplicates(table)
    ]
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    parser = argparse.ArgumentParser(prog="group_table", description=__doc__, allow_abbrev=False)
    parser.add_argument("tables", type=Path, nargs="+", help="tables, or archives of tables")
    parser.add_argument("--output", type=Path, required=True, help="table to write (.tsv)")
    given = parser.parse_args(arguments)
    if not given.output.parent.is_dir():
        parser.error(f"there is no folder {given.output.parent} for the output")

    def tool() -> None:
        table = grouped(given.tables)
        given.output.write_bytes(written(table))
        sys.stdout.write(report(table))

    return exit_code("group_table", tool)


if __name__ == "__main__":
    sys.exit(main())
