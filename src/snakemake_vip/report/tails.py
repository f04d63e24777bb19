"""The last lines of failed jobs, asked for once: VIP does not keep logs for ever."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from snakemake_vip import durable
from snakemake_vip.errors import VipError
from snakemake_vip.executions import failures

if TYPE_CHECKING:
    from pathlib import Path

    from snakemake_vip.executions.state import Launch
    from snakemake_vip.rest.models import Job
    from snakemake_vip.session.workbench import SessionBench

logger = logging.getLogger(__name__)

_LINES = 20
_MOST = 50
_UNREAD = "(no log"


class Tails:
    """The logs' last lines of one session, kept on disk.

    Parameters
    ----------
    bench
        The session.
    is_asking
        Whether VIP may be asked for what is not here.
    """

    def __init__(self, bench: SessionBench, *, is_asking: bool) -> None:
        self._bench = bench
        self._left = _MOST if is_asking else 0
        self._known = {
            (record["execution"], record["job"]): tuple(record["lines"])
            for record in durable.read(self._path)
        }

    @property
    def _path(self) -> Path:
        return self._bench.folder.inside / "tails.jsonl"

    def of(self, one: Launch, job: Job) -> tuple[str, ...]:
        """Return the last lines of a job; a sentence in brackets where there are none."""
        key = (one.execution or "", job.number)
        if key in self._known:
            return self._known[key]
        if self._left <= 0:
            return ("(not asked for: snakemake-vip logs shows it)",)
        self._left -= 1
        try:
            lines = tuple(failures.last_lines(self._bench, one, job, _LINES))
        except VipError as error:
            self._left = 0
            logger.warning("no logs for the report: %s", error.what)
            return (f"(no log: {error.what})",)
        if lines and lines[0].startswith(_UNREAD):
            self._left = 0  # what does not answer for one would keep us waiting for all
            return lines
        self._known[key] = lines
        record = {"execution": key[0], "job": key[1], "lines": list(lines)}
        durable.append(self._path, [record])
        return lines
