"""Where the time went: the events of a journal as stretches of time.

VIP tells when an execution was accepted, and what its status is now, but no times of jobs and not
when it ended (``startDate``; ``endDate`` is always null). So an execution runs from the first look
that found it running, and ends with the look that found it over: as exact as the looks are close.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from snakemake_vip.report import watches
from snakemake_vip.report.model import Bar, Phase, Span
from snakemake_vip.report.wording import duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    Event = Mapping[str, Any]

_OF_EXECUTIONS = frozenset({"launching", "launched", "refused", "seen", "watched", "ended"})
_QUIET = frozenset({"Ready", "Initializing", "Unknown"})
_LEAST = 0.001
_LONG = 600


def bars(session: str, events: Sequence[Event], now: float) -> list[Bar]:
    """Return the timeline of one session: its uploads, then its executions as they were wanted.

    Parameters
    ----------
    session
        Its name.
    events
        The records of its journal.
    now
        Seconds since the epoch: where what goes on is cut.
    """
    of_name: defaultdict[str, list[Event]] = defaultdict(list)
    planned: dict[str, tuple[int, float]] = {}
    fetched: list[Event] = []
    sent: list[Event] = []
    for event in events:
        match event:
            case {"event": "planned"}:
                for name in event["names"]:
                    planned.setdefault(name, (event["run"], event["time"]))
            case {"event": "moved", "what": "upload"}:
                sent.append(event)
            case {"event": "moved", "what": "download"}:
                fetched.append(event)
            case {"event": kind, "name": name} if kind in _OF_EXECUTIONS:
                of_name[name].append(event)
            case _:
                pass
    found = [_uploads(session, sent)] if sent else []
    for name, (run, wanted) in planned.items():
        found.append(_bar(session, name, run, wanted, of_name[name], fetched, now))
    return found


def _uploads(session: str, sent: Iterable[Event]) -> Bar:
    spans = tuple(_transfer(Phase.UPLOADING, event) for event in sent)
    return Bar(session, None, "", "inputs", "", spans)


def _transfer(phase: Phase, event: Event) -> Span:
    note = f"{event.get('files', 0)} files, {event.get('bytes', 0)} bytes"
    return Span(phase, event["since"], event["time"], note)


def _bar(
    session: str,
    name: str,
    run: int,
    wanted: float,
    events: Sequence[Event],
    fetched: Sequence[Event],
    now: float,
) -> Bar:
    execution = next((e["execution"] for e in events if e["event"] == "launched"), "")
    status = next((e["status"] for e in reversed(events) if "status" in e), "")
    end = next((e for e in events if e["event"] == "ended"), None)
    spans = _spans(wanted, events, now)
    moves = [e for e in fetched if execution and execution in e.get("executions", ())]
    if end and moves and moves[0]["since"] - end["time"] >= 1:
        spans.append(Span(Phase.RESTING, end["time"], moves[0]["since"]))
    spans += [_transfer(Phase.DOWNLOADING, event) for event in moves]
    jobs = Counter(str(job[1]) for job in end["jobs"]) if end else Counter[str]()
    shown = status or ("launched" if execution else "not launched")
    watched = tuple(watches.jobs(events, now))
    return Bar(session, run, execution, name, shown, tuple(spans), dict(jobs), watched)


def _spans(wanted: float, events: Sequence[Event], now: float) -> list[Span]:
    """Return the phases from the wish to the end of an execution."""
    accepted = next((e["time"] for e in events if e["event"] == "launched"), None)
    asked = max((e["time"] for e in events if e["event"] == "launching"), default=None)
    if accepted is None:
        return [Span(Phase.WAITING, wanted, now, is_open=True)]
    waiting = Span(Phase.WAITING, wanted, min(asked or accepted, accepted))
    spans = [waiting] if waiting.seconds > _LEAST else []
    end = next((e["time"] for e in events if e["event"] == "ended"), None)
    running = next(
        (e["time"] for e in events if e["event"] == "seen" and e["status"] not in _QUIET), None
    )
    over = now if end is None else end
    if running is None:
        span = Span(Phase.QUEUED if end is None else Phase.UNSEEN, accepted, over)
        return [*spans, replace(span, is_open=end is None)]
    if running >= over or _ended_unseen(events):
        return [*spans, Span(Phase.UNSEEN, accepted, over, is_open=end is None)]
    note = _unwatched(events)
    return [
        *spans,
        Span(Phase.QUEUED, accepted, running),
        Span(Phase.RUNNING, running, over, note, is_open=end is None),
    ]


def _unwatched(events: Iterable[Event]) -> str:
    """Return a remark where nobody watched an execution for long before it was found over."""
    end = next((e for e in events if e["event"] == "ended"), None)
    unseen = end["time"] - end["alive"] if end and "alive" in end else 0.0
    return f"nobody looked in its last {duration(unseen)}" if unseen > _LONG else ""


def _ended_unseen(events: Iterable[Event]) -> bool:
    """Whether no look ever found the execution running: the first one found it over."""
    return not any(e["event"] == "seen" and e["status"] == "Running" for e in events)


def totals(found: Iterable[Bar]) -> dict[Phase, float]:
    """Return the seconds of each phase, of all bars together, in the order of the phases."""
    sums: defaultdict[Phase, float] = defaultdict(float)
    for bar in found:
        for span in bar.spans:
            sums[span.phase] += span.seconds
    return {phase: sums[phase] for phase in Phase if phase in sums}


def extent(found: Iterable[Bar]) -> tuple[float, float] | None:
    """Return the first and last moment of all bars, or none where there is nothing to show."""
    spans = [span for bar in found for span in bar.spans]
    if not spans:
        return None
    begin, end = min(s.begin for s in spans), max(s.end for s in spans)
    return begin, max(end, begin + 1)
