"""How long an outage is waited out, and in which steps."""

from __future__ import annotations

import logging
import random
from typing import TYPE_CHECKING

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_delay,
)

from snakemake_vip.errors import OutageError, VipError

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

_SPREAD = 1.5
_DOUBLINGS = 40


def retrying(what: str, *, patience: float, first_pause: float, longest_pause: float) -> Retrying:
    """Return what repeats a call as long as it ends in an `OutageError`.

    Parameters
    ----------
    what
        The call in words, for messages.
    patience
        Seconds after which no try begins any more.
    first_pause, longest_pause
        Seconds between two tries; they double from the first to the longest.
    """

    def wait(state: RetryCallState) -> float:
        doubled = first_pause * 2.0 ** min(state.attempt_number - 1, _DOUBLINGS)
        # Clients that one outage struck at one time do not come back all at one time.
        pause = min(longest_pause, doubled * random.uniform(1, _SPREAD))  # noqa: S311
        # The last try comes when patience ends, not a pause before or after that.
        return min(pause, max(0.0, patience - (state.seconds_since_start or 0)))

    return Retrying(
        retry=retry_if_exception_type(OutageError),
        stop=stop_after_delay(patience),
        wait=wait,
        before_sleep=_teller(what),
        reraise=True,
    )


def _teller(what: str) -> Callable[[RetryCallState], None]:
    def tell(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        pause = state.next_action.sleep if state.next_action else 0
        text = error.what if isinstance(error, VipError) else what
        logger.warning("%s Next try in %.0f s.", text, pause)

    return tell
