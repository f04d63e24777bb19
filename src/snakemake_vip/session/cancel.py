"""Stops what runs of a session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from snakemake_vip.errors import AuthenticationError, PlatformError
from snakemake_vip.rest import watch
from snakemake_vip.session import lookup, standing

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
    PlatformError
        If VIP refused to kill some of them, after the others.
    """
    refused: list[PlatformError] = []
    for identifier in running(bench):
        try:
            bench.client.kill(identifier)
        except AuthenticationError:
            raise
        except PlatformError as error:
            refused.append(error)
        else:
            yield identifier
    for error in refused[:1]:
        what = "\n".join(one.what for one in refused)
        raise PlatformError(what, code=error.code, status=error.status, remedy=error.remedy)


def launching(bench: SessionBench) -> list[str]:
    """Return who is about to launch more of a session, in words."""
    locks = (bench.folder.lock(f"launch-{run}") for run in bench.runs)
    return [str(work) for path in locks if (work := standing.holder(path))]
