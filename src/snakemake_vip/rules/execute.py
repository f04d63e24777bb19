"""One job of a rule, in a process of its own: what the wrapper does."""

from __future__ import annotations

import logging
import os
import queue
import sys
from typing import TYPE_CHECKING, Any

from snakemake_vip.rules import environment
from snakemake_vip.rules import job as jobs
from snakemake_vip.rules.bench import RulesBench, vip_folder
from snakemake_vip.rules.dispatcher import Dispatcher, Manner
from snakemake_vip.study.platform import platform

if TYPE_CHECKING:
    from snakemake_vip.errors import VipError

logger = logging.getLogger(__name__)

_INTERRUPTED = 130


def execute(snakemake: Any) -> None:
    """Run the pipeline that a rule names, and wait for its outputs.

    Parameters
    ----------
    snakemake
        What Snakemake gives to a script.

    Raises
    ------
    VipError
        If the job cannot be run, or gave not what the rule wants.
    """
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    one = jobs.read(
        snakemake.rule,
        dict(snakemake.wildcards.items()),
        inputs=snakemake.input,
        outputs=snakemake.output,
        params=snakemake.params,
        log=snakemake.log,
    )
    told = environment.settings(os.environ)
    folder = vip_folder(told.pop("folder", None))
    bench = RulesBench(platform(snakemake.config.get("vip"), told), vip_folder=folder)
    dispatcher = Dispatcher(bench, Manner(window=0))
    ended: queue.SimpleQueue[VipError | None] = queue.SimpleQueue()
    dispatcher.submit(one, ended.put)
    try:
        error = ended.get()
    except KeyboardInterrupt:
        dispatcher.stop()
        if left := ", ".join(dispatcher.running):
            logger.info("Left running on VIP: %s. The same command goes on with it.", left)
        sys.exit(_INTERRUPTED)
    if error:
        raise error
