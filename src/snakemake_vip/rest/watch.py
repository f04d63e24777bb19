"""Many executions in one request.

VIP's list tells the status of the newest 500 executions at once; what is older, or a refused list,
is asked one by one.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from snakemake_vip.errors import AuthenticationError, OutageError, PlatformError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from snakemake_vip.rest.client import Client
    from snakemake_vip.rest.models import Execution

logger = logging.getLogger(__name__)

DELETED = 8015
"""VIP's code for an execution that was deleted."""

UNEXPLAINED = 8000
"""VIP's code for all that it does not explain: an engine that is down, or no such execution."""

_SHARE = 0.2


def look(client: Client, identifiers: Iterable[str]) -> dict[str, Execution | None]:
    """Return what VIP says of each execution; none for one that was deleted there.

    Parameters
    ----------
    client
        The platform.
    identifiers
        VIP's identifiers.

    Raises
    ------
    PlatformError
        If VIP has no such execution for this key.
    OutageError
        If VIP does not tell within its patience.
    """
    wanted = sorted(set(identifiers))
    if not wanted:
        return {}
    return client.patiently("looking at the executions")(_look, client, wanted)


def _look(client: Client, wanted: list[str]) -> dict[str, Execution | None]:
    return completed(client, listed(client), wanted)


def listed(client: Client) -> dict[str, Execution] | None:
    """Return the newest executions by identifier, in one request that is not repeated.

    Returns
    -------
    dict
        Or none where VIP refuses the list: one unreachable engine spoils the whole of it.
    """
    try:
        return {item.identifier: item for item in client.executions()}
    except AuthenticationError:
        raise
    except PlatformError as error:
        logger.warning("%s Asking for each execution instead.", error.what)
        return None


def completed(
    client: Client, known: Mapping[str, Execution] | None, wanted: Iterable[str]
) -> dict[str, Execution | None]:
    """Return what VIP says of each execution that is wanted; those not listed are asked for.

    Parameters
    ----------
    client
        The platform.
    known
        What :func:`listed` returned.
    wanted
        VIP's identifiers.

    Raises
    ------
    PlatformError
        If VIP has no such execution for this key.
    OutageError
        If VIP refused the list, and does not tell of an execution either.
    """
    return {
        identifier: known[identifier]
        if known and identifier in known
        else _single(client, identifier, list_refused=known is None)
        for identifier in wanted
    }


def _single(client: Client, identifier: str, *, list_refused: bool) -> Execution | None:
    try:
        return execution(client, identifier)
    except PlatformError as error:
        if not (list_refused and error.code == UNEXPLAINED):
            raise
        # No such execution would not spoil the list: VIP cannot reach the engine that runs it.
        outage = OutageError(error.what, error.remedy)
    raise outage


def execution(client: Client, identifier: str) -> Execution | None:
    """Return an execution in full, or none where it was deleted."""
    try:
        return client.execution(identifier)
    except PlatformError as error:
        if error.code == DELETED:
            return None
        raise


def pauses(longest: float, first: float = 0.5) -> Iterable[float]:
    """Yield the seconds between looks: short at first, for short pipelines, `longest` at most."""
    pause = min(first, longest)
    while True:
        yield pause
        pause = min(pause * 1.5, longest)


def pause(age: float, longest: float, first: float = 0.5) -> float:
    """Return the seconds until the next look at something that goes on.

    A share of the time that it has taken so far: what it waits for an end to be seen is then small
    beside the run itself, however short, and a look at what runs for hours is not repeated at once
    by a process that takes up the watch.

    Parameters
    ----------
    age
        Seconds since it began.
    longest, first
        Bounds, in seconds; `longest` counts for more.
    """
    return min(longest, max(first, age * _SHARE))
