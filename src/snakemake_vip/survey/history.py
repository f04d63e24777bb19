"""How long executions took: what the journals of an output folder know of earlier ones.

VIP tells when an execution was started, not when it ended. The journal has the moment that its end
was noticed; how long before that it still ran is known where somebody watched. An end that was
found hours later, after a night without a process, says nothing of how long it took.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from snakemake_vip import durable
from snakemake_vip.rest.models import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

_JOURNALS = ("*/.vip/journal.jsonl", ".vip/*/journal.jsonl")
_SURE, _SHARE = 120.0, 0.25


@dataclass(frozen=True)
class Past:
    """One execution that ended with all its results.

    Attributes
    ----------
    pipeline
        The pipeline's id.
    jobs
        How many it had.
    seconds
        From its start on VIP until its end was noticed.
    """

    pipeline: str
    jobs: int
    seconds: float


def past(output_dir: Path) -> list[Past]:
    """Return the earlier executions of all sessions that ever had this output folder."""
    journals = {path for pattern in _JOURNALS for path in output_dir.glob(pattern)}
    return [one for path in sorted(journals) for one in of(durable.read(path))]


def of(events: Iterable[Mapping[str, Any]]) -> Iterator[Past]:
    """Yield the executions of one journal whose length is known well enough.

    Parameters
    ----------
    events
        As :class:`snakemake_vip.executions.journal.Journal` wrote them.
    """
    alive: dict[str, float] = {}
    for event in events:
        match event:
            case {"event": "launching" | "launched", "name": str(name), "time": float(at)}:
                alive[name] = at
            case {"event": "seen", "name": str(name), "time": float(at), "status": status}:
                if not Status.read(status).is_over:
                    alive[name] = at
            case {"event": "ended", "name": str(name), "time": float(at), "start": float(start)}:
                seconds = at - start
                unsure = at - max(start, event.get("alive") or alive.get(name, 0.0))
                if _is_whole(event) and seconds > 0 and unsure <= max(_SURE, _SHARE * seconds):
                    yield Past(event["pipeline"], len(event["jobs"]), seconds)
            case _:
                pass


def _is_whole(event: Mapping[str, Any]) -> bool:
    jobs = event["jobs"]
    well = all(status == "COMPLETED" and code == 0 for _, status, code, _ in jobs)
    return bool(jobs) and well and event["status"] == Status.FINISHED
