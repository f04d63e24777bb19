"""How long an outage is waited out, and in which steps."""

from __future__ import annotations

import logging
import random
from typing import TYPE_CHECKING

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
)

from snakemake_vip.errors import OutageError, UnknownHostError, VipError

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

_SPREAD = 1.5
_DOUBLINGS = 40
_UNKNOWN = 60
"""Seconds for a name that no host has: it may be that the network just comes up, but most often it
is misspelled."""


def retrying(what: str, *, patience: float, first_pause: float, longest_pause: float) -> Retrying:
    """Return what repeats a call as long as it ends in an `OutageError`.

    Parameters
    ----------
    what
        The call in words, for messages.
    patience
        Seconds after which no try begins any more; at most a minute while no host has the name.
    first_pause, longest_pause
        Seconds between two tries; they double from the first to the longest.
    """

    def wait(state: RetryCallState) -> float:
        doubled = first_pause * 2.0 ** min(state.attempt_number - 1, _DOUBLINGS)
        # Clients that one outage struck at one time do not come back all at one time.
        pause = min(longest_pause, doubled * random.uniform(1, _SPREAD))  # noqa: S311
        # The last try comes when patience ends, not a pause before or after that.
        return min(pause, max(0.0, _lasting(state, patience) - (state.seconds_since_start or 0)))

    return Retrying(
        retry=retry_if_exception_type(OutageError),
        stop=lambda state: (state.seconds_since_start or 0) >= _lasting(state, patience),
        wait=wait,
        before_sleep=_teller(what, patience),
        reraise=True,
    )


def _lasting(state: RetryCallState, patience: float) -> float:
    """Return how long, in seconds, what just failed is tried again."""
    return min(patience, _UNKNOWN) if isinstance(_error(state), UnknownHostError) else patience


def _error(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None


def _teller(what: str, patience: float) -> Callable[[RetryCallState], None]:
    def tell(state: RetryCallState) -> None:
        error = _error(state)
        pause = state.next_action.sleep if state.next_action else 0
        text, remedy = (error.what, error.remedy) if isinstance(error, VipError) else (what, "")
        until = "."
        if state.attempt_number == 1:
            # Who waits wants to know what for, how long, and what he can do meanwhile.
            until = f", and so on for {_lasting(state, patience):.0f} s at most. {remedy}".rstrip()
        logger.warning("%s Next try in %.0f s%s", text, pause, until)

    return tell
