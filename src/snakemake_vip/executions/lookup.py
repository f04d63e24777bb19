"""Executions found on VIP by their names.

VIP gives a launch no number that could be asked for again, so the name is what says whether it has
an execution.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from snakemake_vip.errors import AuthenticationError, OutageError, PlatformError
from snakemake_vip.rest import watch

if TYPE_CHECKING:
    from snakemake_vip.executions.place import Place
    from snakemake_vip.executions.state import Launch
    from snakemake_vip.rest.models import Execution

logger = logging.getLogger(__name__)

_REFUSED = (
    "While VIP refuses its list nothing is launched, since it may run already. An engine of VIP's "
    "may be down; the same command goes on from here."
)


def executions(place: Place) -> list[Execution]:
    """Return VIP's list of executions; waited for as long as patience lasts.

    Raises
    ------
    OutageError
        If VIP does not tell: nothing can be launched blindly.
    """

    def once() -> list[Execution]:
        try:
            return place.client.executions()
        except AuthenticationError:
            raise
        except PlatformError as error:
            if error.code != watch.UNEXPLAINED:
                raise
            # One unreachable engine spoils the list for everybody.
            outage = OutageError(error.what, _REFUSED)
        raise outage

    return place.client.patiently("listing the executions")(once)


def same_name(name: str, listed: list[Execution]) -> list[Execution]:
    """Return the executions of a name, the one that everybody settles on first: the oldest."""
    mine = [execution for execution in listed if execution.name == name]
    return sorted(mine, key=lambda execution: (execution.start or 0, execution.identifier))


def adopt(place: Place, launch: Launch, listed: list[Execution]) -> bool:
    """Note the execution of a launch if VIP lists one."""
    mine = same_name(launch.name, listed)
    if not mine:
        return False
    if launch.name not in place.journal.read().launches:
        place.journal.launching(launch)
    place.journal.launched(launch.name, mine[0].identifier)
    logger.info("%s is %s on VIP", launch.name, mine[0].identifier)
    return True


def search(place: Place, launch: Launch, seconds: float) -> bool:
    """Look for the execution of a launch, once at least, and again and again for so long."""
    until = time.monotonic() + seconds
    for pause in watch.pauses(place.times.longest_look, place.times.first_look):
        if adopt(place, launch, executions(place)):
            return True
        left = until - time.monotonic()
        if left <= 0:
            return False
        time.sleep(min(pause, left))
    return False


def settle(place: Place, launch: Launch) -> bool:
    """Find out about a launch that an earlier process asked for, and did not see the end of.

    Returns
    -------
    bool
        Whether VIP has it. If not, the journal knows that VIP did not start it.
    """
    logger.info("%s may have been launched before; looking for it", launch.name)
    settling = place.times.settling
    # A clock that was set back must not make it wait for longer.
    left = min(settling, launch.intended + settling - time.time())
    if search(place, launch, left):
        return True
    place.journal.refused(launch.name, "VIP does not show it")
    return False
