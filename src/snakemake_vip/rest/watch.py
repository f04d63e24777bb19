"""Many executions in one request.

VIP's list tells the status of the newest 500 executions at once; what is older, or a refused list,
is asked one by one.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from snakemake_vip.errors import PlatformError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from snakemake_vip.rest.client import Client
    from snakemake_vip.rest.models import Execution

logger = logging.getLogger(__name__)

DELETED = 8015
"""VIP's code for an execution that was deleted."""


def look(client: Client, identifiers: Iterable[str]) -> dict[str, Execution | None]:
    """Return what VIP says of each execution; none for one that was deleted there.

    Parameters
    ----------
    client
        The platform.
    identifiers
        VIP's identifiers.
    """
    wanted = set(identifiers)
    try:
        listed = {item.identifier: item for item in client.executions()}
    except PlatformError as error:
        # One unreachable engine spoils the list of all executions.
        logger.warning("%s Asking for each execution instead.", error.what)
        listed = {}
    found: dict[str, Execution | None] = {key: listed[key] for key in wanted & listed.keys()}
    for identifier in sorted(wanted - listed.keys()):
        found[identifier] = execution(client, identifier)
    return found


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
