"""Sees to it that one execution is on VIP, once."""

from __future__ import annotations

import logging
import time
from enum import Enum, auto
from typing import TYPE_CHECKING

from snakemake_vip.errors import (
    AuthenticationError,
    CapacityError,
    OutageError,
    PlatformError,
    VipError,
)
from snakemake_vip.executions import lookup
from snakemake_vip.executions import request as requests
from snakemake_vip.executions.claim import Claim
from snakemake_vip.pipelines import plan
from snakemake_vip.rest.models import Status
from snakemake_vip.rest.watch import UNEXPLAINED, pauses

if TYPE_CHECKING:
    from collections.abc import Mapping

    from snakemake_vip.executions.place import Place
    from snakemake_vip.executions.state import Launch
    from snakemake_vip.rest.models import Execution

logger = logging.getLogger(__name__)

_LAUNCH_ERROR = 2004
_UNCLEAR = frozenset({None, UNEXPLAINED, _LAUNCH_ERROR})
"""Codes that a launch may end in although it had its effect."""


class Outcome(Enum):
    """What came of one try: it is on VIP, or why it is not yet."""

    DONE = auto()
    NO_ROOM = auto()
    NO_INPUTS = auto()
    CLAIMED = auto()
    DOUBT = auto()


WAITING = {
    Outcome.NO_ROOM: "waits for room on VIP",
    Outcome.CLAIMED: "is being launched elsewhere; waiting for it to show",
}
"""What is waited for, in words."""


class Launcher:
    """Sees to it that one execution is on VIP.

    Parameters
    ----------
    place
        Where it is launched from.
    launch
        What is to be there.
    contents
        SHA-256 of the local inputs that it needs, by their path on VIP.
    """

    def __init__(self, place: Place, launch: Launch, contents: Mapping[str, str]) -> None:
        self._place = place
        self._launch = launch
        self._contents = contents
        self._claim = Claim(place, launch)
        self.error: VipError | None = None
        """What VIP said to the last launch that is in doubt."""

    def ensure(self) -> None:
        """Find the execution on VIP, or launch it as soon as there is room.

        Raises
        ------
        PlatformError
            If VIP refuses it.
        OutageError
            If VIP does not say whether it took it, again and again, for as long as patience lasts.
        """
        if self.settle():
            return
        told = False
        until: float | None = None
        platform = self._place.platform
        for pause in pauses(platform.refresh_time, self._place.times.first_look):
            outcome = self.attempt()
            if outcome is Outcome.DONE:
                return
            if outcome is Outcome.NO_INPUTS:
                self._place.bring_inputs(self._contents)
                continue
            if outcome in WAITING and not told:
                logger.info("%s %s", self._launch.name, WAITING[outcome])
                told = True
            if outcome is Outcome.DOUBT and self.error:
                until = until or time.monotonic() + platform.patience
                if time.monotonic() >= until:
                    raise self.error
            time.sleep(pause)

    def settle(self) -> bool:
        """Find out about a launch that an earlier process asked for; whether VIP has it."""
        known = self._place.journal.read().launches.get(self._launch.name)
        return bool(known and not known.execution and lookup.settle(self._place, known))

    def attempt(self) -> Outcome:
        """Find the execution on VIP, or launch it if there is room; does not wait.

        Raises
        ------
        PlatformError
            If VIP refuses it.
        """
        place = self._place
        with place.undisturbed():
            if not place.use_inputs(self._contents):
                return Outcome.NO_INPUTS
            listed = lookup.executions(place)
            if lookup.adopt(place, self._launch, listed):
                return Outcome.DONE
            self._warn_if_cut_short(listed)
            if not self._has_room(listed):
                return Outcome.NO_ROOM
            if not self._claim.take():
                return Outcome.CLAIMED
            # Another machine may have launched it after the list, and before the claim.
            return Outcome.DONE if self._is_listed() else self._post()

    def _is_listed(self) -> bool:
        return lookup.adopt(self._place, self._launch, lookup.executions(self._place))

    def _warn_if_cut_short(self, listed: list[Execution]) -> None:
        limit = self._place.execution_list_limit
        if len(listed) >= limit:
            logger.warning(
                "VIP lists only your newest %d executions. If %s was launched before all of them, "
                "from another folder or machine, it is launched again.",
                limit,
                self._launch.name,
            )

    def _has_room(self, listed: list[Execution]) -> bool:
        running = [e for e in listed if not e.status.is_over and e.status is not Status.UNKNOWN]
        return len(running) < self._place.platform.max_executions

    def _post(self) -> Outcome:
        """Ask VIP for the execution."""
        journal, one = self._place.journal, self._launch
        journal.launching(one)
        try:
            execution = self._place.client.launch(
                one.name, one.pipeline, one.values, self._results()
            )
        except CapacityError as error:
            journal.refused(one.name, error.what)
            logger.info("%s", error.what)
            return Outcome.NO_ROOM
        except OutageError as error:
            return self._doubt(error)
        except PlatformError as error:
            if self._was_started_all_the_same(error):
                return Outcome.DONE
            journal.refused(one.name, error.what)
            raise
        journal.launched(one.name, execution.identifier)
        logger.info("%s is %s on VIP", one.name, execution.identifier)
        self._yield(execution)
        return Outcome.DONE

    def _doubt(self, error: OutageError) -> Outcome:
        """Find out whether VIP started what it did not answer to."""
        logger.warning("%s It may have started; looking for it.", error.what)
        if lookup.search(self._place, self._launch, self._place.times.settling):
            return Outcome.DONE
        self._place.journal.refused(self._launch.name, error.what)
        self.error = error
        return Outcome.DOUBT

    def _was_started_all_the_same(self, error: PlatformError) -> bool:
        if isinstance(error, AuthenticationError) or error.code not in _UNCLEAR:
            return False
        return lookup.search(self._place, self._launch, self._place.times.refusal)

    def _yield(self, own: Execution) -> None:
        """Give way to the same execution of another machine, which asked at the same moment."""
        mine = lookup.same_name(self._launch.name, lookup.executions(self._place))
        if not mine or mine[0].identifier == own.identifier:
            return
        logger.warning(
            "%s was launched elsewhere at the same time: %s goes on, %s is stopped",
            self._launch.name,
            mine[0].identifier,
            own.identifier,
        )
        self._place.journal.launched(self._launch.name, mine[0].identifier)
        self._place.client.kill(own.identifier)

    def _results(self) -> str | tuple[str, ...]:
        descriptor = self._place.descriptor()
        part = requests.launched(self._launch, descriptor)
        return plan.results_value(part, descriptor, self._launch.results)
