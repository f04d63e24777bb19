"""Which execution runs which job, as this folder knows it. Written before VIP is asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from snakemake_vip import durable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from snakemake_vip.rules.naming import Member


@dataclass(frozen=True)
class Place:
    """Where a job is.

    Attributes
    ----------
    batch
        Key of the execution; empty where VIP surely has none.
    row
        Which of its jobs, from 0.
    attempt
        Which attempt of the job it is, from 1.
    size
        Jobs that the execution has.
    is_failed
        Whether that attempt gave nothing, and Snakemake was told so.
    """

    batch: str
    row: int
    attempt: int
    size: int = 1
    is_failed: bool = False


class Records(durable.Register):
    """The jobs of a folder. Safe to share between threads; other processes add to it as well.

    Parameters
    ----------
    path
        The logbook on disk.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._places: dict[str, Place] = {}

    def place(self, digest: str) -> Place | None:
        """Return where a job is, or was last."""
        with self._current():
            return self._places.get(digest)

    def next_attempt(self, digest: str) -> int:
        """Return the number of the attempt that comes next: the present one until it failed."""
        place = self.place(digest)
        return 1 if place is None else place.attempt + place.is_failed

    def assigned(self, batch: str, members: Sequence[Member]) -> None:
        """Note which jobs an execution is about to be launched with."""
        rows = [[member.digest, member.attempt] for member in members]
        self._add({"event": "assigned", "batch": batch, "jobs": rows})

    def failed(self, digest: str, place: Place) -> None:
        """Note that an attempt gave nothing, so that the next time another one is made."""
        self._add({"event": "failed", "job": digest, "attempt": place.attempt})

    def dropped(self, digest: str, batch: str) -> None:
        """Note that VIP surely did not start the execution that a job was meant for."""
        self._add({"event": "dropped", "job": digest, "batch": batch})

    def _begin(self) -> None:
        self._places = {}

    def _apply(self, record: Mapping[str, Any]) -> None:
        match record:
            case {"event": "assigned", "batch": str(batch)}:
                for row, (digest, attempt) in enumerate(record["jobs"]):
                    self._places[digest] = Place(batch, row, attempt, len(record["jobs"]))
            case {"event": "failed", "job": str(digest), "attempt": int(attempt)}:
                known = self._places.get(digest)
                if known and known.attempt == attempt:
                    self._places[digest] = replace(known, is_failed=True)
            case {"event": "dropped", "job": str(digest), "batch": str(batch)}:
                known = self._places.get(digest)
                if known and known.batch == batch:
                    # The number stays: an earlier attempt may be on VIP under a lower one.
                    self._places[digest] = Place("", 0, known.attempt)
            case _:
                pass
