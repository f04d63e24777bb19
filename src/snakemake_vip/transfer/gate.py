"""What every transfer passes: no more at once than VIP takes well, and than the study may have."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from snakemake_vip.errors import AuthenticationError, OutageError, PlatformError
from snakemake_vip.transfer.pace import Pace, Ticket

if TYPE_CHECKING:
    from collections.abc import Generator

    from snakemake_vip.transfer.slots import Slots

_GENERIC = frozenset({1000, 8000})
_LOOK_EVERY = 0.25
_SPARE = 4


class Passage:
    """One transfer on its way; it tells which part of its time VIP let it wait."""

    def __init__(self, ticket: Ticket) -> None:
        self.ticket = ticket
        self._from = time.monotonic()
        self._until: float | None = None

    def asked(self) -> None:
        """Note that all is sent: from here on it waits."""
        self._from = time.monotonic()

    def answered(self) -> None:
        """Note that the answer begins: it waits no longer."""
        self._until = time.monotonic()

    def over(self) -> None:
        """Note that all of it is over."""
        if self._until is None:
            self.answered()

    @property
    def waited(self) -> float:
        """Seconds that VIP let it wait."""
        return max(0.0, (self._until or self._from) - self._from)


class Gate:
    """Lets transfers through. Safe to share between threads.

    Parameters
    ----------
    most
        Transfers at once.
    slots
        What the process shares with others; none where it is alone.
    """

    def __init__(self, most: int, slots: Slots | None = None) -> None:
        self.most = max(1, most)
        self._pace = Pace(self.most)
        self._slots = slots
        self._turn = threading.Condition()
        self._inside = 0
        self._closed: AuthenticationError | None = None

    @property
    def threads(self) -> int:
        """Threads that keep it busy: what some do before and after a transfer, others transfer.

        Where one goes at a time, it is one thread, so that all is done in one order.
        """
        return 1 if self.most == 1 else self.most + _SPARE

    @property
    def limit(self) -> int:
        """Transfers that go at once now."""
        limit = self._pace.limit
        return min(limit, self._slots.share()) if self._slots else limit

    @contextmanager
    def one(self) -> Generator[Passage, None, None]:
        """Wait for one's turn, and hold it for the length of one exchange.

        Raises
        ------
        AuthenticationError
            If VIP has refused the key to another one.
        """
        ticket = self._enter()
        passage = Passage(ticket)
        try:
            with self._slot():
                passage.asked()
                yield passage
                passage.over()
        except BaseException as error:
            self._leave(ticket, error)
            raise
        else:
            self._leave(ticket, passage.waited)

    @contextmanager
    def _slot(self) -> Generator[None, None, None]:
        if self._slots is None:
            yield
            return
        number = self._slots.take()
        try:
            yield
        finally:
            self._slots.give(number)

    def _enter(self) -> Ticket:
        with self._turn:
            while not self._closed and self._inside >= self.limit:
                self._turn.wait(_LOOK_EVERY if self._slots else None)
            if self._closed:
                raise _again(self._closed)
            self._inside += 1
            return self._pace.begin()

    def _leave(self, ticket: Ticket, end: BaseException | float) -> None:
        with self._turn:
            self._inside -= 1
            if not isinstance(end, BaseException):
                self._pace.done(ticket, end)
            elif isinstance(end, AuthenticationError):
                self._closed = end
            elif _tells_of_load(end):
                self._pace.refused(ticket)
            self._turn.notify_all()


def _again(error: AuthenticationError) -> AuthenticationError:
    return AuthenticationError(
        error.what, code=error.code, status=error.status, remedy=error.remedy
    )


def _tells_of_load(error: BaseException) -> bool:
    """Whether it may be a time-out: VIP's code for that is the one for everything."""
    is_refusal = isinstance(error, PlatformError) and error.code in _GENERIC
    return is_refusal or isinstance(error, OutageError)
