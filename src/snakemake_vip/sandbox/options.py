"""How a sandbox behaves: its size, its delays and where it finds pipelines."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, cast

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

UNLIMITED_DOWNLOAD = 1 << 50
"""Bytes that are told as ``maxSizeDirectTransfer`` where no limit is set."""


@dataclass(frozen=True)
class Options:
    """Options of a sandbox. The defaults are quick; VIP's own values stand beside them.

    Attributes
    ----------
    port
        TCP port on the loopback interface; 0 takes a free one.
    pipelines
        Folders whose ``*.json`` are Boutiques descriptors, beside the packaged ones.
    latency
        Seconds that every answer waits.
    transfer_delay
        Seconds that each upload or download of content takes at least (VIP: 2).
    transfer_timeout
        Seconds after which VIP gives up on a transfer with error 8000, while the transfer goes on.
    transfer_slots
        Uploads, and downloads, that are carried out at once; the others queue (VIP: 10).
    delete_delay
        Seconds between the answer to a deletion and the deletion.
    capacity
        Executions that the user may run at once, else error 2001. 1 is what a new account has on
        VIP: what works here with it works there.
    platform_capacity
        Executions that the platform runs at once, else error 2000 (VIP: 35).
    max_jobs
        Jobs that one execution may start, else it is killed (VIP: 1000).
    download_limit
        Bytes of the largest file that is given out (VIP: 15 000 000); none: no limit.
    workers
        Jobs that run at once; 0: as many as there are processors.
    idle
        Seconds without a request and without a running job after which the server ends; 0: never.
    """

    port: int = 0
    pipelines: tuple[str, ...] = ()
    latency: float = 0.0
    transfer_delay: float = 0.0
    transfer_timeout: float = 45.0
    transfer_slots: int = 10
    delete_delay: float = 0.0
    capacity: int = 1
    platform_capacity: int = 35
    max_jobs: int = 1000
    download_limit: int | None = None
    workers: int = 0
    idle: float = 900.0

    @property
    def parallel_jobs(self) -> int:
        """Jobs that run at once."""
        return self.workers or os.cpu_count() or 1

    @property
    def largest_download(self) -> int:
        """Bytes of the largest file that is given out."""
        return UNLIMITED_DOWNLOAD if self.download_limit is None else self.download_limit

    def changed(self, changes: Mapping[str, Any]) -> Self:
        """Return these options with `changes`.

        Raises
        ------
        ValueError
            If a name is unknown or a value does not fit; the text names it.
        """
        return replace(self, **{name: _fitting(name, value) for name, value in changes.items()})

    def needs_restart(self, other: Options) -> bool:
        """Whether a server with these options must start anew to have those of `other`."""
        port_differs = other.port not in {0, self.port}
        return port_differs or any(getattr(self, n) != getattr(other, n) for n in _FIXED)

    def as_json(self) -> dict[str, Any]:
        """Return what :meth:`read` reads."""
        return asdict(self) | {"pipelines": list(self.pipelines)}

    def write(self, path: Path) -> None:
        """Keep these options in the file `path`."""
        part = path.with_suffix(".part")
        part.write_text(json.dumps(self.as_json(), indent=1) + "\n")
        part.replace(path)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Return the options kept in `path`, the defaults where there are none.

        Folders of pipelines that are gone are left out: they would keep the sandbox from starting.
        """
        if not path.exists():
            return cls()
        known = {f.name for f in fields(cls)}
        kept: dict[str, Any] = json.loads(path.read_text())
        options = cls().changed({name: value for name, value in kept.items() if name in known})
        there = tuple(folder for folder in options.pipelines if Path(folder).is_dir())
        return replace(options, pipelines=there)


CHANGEABLE = frozenset(
    {
        "latency",
        "transfer_delay",
        "transfer_timeout",
        "delete_delay",
        "capacity",
        "platform_capacity",
        "max_jobs",
        "download_limit",
        "idle",
    }
)
"""Options that a running server can change."""

_FIXED = frozenset({"pipelines", "workers", "transfer_slots"})
_COUNTS = frozenset({"port", "workers"})
_POSITIVE_COUNTS = frozenset({"capacity", "platform_capacity", "max_jobs", "transfer_slots"})
_HIGHEST_PORT = 65535


def _fitting(name: str, value: Any) -> Any:
    """Return `value` as the option `name` holds it."""
    if name not in {f.name for f in fields(Options)}:
        msg = f"unknown option of the sandbox: {name}"
        raise ValueError(msg)
    if name == "pipelines":
        return _folders(value)
    if name == "download_limit":
        return None if value is None else _count(name, value, 0)
    if name in _COUNTS or name in _POSITIVE_COUNTS:
        count = _count(name, value, int(name in _POSITIVE_COUNTS))
        if name == "port" and count > _HIGHEST_PORT:
            msg = f"port must be at most {_HIGHEST_PORT}, not {count}"
            raise ValueError(msg)
        return count
    return _seconds(name, value)


def _folders(value: Any) -> tuple[str, ...]:
    if isinstance(value, list | tuple):
        folders = cast("Sequence[Any]", value)
        if all(isinstance(folder, str) for folder in folders):
            return tuple(folders)
    msg = f"pipelines must be a list of folders, not {value!r}"
    raise ValueError(msg)


def _count(name: str, value: Any, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        msg = f"{name} must be a whole number of at least {least}, not {value!r}"
        raise ValueError(msg)
    return value


def _seconds(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        msg = f"{name} must be a number of seconds, 0 or more, not {value!r}"
        raise ValueError(msg)
    return float(value)
