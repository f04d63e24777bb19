"""When each file on VIP became what it is, as far as was seen from here.

VIP has no dates of files, and Snakemake decides by dates. So the first sight of a file in its
present state is noted, and that is its date.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snakemake_vip import durable

if TYPE_CHECKING:
    from pathlib import Path, PurePosixPath

_STEPS = 512
"""Steps of a second: each is a whole number of nanoseconds and exact as a floating-point number, so
that a local file that gets this date has neither an older nor a younger one."""


def exact(seconds: float) -> float:
    """Return the nearest date that a file can have."""
    return round(seconds * _STEPS) / _STEPS


def now() -> float:
    """Return the present date, in seconds since the epoch."""
    return exact(time.time())


@dataclass(frozen=True)
class Sight:
    """What was seen on VIP: a state, and since when (seconds since the epoch)."""

    state: str
    since: float


class Dates:
    """What was first seen when. Safe to share between threads.

    Parameters
    ----------
    path
        The logbook on disk.
    """

    def __init__(self, path: Path) -> None:
        self._logbook = durable.Logbook(path)
        self._lock = threading.Lock()
        self._known: dict[str, Sight] = {}
        for record in durable.read(path):
            if "state" in record:
                self._known[record["vip_path"]] = Sight(record["state"], record["since"])
            else:
                self._known.pop(record["vip_path"], None)

    def get(self, where: PurePosixPath) -> Sight | None:
        """Return the last that was noted of a path."""
        with self._lock:
            return self._known.get(str(where))

    def note(self, where: PurePosixPath, state: str, since: float) -> float:
        """Note that a path has had a state since a date, and return the date."""
        self._logbook.add({"vip_path": str(where), "state": state, "since": since})
        with self._lock:
            self._known[str(where)] = Sight(state, since)
        return since

    def drop(self, where: PurePosixPath) -> None:
        """Note that there is nothing at a path any more, nor below it."""
        with self._lock:
            below = f"{where}/"
            gone = [key for key in self._known if key == str(where) or key.startswith(below)]
        self._logbook.add(*({"vip_path": key} for key in gone))
        with self._lock:
            for key in gone:
                self._known.pop(key, None)
