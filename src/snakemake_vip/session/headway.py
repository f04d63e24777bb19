"""How far the jobs of a run are, in one line that changes only when something happened."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snakemake_vip import words
from snakemake_vip.executions import request as requests
from snakemake_vip.pipelines import jobs as iteration

if TYPE_CHECKING:
    from collections.abc import Iterable

    from snakemake_vip.executions.state import Launch
    from snakemake_vip.pipelines.descriptor import Descriptor
    from snakemake_vip.rest.models import Job, Status

_RUNNING = frozenset({"RUNNING", "KILL", "REPLICATE", "REPLICATING", "RESCHEDULE"})
_AGAIN = frozenset({"ERROR_RESUBMITTING", "STALLED_RESUBMITTING"})
_QUEUED = frozenset({"", "SUCCESSFULLY_SUBMITTED", "QUEUED", "UNHOLD_ERROR", "UNHOLD_STALLED"})


@dataclass(frozen=True)
class Headway:
    """Jobs by what becomes of them.

    Attributes
    ----------
    done
        Ended well.
    running
        At work on VIP.
    queued
        Wait there, are tried once more, or are not listed yet.
    failed
        Ended otherwise.
    total
        All of them; none where only VIP can count them. It alone where VIP was not asked yet.
    """

    done: int = 0
    running: int = 0
    queued: int = 0
    failed: int = 0
    total: int | None = None

    def __add__(self, other: Headway) -> Headway:
        """Return the jobs of both."""
        unknown = self.total is None or other.total is None
        return Headway(
            self.done + other.done,
            self.running + other.running,
            self.queued + other.queued,
            self.failed + other.failed,
            None if unknown else (self.total or 0) + (other.total or 0),
        )

    def __str__(self) -> str:
        """Return the counts in words."""
        total = self.done + self.running + self.queued + self.failed
        if self.total and not total:
            return words.count(self.total, "job")
        # VIP lists a job when it has begun to deal with it: there may be more to come.
        known = f"{total} known" if self.total is None else str(self.total)
        told = [f"{self.done} of {known} {'job' if known == '1' else 'jobs'} done"]
        for number, what in (
            (self.running, "running"),
            (self.queued, "queued"),
            (self.failed, "failed"),
        ):
            told += [f"{number} {what}"] if number else []
        return ", ".join(told)


def of(jobs: Iterable[Job], total: int | None, *, is_over: bool = False) -> Headway:
    """Return how far the jobs of one execution are.

    Parameters
    ----------
    jobs
        As VIP lists them (``TaskStatus``): those that it has begun to deal with.
    total
        Jobs that the request makes, or none where only VIP knows.
    is_over
        Whether the execution is: what is not listed then never ran, and counts as failed.
    """
    listed = Counter(_kind(job) for job in jobs)
    absent = max(0, (total or 0) - listed.total())
    listed["failed" if is_over else "queued"] += absent
    return Headway(listed["done"], listed["running"], listed["queued"], listed["failed"], total)


def has_failed(job: Job) -> bool:
    """Whether a job ended without its results, a killed one too."""
    return _kind(job) == "failed"


def total(one: Launch, descriptor: Descriptor | None) -> int | None:
    """Return how many jobs an execution makes; none where only VIP knows, or nobody here."""
    if descriptor is None:
        return None
    return iteration.count(requests.launched(one, descriptor), descriptor)


def line(
    what: str, headway: Headway, statuses: Iterable[Status | str], seconds: float | None = None
) -> str:
    """Return one line about a run.

    Parameters
    ----------
    what
        The run: ``skull-a run 1``.
    headway
        Of all its executions.
    statuses
        VIP's word on each of them.
    seconds
        Since the first was started. It alone is no news: compare lines made without it.

    Examples
    --------
    >>> line("recon-all run 1", Headway(3, 12, 185, 0, 200), ["Running"], 7800)
    'recon-all run 1: 3 of 200 jobs done, 12 running, 185 queued (VIP: Running, 2 h 10 min)'
    """
    counted = Counter(map(str, statuses))
    single = len(counted) == 1 and counted.total() == 1
    said = ", ".join(
        status if single else f"{number} {status}" for status, number in counted.items()
    )
    since = "" if seconds is None else f", {words.duration(seconds)}"
    return f"{what}: {headway} (VIP: {said or 'not launched'}{since})"


def _kind(job: Job) -> str:
    if job.succeeded:
        return "done"
    if job.status in _RUNNING:
        return "running"
    return "queued" if job.status in _QUEUED | _AGAIN else "failed"
