"""One table of the study out of every job's: the results that match a pattern."""

from __future__ import annotations

import logging
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from snakemake_vip import durable
from snakemake_vip.errors import UsageError
from snakemake_vip.report import tabular
from snakemake_vip.report.results import Results, collected

if TYPE_CHECKING:
    from pathlib import Path

    from snakemake_vip.report.results import Result
    from snakemake_vip.session.workbench import Workbench

logger = logging.getLogger(__name__)


def matches(path: str, pattern: str) -> bool:
    """Whether a result's path below ``run-N`` fits; ``*`` stands for any text, slashes too."""
    return fnmatchcase(path, pattern)


def pattern_of(bench: Workbench, name: str) -> str:
    """Return the pattern of a table of the configuration.

    Raises
    ------
    UsageError
        If there is no table of that name.
    """
    tables = bench.study.after.tables
    if name in tables:
        return tables[name]
    known = f"The tables are: {', '.join(tables)}." if tables else "It names no table."
    msg = f"there is no table {name!r} in the configuration"
    raise UsageError(msg, f'{known} Or give its pattern: --pattern "*/{name}.tsv"')


def write(bench: Workbench, name: str, pattern: str) -> Path:
    """Collect the results of all sessions that match, and write them as one table.

    Parameters
    ----------
    bench
        The study.
    name
        Of the table, ``<output_dir>/<name>.tsv``.
    pattern
        Of the results' paths below ``run-N``.

    Returns
    -------
    Path
        Where the table is.

    Raises
    ------
    UsageError
        If no result matches, or none of those that do is a table.
    """
    found = [result for session in bench.study.sessions for result in _of(bench, session, pattern)]
    if not found:
        msg = f"no result that is here fits {pattern!r}"
        raise UsageError(msg, "Patterns are of paths below run-N: run-1.json lists them.")
    table, errors = collected(found)
    for error in errors:
        logger.warning("left out: %s", error)
    if len(errors) == len(found):
        msg = f"none of the {len(found)} results that fit {pattern!r} can be read as a table"
        raise UsageError(msg, "Tables are tab-separated (.tsv) or comma-separated (.csv) texts.")
    target = bench.study.output_dir / f"{name}.tsv"
    durable.write(target, tabular.written(table))
    logger.info("%s: %d rows of %d files", target, len(table.rows), len(found) - len(errors))
    return target


def _of(bench: Workbench, session: str, pattern: str) -> list[Result]:
    results = Results(bench.session(session))
    return [result for result in results if matches(result.path, pattern)]
