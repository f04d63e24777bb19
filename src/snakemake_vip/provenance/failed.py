"""The records of runs that failed: the workflow stops at them, and they are to be told as well."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from snakemake_vip.errors import VipError
from snakemake_vip.provenance import folder
from snakemake_vip.session import results

if TYPE_CHECKING:
    from pathlib import Path

    from snakemake_vip.session.workbench import SessionBench

logger = logging.getLogger(__name__)


def write(bench: SessionBench) -> list[Path]:
    """Write the record of each run of a session that is over, and has not all of its results.

    It follows an error that is told already, and makes none of its own.
    """
    written: list[Path] = []
    for run in bench.runs:
        if _has_failed(bench, run):
            try:
                where = folder.write(bench, run)
            except VipError as error:
                logger.info("%s: no record of run %d: %s", bench.name, run, error.what)
            else:
                logger.info("%s: the record of run %d is %s", bench.name, run, where)
                written.append(where)
    return written


def _has_failed(bench: SessionBench, run: int) -> bool:
    state = bench.journal.read()
    launches = state.of_run(run)
    if not state.is_launched(run) or any(one.ended is None for one in launches):
        return False
    kept = results.kept(bench, run)
    if kept is not None:
        return not kept.is_complete
    return any(one.status not in bench.config.get_status for one in launches)
