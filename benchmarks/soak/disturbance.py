"""What befalls a soak: faults that come and go, and the death of its processes."""

from __future__ import annotations

import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from snakemake_vip.sandbox import manager

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping, Sequence

_CHANGES = "PUT|POST|DELETE"
_EXECUTIONS = "^/rest/executions"

FAULTS: Sequence[Mapping[str, Any]] = (
    {"kind": "error"},
    {"kind": "error", "when": "after", "method": _CHANGES},
    {"kind": "error", "status": 400, "method": _CHANGES},
    {"kind": "error", "status": 400, "code": 2001, "method": "POST", "path": _EXECUTIONS},
    {"kind": "page", "status": 502},
    {"kind": "page", "status": 503, "when": "after", "method": _CHANGES},
    {"kind": "page", "status": 200, "method": "GET"},
    {"kind": "reset"},
    {"kind": "reset", "when": "after", "method": _CHANGES},
    {"kind": "unauthorized"},
    {"kind": "truncate", "method": "GET", "size": 3},
    {"kind": "stall", "method": "GET", "size": 1, "seconds": 15},
    {"kind": "slow", "seconds": 3, "rate": 50_000},
    {"kind": "late", "method": "PUT", "seconds": 4},
    {"kind": "ignore", "method": "PUT", "status": 201},
    {"kind": "ignore", "method": "DELETE", "status": 204},
    {"kind": "short", "method": "PUT", "path": r"\.\w+$", "size": 3},
    *(
        {"kind": "status", "method": "GET", "path": _EXECUTIONS, "statuses": statuses}
        for statuses in (["Unknown"], ["Ready"], ["Initializing"])
    ),
    {"kind": "untold", "method": "GET", "path": f"{_EXECUTIONS}/"},
    # A killed execution is believed after three looks: more of them would be no fault.
    {"kind": "status", "path": _EXECUTIONS, "statuses": ["Killed", "Unknown"], "times": 2},
)
"""Every kind that the sandbox has; how often they strike is drawn."""

_ON, _OFF = (2.0, 12.0), (3.0, 15.0)
_RARE = frozenset({"unauthorized"})


@dataclass
class Faults:
    """The faults of a soak, switched on and off again.

    Attributes
    ----------
    struck
        Requests that each kind struck.
    """

    endpoint: manager.Endpoint
    dice: random.Random
    struck: Counter[str] = field(default_factory=Counter)
    _until: float = 0.0
    _are_on: bool = False

    def tick(self) -> None:
        """Switch, if it is time to."""
        if time.monotonic() < self._until:
            return
        if self._are_on:
            self.end()
        else:
            for fault in self.draw():
                manager.control(self.endpoint, "POST", "/control/faults", fault)
        self._are_on = not self._are_on
        self._until = time.monotonic() + self.dice.uniform(*(_ON if self._are_on else _OFF))

    def draw(self) -> list[dict[str, Any]]:
        """Return what comes next: one to three faults."""
        drawn: list[dict[str, Any]] = []
        for fault in self.dice.sample(FAULTS, self.dice.randint(1, 3)):
            is_rare = fault["kind"] in _RARE
            often = {
                "times": self.dice.randint(1, 2 if is_rare else 8),
                "skip": self.dice.randint(0, 5),
                "probability": self.dice.choice([0.3, 1]),
                "seed": self.dice.randint(0, 1 << 30),
            }
            drawn.append({**often, **fault})
        return drawn

    def end(self) -> None:
        """Switch them off, and count what they did."""
        for told in manager.control(self.endpoint, "GET", "/control/faults"):
            self.struck[told["kind"]] += told["struck"]
        manager.control(self.endpoint, "DELETE", "/control/faults")


@dataclass(frozen=True)
class Kill:
    """How a process ends that does not end by itself.

    Attributes
    ----------
    name
        For people.
    number
        The signal.
    of_all
        Whether all processes get it, or Snakemake alone: then its steps go on without it.
    """

    name: str
    number: signal.Signals
    of_all: bool


KILLS = (
    Kill("SIGKILL of Snakemake alone", signal.SIGKILL, of_all=False),
    Kill("SIGKILL of Snakemake and its steps", signal.SIGKILL, of_all=True),
    Kill("Ctrl-C", signal.SIGINT, of_all=True),
    Kill("SIGTERM", signal.SIGTERM, of_all=False),
)
_WEIGHTS = (4, 4, 1, 1)


def draw_kill(dice: random.Random) -> Kill:
    """Return how the next process ends."""
    return dice.choices(KILLS, _WEIGHTS)[0]
