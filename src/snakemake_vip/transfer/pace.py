"""How many transfers go at once: more while VIP takes them as quickly as before, then fewer.

VIP parks a thread for each transfer and lets it wait for a storage daemon with few slots. Too many
starve each other until all of them time out, and other users share the same slots.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass

FIRST = 4
"""Transfers at once in the beginning."""

_FLAT = 2.0
"""Waits of up to so many times the shortest are as quick as before: VIP looks only every 2 s
whether a transfer is over."""

_NOISE = 0.25
"""Seconds by which waits differ for any reason."""

_FORGETTING = 1.1
"""By so much the shortest wait grows a round: a platform that has become slower is not full."""


@dataclass(frozen=True)
class Ticket:
    """When a transfer began: under which limit, and after how many refusals."""

    round: int
    halvings: int


class Pace:
    """Decides on a limit from what became of transfers. Not safe to share between threads.

    Parameters
    ----------
    most
        The limit never exceeds this.
    first
        The limit in the beginning.
    """

    def __init__(self, most: int, first: int = FIRST) -> None:
        self._most = max(1, most)
        self.limit = min(max(1, first), self._most)
        self._round = self._halvings = 0
        self._was_refused = False
        self._shortest = float("inf")
        self._waits: list[float] = []

    def begin(self) -> Ticket:
        """Note that a transfer begins."""
        return Ticket(self._round, self._halvings)

    def done(self, ticket: Ticket, waited: float) -> None:
        """Note that a transfer ended well.

        Parameters
        ----------
        ticket
            From its beginning.
        waited
            Seconds that VIP let it wait, apart from those for its bytes.
        """
        if ticket.round != self._round:
            return  # it went on under another limit
        self._waits.append(waited)
        if len(self._waits) < self.limit:
            return
        middle = statistics.median(self._waits)
        is_flat = middle <= _FLAT * self._shortest + _NOISE
        # Never nothing at all: it could not grow.
        self._shortest = max(_NOISE, min(middle, self._shortest * _FORGETTING))
        step = 1 if self._was_refused else self.limit
        self._begin_round(self.limit + step if is_flat else self.limit)

    def refused(self, ticket: Ticket) -> None:
        """Note that VIP refused a transfer or timed out: half as many, once for all it met."""
        if ticket.halvings != self._halvings:
            return
        self._was_refused = True
        self._halvings += 1
        self._begin_round(self.limit // 2)

    def _begin_round(self, limit: int) -> None:
        self.limit = min(max(1, limit), self._most)
        self._round += 1
        self._waits = []
