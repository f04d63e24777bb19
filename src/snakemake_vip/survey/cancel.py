"""Stops what runs of a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snakemake_vip.errors import AuthenticationError, ExecutionError, VipError
from snakemake_vip.executions import lookup
from snakemake_vip.rest import watch
from snakemake_vip.survey import standing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snakemake_vip.session.workbench import SessionBench


def running(bench: SessionBench) -> list[str]:
    """Return the identifiers of a session's executions that are not over, of whatever request.

    One that was asked for without an answer is looked for first.
    """
    for launch in bench.journal.read().open_intents:
        lookup.settle(bench, launch)
    known = [one.execution for one in bench.journal.read().unfinished if one.execution]
    seen = watch.look(bench.client, known)
    # VIP calls a finished execution killed when it is asked to kill it.
    return [key for key, execution in seen.items() if execution and not execution.status.is_over]


def cancel(bench: SessionBench) -> Iterator[str]:
    """Kill the executions of a session that are not over; yield the identifier of each.

    Raises
    ------
    ExecutionError
        If some may go on, after the others are killed.
    """
    found = running(bench)
    failed: list[VipError] = []
    for identifier in found:
        try:
            bench.client.kill(identifier)
        except AuthenticationError:
            raise
        except VipError as error:
            failed.append(error)
        else:
            yield identifier
    if failed:
        told = "\n".join(f"  {error.what}" for error in failed)
        what = f"{len(failed)} of {len(found)} executions of {bench.name} may go on:\n{told}"
        raise ExecutionError(what, f"Look: snakemake-vip status {bench.name}. Then cancel again.")


def launching(bench: SessionBench) -> list[str]:
    """Return who is about to launch more of a session, in words."""
    locks = (bench.folder.lock(f"launch-{run}") for run in bench.runs)
    return [str(work) for path in locks if (work := standing.holder(path))]
