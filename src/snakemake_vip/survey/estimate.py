"""How long a study will probably take, and from what that is known."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snakemake_vip import words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from snakemake_vip.survey.history import Past

_MUCH = 2


@dataclass(frozen=True)
class Estimate:
    """How long the executions of a session take on VIP, waiting for a place not included.

    Attributes
    ----------
    least, most
        Seconds, if each takes as long as the shortest and the longest earlier one.
    basis
        From what that is known, in words.
    """

    least: float
    most: float
    basis: str

    def __str__(self) -> str:
        """Return it in words."""
        return f"{words.between(self.least, self.most)} ({self.basis})"


def estimate(
    past: Sequence[Past], pipeline: str, executions: int, jobs: int | None, at_once: int
) -> Estimate | None:
    """Return how long a session takes, or none where nothing is known of its pipeline.

    Parameters
    ----------
    past
        Earlier executions, of any pipeline.
    pipeline
        The session's.
    executions
        How many are still to end.
    jobs
        Of the largest of them, or none where only VIP knows.
    at_once
        Executions that may run at one time.
    """
    same = [one for one in past if one.pipeline == pipeline]
    if not same or not executions:
        return None
    waves = math.ceil(executions / at_once)
    seconds = [one.seconds for one in same]
    return Estimate(
        least=waves * min(seconds),
        most=waves * max(seconds),
        basis=f"{_plan(executions, at_once)}; {_earlier(same)}{_caveat(same, jobs)}",
    )


def _plan(executions: int, at_once: int) -> str:
    told = words.count(executions, "execution")
    return told if executions == 1 else f"{told}, {min(at_once, executions)} at a time"


def _earlier(same: Sequence[Past]) -> str:
    took = words.between(min(p.seconds for p in same), max(p.seconds for p in same))
    least, most = min(p.jobs for p in same), max(p.jobs for p in same)
    jobs = words.count(least, "job") if least == most else f"{least} to {most} jobs"
    return f"{words.count(len(same), 'earlier one')} of {jobs} took {took}"


def _caveat(same: Sequence[Past], jobs: int | None) -> str:
    """Tell where this one is far larger: VIP runs as many jobs at once as it has room for."""
    most = max(one.jobs for one in same)
    return f", the largest now has {jobs}" if jobs and jobs > _MUCH * most else ""
