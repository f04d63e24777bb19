"""Memory and open files of processes, watched from outside."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MIB = 1 << 20


@dataclass(frozen=True)
class Sample:
    """One process at one moment.

    Attributes
    ----------
    second
        Since the beginning.
    what
        ``snakemake``, ``sandbox``, or the command of ``snakemake-vip``.
    pid
        Of the process.
    rss
        Resident memory, MiB.
    files
        Open file descriptors.
    """

    second: float
    what: str
    pid: int
    rss: float
    files: int


@dataclass
class Watch:
    """Samples of the sandbox and of all processes of some process sessions.

    Attributes
    ----------
    sandbox
        Its process.
    groups
        Process sessions whose processes are looked at; those that are killed leave some behind.
    """

    sandbox: int
    groups: set[int] = field(default_factory=set)
    samples: list[Sample] = field(default_factory=list)
    begun: float = field(default_factory=time.monotonic)

    def look(self) -> int:
        """Sample all; return how many processes of the client there are."""
        clients = 0
        for process in psutil.process_iter():
            is_client = _session(process.pid) in self.groups
            clients += is_client
            if is_client or process.pid == self.sandbox:
                self.samples += self._sampled(process)
        return clients

    def alive(self) -> list[psutil.Process]:
        """Return the client's processes."""
        return [one for one in psutil.process_iter() if _session(one.pid) in self.groups]

    def _sampled(self, process: psutil.Process) -> Iterator[Sample]:
        try:
            with process.oneshot():
                what = "sandbox" if process.pid == self.sandbox else command_of(process.cmdline())
                rss, files = process.memory_info().rss / _MIB, process.num_fds()
        except psutil.Error:
            return  # it has just ended
        if what:
            yield Sample(time.monotonic() - self.begun, what, process.pid, rss, files)

    def write(self, path: Path) -> None:
        """Keep all samples as a table."""
        lines = [f"{s.second:.1f}\t{s.what}\t{s.pid}\t{s.rss:.1f}\t{s.files}" for s in self.samples]
        path.write_text("\n".join(["second\twhat\tpid\trss_mib\tfiles", *lines]) + "\n")


@dataclass(frozen=True)
class Use:
    """What processes of one kind used.

    Attributes
    ----------
    processes
        That were seen.
    rss, files
        Peak of one process; MiB, descriptors.
    rss_early, rss_late, files_early, files_late
        The same in the first and in the last third of the time.
    """

    processes: int
    rss: float
    files: int
    rss_early: float
    rss_late: float
    files_early: int
    files_late: int


def uses(samples: Sequence[Sample]) -> dict[str, Use]:
    """Return what each kind of process used."""
    if not samples:
        return {}
    first, last = samples[0].second, samples[-1].second
    early = first + (last - first) / 3
    late = last - (last - first) / 3
    found: dict[str, Use] = {}
    for what in sorted({sample.what for sample in samples}):
        ours = [sample for sample in samples if sample.what == what]
        before = [sample for sample in ours if sample.second <= early]
        after = [sample for sample in ours if sample.second >= late]
        found[what] = Use(
            len({sample.pid for sample in ours}),
            max(sample.rss for sample in ours),
            max(sample.files for sample in ours),
            max((sample.rss for sample in before), default=0.0),
            max((sample.rss for sample in after), default=0.0),
            max((sample.files for sample in before), default=0),
            max((sample.files for sample in after), default=0),
        )
    return found


def command_of(arguments: Sequence[str]) -> str:
    """Return which command a process is: nothing for shells and the like."""
    names = [Path(argument).name for argument in arguments[:3]]
    if "snakemake-vip" in names:
        after = arguments[names.index("snakemake-vip") + 1 :]
        return after[0] if after else "snakemake-vip"
    return "snakemake" if "snakemake" in names else ""


def _session(pid: int) -> int:
    try:
        return os.getsid(pid)
    except (ProcessLookupError, PermissionError):
        return -1
