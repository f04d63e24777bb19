"""How a study stands at one moment."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snakemake_vip import locks

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from snakemake_vip.errors import VipError
    from snakemake_vip.session.headway import Headway


@dataclass(frozen=True)
class Work:
    """What a process does for a session.

    Attributes
    ----------
    what
        In words: ``the upload of skull-a``.
    process, host
        Who does it.
    since
        Seconds since the epoch.
    """

    what: str
    process: int
    host: str
    since: float

    def __str__(self) -> str:
        """Return it in words."""
        return f"{self.what} (process {self.process} on {self.host})"


@dataclass(frozen=True)
class ExecutionStatus:
    """One execution.

    Attributes
    ----------
    run
        Its run.
    part, parts
        Which execution of how many of the run.
    execution
        VIP's identifier; empty while there is none.
    status
        VIP's last word, or why there is none.
    is_over
        Whether nothing more is to come of it.
    seconds
        Since it was started, while it is not over.
    jobs
        How many jobs have which status, as VIP names them.
    headway
        The same in four kinds; of what VIP does not list too.
    word
        When VIP said so: seconds since the epoch, or none where it said nothing.
    """

    run: int
    part: int
    parts: int
    execution: str
    name: str
    status: str
    is_over: bool
    seconds: float | None
    jobs: Mapping[str, int]
    headway: Headway
    word: float | None


@dataclass(frozen=True)
class SessionStatus:
    """One session.

    Attributes
    ----------
    sends
        Whether it has inputs to send, its own or another session's.
    uploaded
        Whether they are on VIP.
    runs, downloaded
        Runs that are wanted, and whose results are here.
    finished
        Whether nothing of it is left on VIP.
    at_work
        What processes do for it at this moment.
    """

    session: str
    pipeline: str
    sends: bool
    uploaded: bool
    runs: int
    downloaded: int
    finished: bool
    at_work: tuple[Work, ...]
    executions: tuple[ExecutionStatus, ...]

    @property
    def is_moving(self) -> bool:
        """Whether something of it runs, on VIP or here."""
        on_vip = any(one.execution and not one.is_over for one in self.executions)
        return bool(self.at_work) or on_vip

    @property
    def is_done(self) -> bool:
        """Whether all its results are here."""
        return self.finished or self.downloaded == self.runs


@dataclass(frozen=True)
class Standing:
    """A study at one moment.

    Attributes
    ----------
    trouble
        Why VIP did not answer; then all is as the journals have it.
    """

    sessions: tuple[SessionStatus, ...]
    trouble: VipError | None = None

    @property
    def is_moving(self) -> bool:
        """Whether something runs, on VIP or here."""
        return any(session.is_moving for session in self.sessions)

    @property
    def is_done(self) -> bool:
        """Whether all results are here."""
        return all(session.is_done for session in self.sessions)


def holder(path: Path) -> Work | None:
    """Return who holds a lock; what a killed process left behind does not count."""
    note = path.with_name(f"{path.name}.holder")
    try:
        told = json.loads(note.read_text(encoding="utf-8"))
        work = Work(told["for"], told["pid"], told["host"], told["since"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    with locks.free(path) as is_free:
        return None if is_free else work
