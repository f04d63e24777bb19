"""What is under way: jobs of rules, and the executions that run them."""

from __future__ import annotations

import logging
import queue
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from snakemake_vip.errors import VipError

if TYPE_CHECKING:
    from collections.abc import Callable

    from snakemake_vip.executions.state import Launch
    from snakemake_vip.rules.bench import BatchPlace
    from snakemake_vip.rules.job import RuleJob
    from snakemake_vip.rules.request import Wanted

logger = logging.getLogger(__name__)


@dataclass(eq=False)
class Task:
    """A job that Snakemake waits for.

    Attributes
    ----------
    job
        As the rule has it.
    done
        Called once, from any thread, with the error if there is one.
    wanted
        What it asks of VIP, once that is known.
    was_found
        Whether its execution was found by name: nobody here waited for it when it ended.
    is_old
        Whether its execution was launched another time: Snakemake may have removed its results.
    lines
        Of its log.
    is_over
        Whether it has come to its end.
    """

    job: RuleJob
    done: Callable[[VipError | None], None]
    wanted: Wanted | None = None
    was_found: bool = False
    is_old: bool = False
    lines: list[str] = field(default_factory=list[str])
    is_over: bool = False

    @property
    def request(self) -> Wanted:
        """What it asks of VIP, when that is known."""
        if self.wanted is None:
            msg = f"{self.job.label} was not read"
            raise ValueError(msg)
        return self.wanted

    def tell(self, text: str) -> None:
        """Keep a line for the job's log."""
        self.lines.append(text)

    def end(self, error: VipError | None = None) -> None:
        """Write the job's log, and let Snakemake know; once."""
        if self.is_over:
            return
        self.is_over = True
        if error:
            self.lines.append(str(error))
        self._write_log()
        self.done(error)

    def _write_log(self) -> None:
        if self.job.log:
            try:
                path = Path(self.job.log)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text("\n".join(self.lines) + "\n", encoding="utf-8")
            except OSError as error:
                logger.warning("%s cannot be written: %s", self.job.log, error.strerror)


@dataclass
class Running:
    """An execution on VIP, and the jobs of it that Snakemake waits for.

    Attributes
    ----------
    place, launch
        The execution.
    size
        Jobs that it has.
    tasks
        By their row, from 0.
    killed
        Looks in a row that found it killed.
    untold
        When it was first found over without its results, on the monotonic clock.
    """

    place: BatchPlace
    launch: Launch
    size: int
    tasks: dict[int, Task] = field(default_factory=dict[int, Task])
    killed: int = 0
    untold: float | None = None

    @property
    def identifier(self) -> str:
        """VIP's identifier."""
        return self.launch.execution or ""

    @property
    def title(self) -> str:
        """Its name and identifier, for messages."""
        return f"{self.launch.name} ({self.identifier})"


class Crew:
    """Threads that do one thing after the other. They are daemons: a transfer may take hours.

    Parameters
    ----------
    size
        Threads at most; they begin when they are needed.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._threads = 0
        self._queue: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()

    def give(self, act: Callable[[], None]) -> None:
        """Let a thread do it; it must not raise."""
        self._queue.put(act)
        if self._threads < self._size:
            self._threads += 1
            threading.Thread(target=self._work, name="vip-results", daemon=True).start()

    def _work(self) -> None:
        while True:
            self._queue.get()()


def guarded(tasks: list[Task], act: Callable[[], None]) -> None:
    """Do something for tasks; whatever goes wrong ends them, and nothing else."""
    try:
        act()
    except VipError as error:
        for task in tasks:
            task.end(error)
    except Exception as error:
        logger.exception("VIP: something went wrong that nobody foresaw")
        msg = f"{type(error).__name__}: {error}"
        for task in tasks:
            task.end(VipError(msg, "This is a mistake of snakemake-vip; please report it."))
