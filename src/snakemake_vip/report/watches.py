"""Jobs in time, as far as somebody has looked at them.

VIP tells the state of each job when it is asked for the whole execution, which costs it much: that
is done a minute after a run began, then every five. What lies between two looks is not known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snakemake_vip.report.model import JobSpans, Phase, Span
from snakemake_vip.rest.models import Job
from snakemake_vip.session import headway

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_MOST = 200


def jobs(events: Sequence[Mapping[str, Any]], now: float) -> Iterator[JobSpans]:
    """Yield the jobs of one execution in time; nothing where nobody has looked at them.

    Parameters
    ----------
    events
        The journal's records of the execution, oldest first.
    now
        Seconds since the epoch: where what goes on is cut.
    """
    begin = next((event["time"] for event in events if event["event"] == "launched"), None)
    if begin is None or not any(event["event"] == "watched" for event in events):
        return
    looks = [
        (event["time"], {job[0]: Job(job[0], job[1], job[2], "") for job in event["jobs"]})
        for event in events
        if event["event"] in {"watched", "ended"} and event["time"] >= begin
    ]
    end = next((event["time"] for event in events if event["event"] == "ended"), None)
    numbers = sorted({number for _, found in looks for number in found})
    for number in numbers[:_MOST]:
        states = [(time, _state(found.get(number))) for time, found in looks]
        yield JobSpans(number, tuple(_spans(states, begin, end, now)))


def _state(job: Job | None) -> Phase | None:
    """Return whether a job was queued or running; none once it was over."""
    if job is None:
        return Phase.QUEUED
    far = headway.of([job], None)
    if far.running:
        return Phase.RUNNING
    return Phase.QUEUED if far.queued else None


def _spans(
    states: Sequence[tuple[float, Phase | None]], begin: float, end: float | None, now: float
) -> Iterator[Span]:
    """Yield when a job was queued and when it ran, each from the look that found it so."""
    running = next((time for time, state in states if state is Phase.RUNNING), None)
    over = next((time for time, state in states if state is None), end)
    last = now if over is None else over
    if running is None or running >= last:
        # One that no look found at work was queued, and ran, at some time before it was over.
        queued = over is None and states[-1][1] is Phase.QUEUED
        phase = Phase.QUEUED if queued else Phase.UNSEEN
        yield Span(phase, begin, last, is_open=over is None)
        return
    yield Span(Phase.QUEUED, begin, running)
    yield Span(Phase.RUNNING, running, last, is_open=over is None)
