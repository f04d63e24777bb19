"""Faults on demand: what a network, a proxy or a busy VIP does to a client, for tests.

A fault is posted to ``/control/faults`` and waits for requests that it fits. All of them act on the
way to the API and back, and nowhere else: the API itself knows nothing of them.
"""

from __future__ import annotations

import random
import re
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

KINDS: Mapping[str, str] = {
    "error": "VIP's error body with `status` and `code`, `when` before or after the effect",
    "page": "an HTML page with `status`, `when` before or after the effect",
    "reset": "the connection is reset, `when` before or after the effect",
    "unauthorized": "401, as with a wrong key",
    "truncate": "the connection is closed after `size` bytes of the answer's body",
    "stall": "after `size` bytes of the answer's body nothing for `seconds`, then a reset",
    "slow": "the answer waits `seconds`; its body comes at `rate` bytes per second",
    "late": "the transfer is given up at once (400, 8000) and completes `seconds` later",
    "ignore": "`status` without a body, and nothing is done",
    "short": "only the first `size` bytes of an upload are stored, and all seems well",
    "status": "executions show `statuses`, one at each look, whatever they are",
    "untold": "executions do not tell their `members` yet",
}
"""Kind to what happens."""


@dataclass(frozen=True)
class Fault:
    """One fault.

    Attributes
    ----------
    kind
        One of :data:`KINDS`.
    method, path
        Regular expressions: for the whole verb; for a part of ``/rest/path/...?action=list``.
    times
        Requests that it strikes; 0: all.
    skip
        Fitting requests that pass before the first strike.
    probability
        Of a strike, drawn from a generator with `seed`.
    when
        ``before`` the effect of the request, or ``after``.
    status, code
        Of the answer, where the kind has one.
    size
        Bytes.
    seconds
        Of waiting.
    rate
        Bytes per second; 0: unlimited.
    statuses
        What executions show, one after the other.
    members
        What executions do not show.
    """

    kind: str
    method: str = ".*"
    path: str = ""
    times: int = 1
    skip: int = 0
    probability: float = 1.0
    seed: int = 0
    when: str = "before"
    status: int = 500
    code: int = 8000
    size: int = 0
    seconds: float = 0.0
    rate: float = 0.0
    statuses: tuple[str, ...] = ()
    members: tuple[str, ...] = ("inputValues", "returnedFiles", "jobs")

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> Self:
        """Read what was posted.

        Raises
        ------
        ValueError
            If a member is unknown or does not fit.
        """
        types = {f.name: f.type for f in fields(cls)}
        unknown = sorted(set(body) - set(types))
        if unknown or body.get("kind") not in KINDS:
            msg = f"a fault has {', '.join(types)}; kinds: {', '.join(KINDS)}"
            raise ValueError(msg)
        values = {name: _read(name, str(types[name]), value) for name, value in body.items()}
        if values.get("when", "before") not in {"before", "after"}:
            msg = "when is 'before' or 'after'"
            raise ValueError(msg)
        return cls(**values)

    def fits(self, method: str, target: str) -> bool:
        """Whether it is meant for a request."""
        return bool(re.fullmatch(self.method, method) and re.search(self.path, target))


def _read(name: str, kind: str, value: Any) -> Any:
    """Return a member as :class:`Fault` holds it."""
    try:
        if kind == "int":
            return int(value)
        if kind == "float":
            return float(value)
        if kind == "str":
            if name in {"method", "path"}:
                re.compile(str(value))
            return str(value)
        return tuple(str(item) for item in value)
    except (TypeError, ValueError, re.error) as error:
        msg = f"{name} cannot be {value!r}: {error}"
        raise ValueError(msg) from error


@dataclass
class Armed:
    """A fault that waits, and how often it met a request."""

    fault: Fault
    met: int = 0
    struck: int = 0
    dice: random.Random = field(default_factory=random.Random)

    def meets(self, method: str, target: str) -> bool:
        """Whether it strikes this request; counts it."""
        fault = self.fault
        used_up = fault.times and self.struck >= fault.times
        if used_up or not fault.fits(method, target):
            return False
        self.met += 1
        if self.met <= fault.skip or self.dice.random() >= fault.probability:
            return False
        self.struck += 1
        return True


class FaultBoard:
    """The faults that wait, oldest first.

    Attributes
    ----------
    late
        Transfers that were refused and are still to complete.
    """

    def __init__(self) -> None:
        self._armed: list[Armed] = []
        self.late = 0

    def post(self, fault: Fault) -> None:
        """Add a fault."""
        self._armed.append(Armed(fault, dice=random.Random(fault.seed)))  # noqa: S311

    def clear(self) -> None:
        """Remove all."""
        self._armed.clear()

    def listing(self) -> list[dict[str, Any]]:
        """Return each fault, with how many requests it met and struck."""
        return [asdict(a.fault) | {"met": a.met, "struck": a.struck} for a in self._armed]

    def strike(self, method: str, target: str) -> tuple[Fault, int] | None:
        """Return the first fault that strikes a request, and which strike of it this is, from 0."""
        for armed in self._armed:
            if armed.meets(method, target):
                return armed.fault, armed.struck - 1
        return None
