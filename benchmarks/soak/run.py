"""The run itself: the same command given again and again, until all is right."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from benchmarks.soak import verdict
from benchmarks.soak.disturbance import Faults, Kill, draw_kill
from benchmarks.soak.watch import Watch
from snakemake_vip import assets

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from benchmarks.harness import Vip
    from benchmarks.soak.study import Study

_BIN = Path(sys.executable).parent
_LOOK = 1.0
_LAST = 3600
"""Seconds after which the end of the study is waited for no longer."""
_MERCY = 60


@dataclass
class Soak:
    """One run.

    Attributes
    ----------
    study
        What is run.
    vip
        Where.
    dice
        When and how processes end.
    every
        Seconds between two kills.
    """

    study: Study
    vip: Vip
    dice: random.Random
    every: float
    kills: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    starts: int = 0
    looks: int = 0
    found: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.watch = Watch(self.vip.endpoint.pid)
        self.faults = Faults(self.vip.endpoint, self.dice)

    @property
    def printed(self) -> Path:
        """The folder of what the processes print."""
        return self.study.folder / "printed"

    def disturbed(self, seconds: float) -> None:
        """Run the study, again and again, under faults and kills."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            process = self._started("all")
            limit = min(until, time.monotonic() + self.every * self.dice.uniform(0.8, 1.2))
            if self._is_over(process, limit, self.faults.tick):
                self.ends[str(process.returncode)] += 1
                if not process.returncode:
                    self.study.grow()
                    self.study.configure(self.vip.url, self.vip.key_file)
            else:
                self._kill(process, draw_kill(self.dice))
        self.faults.end()

    def undisturbed(self) -> None:
        """Run the study to its end, then once more."""
        for is_first in (True, False):
            before = len(self._changes())
            process = self._started("finish_all")
            if not self._is_over(process, time.monotonic() + _LAST, lambda: None):
                self._kill(process, Kill("stuck", signal.SIGKILL, of_all=True))
                self.found.append("stuck: without faults it did not end")
            elif process.returncode:
                self.found.append(f"end: without faults it ended with {process.returncode}")
            if not is_first and (changed := self._changes()[before:]):
                self.found.append(f"twice: all was done, and then {changed[:5]}")
        self.found += [f"left: the process {process}" for process in self.watch.alive()]

    def end(self) -> None:
        """Leave no process behind, however it went."""
        for process in self.watch.alive():
            with contextlib.suppress(psutil.Error):
                process.kill()

    def judge(self) -> None:
        """Look at what there is in the end."""
        client = self.vip.client()
        names = [execution.name for execution in client.executions()]
        home = self.vip.real("/vip/Home/")
        outputs = [
            *self.printed.iterdir(),
            *self.study.folder.glob("logs/**/*"),
            *self.study.folder.glob(".snakemake/log/*"),
            *self.vip.endpoint.folder.glob(".vip-sandbox/server.log"),
        ]
        self.found += verdict.launches(self.study, names)
        self.found += verdict.results(self.study)
        self.found += verdict.left(self.study, home)
        self.found += verdict.tracebacks(sorted(outputs))

    def _changes(self) -> list[str]:
        return [
            f"{one['method']} {one['path']}"
            for one in self.vip.requests()
            if one["method"] != "GET" and one["path"].startswith("/rest")
        ]

    def _started(self, target: str) -> subprocess.Popen[bytes]:
        self.starts += 1
        command = ["snakemake", "-s", assets.snakefile(), "--profile", assets.profile("vip")]
        self.printed.mkdir(exist_ok=True)
        with (self.printed / f"{self.starts:03}.txt").open("wb") as output:
            process = subprocess.Popen(
                [str(_BIN / command[0]), *command[1:], target],
                cwd=self.study.folder,
                env={**os.environ, "PATH": f"{_BIN}{os.pathsep}{os.environ['PATH']}"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_obey_ctrl_c,  # noqa: PLW1509 - there are no threads
            )
        self.watch.groups.add(process.pid)
        return process

    def _is_over(
        self, process: subprocess.Popen[bytes], limit: float, meanwhile: Callable[[], None]
    ) -> bool:
        """Watch a process until it ends, or up to a moment; whether it ended."""
        while time.monotonic() < limit:
            try:
                process.wait(_LOOK)
            except subprocess.TimeoutExpired:
                meanwhile()
                self._look()
            else:
                return True
        return process.poll() is not None

    def _look(self) -> None:
        self.looks += 1
        self.watch.look()
        self.found += verdict.unreadable(self.study)

    def _kill(self, process: subprocess.Popen[bytes], kill: Kill) -> None:
        self.kills[kill.name] += 1
        with contextlib.suppress(ProcessLookupError):
            (os.killpg if kill.of_all else os.kill)(process.pid, kill.number)
        if not self._is_over(process, time.monotonic() + _MERCY, self.faults.tick):
            self.ends[f"{kill.name}, not heeded"] += 1
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _obey_ctrl_c() -> None:
    """Undo what a shell does to what it runs in the background."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
