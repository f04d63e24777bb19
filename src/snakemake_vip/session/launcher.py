"""Sees to it that one execution is on VIP, once."""

from __future__ import annotations

import logging
import time
from contextlib import ExitStack
from enum import Enum, auto
from typing import TYPE_CHECKING

from snakemake_vip import locks
from snakemake_vip.errors import (
    AuthenticationError,
    CapacityError,
    OutageError,
    PlatformError,
    VipError,
)
from snakemake_vip.pipelines import plan
from snakemake_vip.rest.models import Status
from snakemake_vip.rest.watch import UNEXPLAINED, pauses
from snakemake_vip.session import lookup, upload
from snakemake_vip.session import request as requests
from snakemake_vip.session.claim import Claim

if TYPE_CHECKING:
    from collections.abc import Mapping

    from snakemake_vip.rest.models import Execution
    from snakemake_vip.session.state import Launch
    from snakemake_vip.session.workbench import SessionBench

logger = logging.getLogger(__name__)

_LAUNCH_ERROR = 2004
_UNCLEAR = frozenset({None, UNEXPLAINED, _LAUNCH_ERROR})
"""Codes that a launch may end in although it had its effect."""


class _Outcome(Enum):
    """What came of one try."""

    DONE = auto()
    NO_ROOM = auto()
    NO_INPUTS = auto()
    CLAIMED = auto()
    DOUBT = auto()


_WAITING = {
    _Outcome.NO_ROOM: "waits for room on VIP",
    _Outcome.CLAIMED: "is being launched elsewhere; waiting for it to show",
}


class Launcher:
    """Sees to it that one execution is on VIP.

    Parameters
    ----------
    bench
        The session.
    launch
        What is to be there.
    contents
        SHA-256 of the local inputs that it needs, by their path on VIP.
    """

    def __init__(self, bench: SessionBench, launch: Launch, contents: Mapping[str, str]) -> None:
        self._bench = bench
        self._launch = launch
        self._contents = contents
        self._platform = bench.bench.study.platform
        self._claim = Claim(bench, launch)
        self._error: VipError | None = None

    def ensure(self) -> None:
        """Find the execution on VIP, or launch it as soon as there is room.

        Raises
        ------
        PlatformError
            If VIP refuses it.
        OutageError
            If VIP does not say whether it took it, again and again, for as long as patience lasts.
        """
        known = self._bench.journal.read().launches.get(self._launch.name)
        if known and not known.execution and lookup.settle(self._bench, known):
            return
        told = False
        until: float | None = None
        for pause in pauses(self._platform.refresh_time, self._bench.times.first_look):
            outcome = self._try()
            if outcome is _Outcome.DONE:
                return
            if outcome is _Outcome.NO_INPUTS:
                upload.ensure(self._bench.owner, self._contents)
                continue
            if outcome in _WAITING and not told:
                logger.info("%s %s", self._launch.name, _WAITING[outcome])
                told = True
            if outcome is _Outcome.DOUBT and self._error:
                until = until or time.monotonic() + self._platform.patience
                if time.monotonic() >= until:
                    raise self._error
            time.sleep(pause)

    def _try(self) -> _Outcome:
        bench, owner = self._bench, self._bench.owner
        with ExitStack() as held:
            # The clean-up of the inputs, and of the outputs, must not come in between.
            for one in {owner.name: owner, bench.name: bench}.values():
                held.enter_context(locks.held(one.folder.lock("data"), f"the data of {one.name}"))
            held.enter_context(
                locks.held(bench.bench.lock("launches"), "the launches of this study")
            )
            if not upload.is_recorded(owner, self._contents):
                return _Outcome.NO_INPUTS
            self._note_use(owner)
            listed = lookup.executions(bench)
            if lookup.adopt(bench, self._launch, listed):
                return _Outcome.DONE
            self._warn_if_cut_short(listed)
            if not self._has_room(listed):
                return _Outcome.NO_ROOM
            if not self._claim.take():
                return _Outcome.CLAIMED
            # Another machine may have launched it after the list, and before the claim.
            return _Outcome.DONE if self._is_listed() else self._post()

    def _is_listed(self) -> bool:
        return lookup.adopt(self._bench, self._launch, lookup.executions(self._bench))

    def _note_use(self, owner: SessionBench) -> None:
        if owner.name != self._bench.name and self._bench.name not in owner.journal.read().users:
            owner.journal.used(self._bench.name)

    def _warn_if_cut_short(self, listed: list[Execution]) -> None:
        limit = self._bench.bench.execution_list_limit
        if len(listed) >= limit:
            logger.warning(
                "VIP lists only your newest %d executions. If %s was launched before all of them, "
                "from another folder or machine, it is launched again.",
                limit,
                self._launch.name,
            )

    def _has_room(self, listed: list[Execution]) -> bool:
        running = [e for e in listed if not e.status.is_over and e.status is not Status.UNKNOWN]
        return len(running) < self._platform.max_executions

    def _post(self) -> _Outcome:
        """Ask VIP for the execution."""
        journal, one = self._bench.journal, self._launch
        journal.launching(one)
        try:
            execution = self._bench.client.launch(
                one.name, one.pipeline, one.values, self._results()
            )
        except CapacityError as error:
            journal.refused(one.name, error.what)
            logger.info("%s", error.what)
            return _Outcome.NO_ROOM
        except OutageError as error:
            return self._doubt(error)
        except PlatformError as error:
            if self._was_started_all_the_same(error):
                return _Outcome.DONE
            journal.refused(one.name, error.what)
            raise
        journal.launched(one.name, execution.identifier)
        logger.info("%s is %s on VIP", one.name, execution.identifier)
        self._yield(execution)
        return _Outcome.DONE

    def _doubt(self, error: OutageError) -> _Outcome:
        """Find out whether VIP started what it did not answer to."""
        logger.warning("%s It may have started; looking for it.", error.what)
        if lookup.search(self._bench, self._launch, self._bench.times.settling):
            return _Outcome.DONE
        self._bench.journal.refused(self._launch.name, error.what)
        self._error = error
        return _Outcome.DOUBT

    def _was_started_all_the_same(self, error: PlatformError) -> bool:
        if isinstance(error, AuthenticationError) or error.code not in _UNCLEAR:
            return False
        return lookup.search(self._bench, self._launch, self._bench.times.refusal)

    def _yield(self, own: Execution) -> None:
        """Give way to the same execution of another machine, which asked at the same moment."""
        mine = lookup.same_name(self._launch.name, lookup.executions(self._bench))
        if not mine or mine[0].identifier == own.identifier:
            return
        logger.warning(
            "%s was launched elsewhere at the same time: %s goes on, %s is stopped",
            self._launch.name,
            mine[0].identifier,
            own.identifier,
        )
        self._bench.journal.launched(self._launch.name, mine[0].identifier)
        self._bench.client.kill(own.identifier)

    def _results(self) -> str | tuple[str, ...]:
        descriptor = self._bench.descriptor()
        part = requests.launched(self._launch, descriptor)
        return plan.results_value(part, descriptor, self._launch.results)
