"""Says in the log how far a run is: now and then, and only when there is news."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from snakemake_vip.errors import OutageError, PlatformError
from snakemake_vip.rest import watch
from snakemake_vip.session import headway
from snakemake_vip.session.headway import Headway

if TYPE_CHECKING:
    from collections.abc import Collection

    from snakemake_vip.executions.state import Launch
    from snakemake_vip.rest.models import Execution
    from snakemake_vip.session.workbench import SessionBench

logger = logging.getLogger(__name__)

_FIRST, _EVERY = 60.0, 300.0


class Teller:
    """Says how far one run is.

    VIP's list of executions does not tell of jobs, so each running execution is asked for: seldom.

    Parameters
    ----------
    bench
        The session.
    run
        The run's number.
    first, every
        Seconds until the first line, and between two.
    """

    def __init__(
        self, bench: SessionBench, run: int, first: float = _FIRST, every: float = _EVERY
    ) -> None:
        self._bench = bench
        self._run = run
        self._every = every
        self._due = time.monotonic() + first
        self._told = ""

    def tell(self, going_on: Collection[Launch]) -> None:
        """Say how far the run is, if it is time to.

        Parameters
        ----------
        going_on
            Its executions that are not over.
        """
        if time.monotonic() < self._due:
            return
        self._due = time.monotonic() + self._every
        try:
            client = self._bench.client
            seen = {one.name: watch.execution(client, one.execution or "") for one in going_on}
        except (PlatformError, OutageError) as error:
            # Whoever waits for the end of the run looks again, and meets it too if it lasts.
            logger.debug("%s", error.what)
            return
        for name, execution in seen.items():
            if execution and execution.jobs:
                self._bench.journal.watched(name, execution)
        self._line(seen)

    def over(self) -> None:
        """Say how the run ended."""
        self._line({})

    def _line(self, seen: dict[str, Execution | None]) -> None:
        bench = self._bench
        launches = bench.journal.read().of_run(self._run)
        descriptor = bench.bench.cached_descriptor(bench.config.pipeline_id)
        far, statuses, starts = Headway(total=0), list[str](), list[float]()
        for one in launches:
            execution = one.ended or seen.get(one.name)
            total = headway.total(one, descriptor)
            jobs = execution.jobs if execution else ()
            far += headway.of(jobs, total, is_over=one.ended is not None)
            statuses.append(str(execution.status if execution else one.status))
            starts += [one.start] if one.start and not one.ended else []
        what = f"{bench.name} run {self._run}"
        news = headway.line(what, far, statuses)
        if news != self._told:
            self._told = news
            seconds = time.time() - min(starts) if starts else None
            logger.info("%s", headway.line(what, far, statuses, seconds))
