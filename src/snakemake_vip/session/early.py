"""The results of executions that are over, while others of the same run still run."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from snakemake_vip import locks
from snakemake_vip.errors import AuthenticationError, VipError
from snakemake_vip.session.fetch import Fetcher

if TYPE_CHECKING:
    from collections.abc import Iterable

    from snakemake_vip.rest.models import Execution
    from snakemake_vip.session.workbench import SessionBench

logger = logging.getLogger(__name__)


def bring(bench: SessionBench, executions: Iterable[Execution]) -> None:
    """Fetch into the session's store what executions gave that are over.

    It is only the download's work, done sooner: the download finds in the store what came, makes
    the results of it, and tries again, and tells, what did not come.

    Parameters
    ----------
    bench
        The session.
    executions
        In full, as VIP told them at their end.

    Raises
    ------
    AuthenticationError
        If the key is refused.
    """
    wanted = [one for one in executions if one.status in bench.config.get_status and one.outputs]
    if not wanted:
        return
    try:
        with locks.held(bench.folder.lock("download"), f"the download of {bench.name}", wait=0):
            fetcher = Fetcher(bench)
            fetcher.bring(fetcher.look(wanted))
    except AuthenticationError:
        raise
    except VipError as error:
        logger.info("%s: %s The download sees to it.", bench.name, error.what)
