"""What all benchmarks work with: a local VIP in a process of its own, and rows of figures.

A benchmark is a module of this package with a docstring (which the report shows), a ``TITLE``, and
a function ``run(lab, scale)`` that returns rows. The same case at three sizes or more gives its
growth by itself.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import psutil

from snakemake_vip.rest import key
from snakemake_vip.rest.client import Client
from snakemake_vip.rest.transport import Limits, Transport
from snakemake_vip.sandbox import manager
from snakemake_vip.sandbox.options import Options
from snakemake_vip.sandbox.state import StateFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping

CHECKOUT = Path(__file__).parent.parent
OURS = "snakemake-vip"
OFFICIAL = "vip-client 0.1.10"
FLOOR = "floor"

_APART_PATIENCE = 900


@dataclass(frozen=True)
class Row:
    """One figure.

    Attributes
    ----------
    case
        What was done, in words; the same for all sizes of it.
    who
        `OURS`, `OFFICIAL`, `FLOOR`, or another name of what was measured.
    size
        What it grows with: files, bytes, executions, sessions.
    of
        The unit of `size`, in the plural.
    value, unit
        What was measured: seconds (``s``), ``MiB``, ``MB/s``, ``requests``, ``bytes``.
    ratio, against
        The figure as a multiple of another, and which.
    at_most, at_least
        The bound: on the ratio, or on the value where there is no ratio.
    """

    case: str
    who: str
    size: float
    of: str
    value: float
    unit: str = "s"
    ratio: float | None = None
    against: str = ""
    at_most: float | None = None
    at_least: float | None = None

    @property
    def figure(self) -> float:
        """What the bound is on."""
        return self.value if self.ratio is None else self.ratio

    @property
    def is_bound(self) -> bool:
        """Whether there is a bound."""
        return self.at_most is not None or self.at_least is not None

    @property
    def is_met(self) -> bool:
        """Whether the bound holds; true where there is none."""
        above = self.at_most is not None and self.figure > self.at_most
        below = self.at_least is not None and self.figure < self.at_least
        return not (above or below)

    def as_json(self) -> dict[str, Any]:
        """Return what :meth:`read` reads."""
        return {name: value for name, value in asdict(self).items() if value not in {None, ""}}

    @classmethod
    def read(cls, data: Mapping[str, Any]) -> Self:
        """Return the row that was written as JSON."""
        return cls(**data)


@dataclass(frozen=True)
class Vip:
    """A running sandbox, seen from outside.

    Attributes
    ----------
    endpoint
        Where it is.
    """

    endpoint: manager.Endpoint

    @property
    def url(self) -> str:
        """The portal's address."""
        return self.endpoint.url

    @property
    def key_file(self) -> Path:
        """The file with the key."""
        return self.endpoint.key_file

    def real(self, path: str) -> Path:
        """Return the file behind a path below ``/vip/Home``."""
        return StateFolder(self.endpoint.folder).home / path.removeprefix("/vip/Home/")

    @property
    def processor(self) -> float:
        """Seconds of processor time that the server has used."""
        used = psutil.Process(self.endpoint.pid).cpu_times()
        return used.user + used.system

    def client(self) -> Client:
        """Return a new client, with connections of its own."""
        return client(self.url, self.key_file)

    def set(self, **options: Any) -> None:
        """Change options of the sandbox."""
        manager.control(self.endpoint, "PUT", "/control/options", options)

    def forget(self) -> None:
        """Forget the requests so far."""
        manager.control(self.endpoint, "DELETE", "/control/requests")

    def requests(self) -> list[dict[str, Any]]:
        """Return the requests to the API since they were forgotten."""
        return manager.control(self.endpoint, "GET", "/control/requests")


def client(url: str, key_file: Path | str) -> Client:
    """Return a client of a sandbox."""
    return Client(Transport(url, key.find(str(key_file)), Limits(patience=60)))


class Lab:
    """Where benchmarks are run.

    Parameters
    ----------
    folder
        For everything that they write; emptied by them.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def folder(self, name: str) -> Path:
        """Return a new, empty folder."""
        made = self._folder / name
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(parents=True)
        return made

    def clear(self) -> None:
        """Remove everything."""
        shutil.rmtree(self._folder, ignore_errors=True)

    @contextmanager
    def vip(self, **options: Any) -> Generator[Vip, None, None]:
        """Serve a new sandbox from a process of its own as long as the context lasts.

        Parameters
        ----------
        options
            Of :class:`snakemake_vip.sandbox.options.Options`.
        """
        folder = self.folder("vip")
        chosen = Options(**{"capacity": 1000, "platform_capacity": 1000, "idle": 120, **options})
        try:
            yield Vip(manager.start(folder, chosen))
        finally:
            manager.stop(folder)
            shutil.rmtree(folder, ignore_errors=True)


def scaled(scale: float, *sizes: int, least: int = 8) -> list[int]:
    """Return sizes of a smaller or larger run, all different."""
    return sorted({max(least, round(size * scale)) for size in sizes})


def timed(act: Callable[[], Any]) -> float:
    """Return the seconds that something takes."""
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def apart(function: Callable[..., Any], **arguments: Any) -> dict[str, Any]:
    """Call a function of a module in a new Python process, and measure it there.

    Parameters
    ----------
    function
        Of a module of this package. What it yields first it has only prepared; what it does after
        that is measured. It may yield once more: a JSON value, its result.
    arguments
        JSON values.

    Returns
    -------
    dict
        ``seconds``; ``processor``, of these on a processor; ``idle`` and ``peak``, bytes of memory
        before and at most; ``result``.
    """
    order = {"module": function.__module__, "name": function.__name__, "arguments": arguments}
    # In a folder of its own: the official client leaves files where it is.
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.apart"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
            input=json.dumps(order),
            capture_output=True,
            text=True,
            timeout=_APART_PATIENCE,
            check=False,
        )
    if done.returncode:
        msg = f"{function.__name__} failed:\n{done.stdout[-2000:]}{done.stderr[-4000:]}"
        raise RuntimeError(msg)
    return json.loads(done.stdout.splitlines()[-1])
