"""One look at VIP for all who watch: who looks leaves the answer to the other processes.

Each ``monitor`` of a study is a process of its own, and VIP's list tells of all executions at once.
So the list is kept in ``<output_dir>/.vip/look.json``, and asked for by one process at a time, only
when the last answer is too old for it. The others read it. Who dies while it asks frees the lock.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from snakemake_vip import durable, locks
from snakemake_vip.errors import OutageError
from snakemake_vip.rest import watch
from snakemake_vip.rest.models import Execution, Status

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from snakemake_vip.session.workbench import Workbench

_FIRST_TURN, _LONGEST_TURN = 0.02, 0.5
_HELD_UP = 120
"""Seconds after which one who asks is taken for stopped; it is longer than a request may take."""


@dataclass(frozen=True)
class Answer:
    """What VIP answered to whoever asked for its list. Times in seconds since the epoch.

    Attributes
    ----------
    url
        The platform.
    asked, answered
        When the request went out, and when it was over.
    executions
        By identifier, without inputs, outputs and jobs; none where VIP refused to list them.
    outage
        What went wrong where there was no answer, and what can be done about it.
    """

    url: str
    asked: float
    answered: float
    executions: Mapping[str, Execution] | None = None
    outage: tuple[str, str] | None = None


@dataclass(frozen=True)
class Wish:
    """What an answer must be like to serve the one who looks. Times in seconds since the epoch.

    Attributes
    ----------
    url
        The platform.
    executions
        Identifiers that it should tell of.
    since
        From when on these are on VIP: an answer of later that lacks one tells that VIP does not
        list it.
    oldest
        Answers to questions of then, or earlier, are too old.
    """

    url: str
    executions: Collection[str]
    since: float
    oldest: float

    def is_met(self, answer: Answer | None, began: float, now: float) -> bool:
        """Whether an answer serves.

        Parameters
        ----------
        answer
            The last one that somebody left.
        began
            When this look began: an outage that others met after that is this look's as well.
        now
            The present time; an answer from the future came from another clock.
        """
        if answer is None or answer.url != self.url or not self.oldest < answer.asked <= now:
            return False
        if answer.outage:
            return answer.answered >= began
        if answer.executions is None or answer.asked >= self.since:
            return True
        return all(one in answer.executions for one in self.executions)


@dataclass(frozen=True)
class Look:
    """What a look found.

    Attributes
    ----------
    asked
        When VIP was asked, in seconds since the epoch.
    seen
        Identifier to the execution, without inputs, outputs and jobs; none for a deleted one.
    """

    asked: float
    seen: Mapping[str, Execution | None]


class Looks:
    """The looks of one process at the executions of a study.

    Parameters
    ----------
    bench
        The study.
    """

    def __init__(self, bench: Workbench) -> None:
        self._bench = bench
        self._path = bench.inside / "look.json"
        self._lock = bench.lock("look")
        self._read: tuple[tuple[int, int] | None, Answer | None] = (None, None)

    def look(self, executions: Collection[str], since: float, oldest: float) -> Look:
        """Return what VIP says of some executions, and said after `oldest`.

        Parameters
        ----------
        executions
            VIP's identifiers.
        since, oldest
            As in :class:`Wish`.

        Raises
        ------
        PlatformError
            If VIP has no such execution for this key.
        OutageError
            If VIP does not tell within its patience.
        """
        wish = Wish(self._bench.client.url, executions, since, oldest)
        return self._bench.client.patiently("looking at the executions")(self._once, wish)

    def wait(self, after: Look, seconds: float) -> None:
        """Wait until somebody has looked again after a look, or for so long."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            time.sleep(min(left, _LONGEST_TURN))
            answer = self._last()
            if answer and answer.asked > after.asked and not answer.outage:
                return

    def _once(self, wish: Wish) -> Look:
        answer = self._answer(wish)
        if answer.outage:
            raise OutageError(*answer.outage)
        wanted = sorted(wish.executions)
        return Look(answer.asked, watch.completed(self._bench.client, answer.executions, wanted))

    def _answer(self, wish: Wish) -> Answer:
        """Return the answer that somebody left, or ask; whoever asks, the others wait for."""
        began, turn = time.time(), _FIRST_TURN
        held_up = time.monotonic() + _HELD_UP
        while True:
            left = self._last()
            if left and wish.is_met(left, began, time.time()):
                return left
            with locks.free(self._lock) as is_ours:
                if is_ours or time.monotonic() > held_up:
                    left = self._last()
                    met = wish.is_met(left, began, time.time())
                    return left if left and met else self._ask()
            time.sleep(turn)
            turn = min(2 * turn, _LONGEST_TURN)

    def _ask(self) -> Answer:
        client = self._bench.client
        asked, outage, executions = time.time(), None, None
        try:
            executions = watch.listed(client)
        except OutageError as error:
            outage = (error.what, error.remedy)
        answer = Answer(client.url, asked, time.time(), executions, outage)
        durable.write(self._path, json.dumps(_as_json(answer)))
        return answer

    def _last(self) -> Answer | None:
        """Return the answer that was left last; the file is read when it is another one."""
        try:
            status = self._path.stat()
            stamp = (status.st_ino, status.st_mtime_ns)
            if stamp != self._read[0]:
                self._read = (stamp, _as_answer(json.loads(self._path.read_text("utf-8"))))
        except (OSError, ValueError, KeyError, TypeError):
            return None  # nobody has looked, or an older version of this package
        return self._read[1]


def _as_json(answer: Answer) -> dict[str, Any]:
    known = answer.executions
    return {
        "url": answer.url,
        "asked": answer.asked,
        "answered": answer.answered,
        "executions": None
        if known is None
        else [[e.identifier, e.name, e.pipeline, e.status, e.start] for e in known.values()],
        "outage": answer.outage,
    }


def _as_answer(data: Mapping[str, Any]) -> Answer:
    rows: list[list[Any]] | None = data["executions"]
    known = None
    if rows is not None:
        known = {
            identifier: Execution(identifier, name, pipeline, Status.read(status), start)
            for identifier, name, pipeline, status, start in rows
        }
    outage: list[str] | None = data["outage"]
    return Answer(
        data["url"],
        data["asked"],
        data["answered"],
        known,
        (outage[0], outage[1]) if outage else None,
    )
