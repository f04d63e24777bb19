"""Results of another time on VIP, where those of a new execution are to be.

VIP replaces nothing: a job whose result is there already fails with code 32. Snakemake's own
removal is put off until here, because an execution that ended meanwhile may be the job's own.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from snakemake_vip.rules import delivery, results
from snakemake_vip.transfer import pool
from snakemake_vip.transfer.upload import Upload

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import PurePosixPath

    from snakemake_vip.rules.bench import RulesBench
    from snakemake_vip.rules.job import RuleJob

logger = logging.getLogger(__name__)


def remove(bench: RulesBench, jobs: Iterable[RuleJob]) -> None:
    """Remove what lies where the results of jobs are to stay on VIP, and wait until it is gone.

    Parameters
    ----------
    bench
        The workflow's.
    jobs
        About to be launched, for the first time or once more.

    Raises
    ------
    TransferError
        If VIP did not delete something in time.
    """
    wanted = [path for job in jobs for path in results.on_vip(job).values()]
    if not wanted:
        return
    there = delivery.listed(bench, map(str, wanted))
    stale = [path for path in wanted if path in there]
    upload = Upload(bench.client, bench.ledger(), bench.hashes)

    def one(path: PurePosixPath) -> None:
        logger.info("VIP: %s is removed; it is to be made anew", path)
        upload.remove(path)
        bench.origins.removed(path)

    outcome = pool.run(stale, one, workers=bench.platform.max_transfers)
    for _, error in outcome.failed:
        raise error
