"""A local VIP, studies on it in processes that can be killed, and what must hold after each.

What the two matrices tried, and what was lost, twice or wrong, stands below the summary of pytest.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
import yaml

from snakemake_vip.sandbox.options import Options
from snakemake_vip.sandbox.testing import LocalEndpoint, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

_TALLY = "matrix"
_KINDS = ("lost", "twice", "wrong", "left", "traceback", "stuck")
DRIVER = Path(__file__).with_name("driver.py")
LIMIT = 120
PIECES = 300_000
"""Bytes of the larger input: it goes to VIP in two pieces."""

DATA = {
    "s1/in.txt": b"one\n",
    "s2/in.txt": b"two two\n" * (PIECES // 8),
}
FOREIGN = b"old\n"
"""As many bytes as the new content has: only reading it tells them apart."""

PLAN = yaml.safe_load(Path(__file__).with_name("studies.yaml").read_text())


@dataclass(frozen=True)
class Design:
    """A study, and what there must be in the end; see ``studies.yaml``."""

    sessions: Mapping[str, Mapping[str, Any]]
    steps: Sequence[Sequence[str]]
    labels: Mapping[str, Mapping[str, str]]
    executions: int
    foreign: Sequence[str] = ()
    failure: str = ""

    @property
    def is_watched(self) -> bool:
        return any(step == "monitor" for _, step in self.steps)

    @property
    def is_downloaded(self) -> bool:
        return any(step == "download" for _, step in self.steps)


DESIGNS = {
    name: Design(**{**study, "steps": [step.split() for step in study["steps"]]})
    for name, study in PLAN["studies"].items()
}


@dataclass
class Lab:
    """One sandbox and one driver.

    Parameters
    ----------
    endpoint
        The sandbox.
    driver
        The process that carries out orders.
    folder
        Where studies are put.
    """

    endpoint: LocalEndpoint
    driver: subprocess.Popen[str]
    folder: Path
    made: int = 0
    http: requests.Session = field(default_factory=requests.Session)

    def study(self, design: str) -> Trial:
        """Prepare a study under names of its own."""
        self.made += 1
        self.settle("late", "running")
        shutil.rmtree(self.endpoint.portal.state.home / "API", ignore_errors=True)
        # Each look lists all there are: those of the studies before would cost more than the own.
        store = self.endpoint.portal.store
        for one in store.executions():
            store.clean(one.id)
        trial = Trial(self, DESIGNS[design], f"p{self.made}")
        trial.prepare()
        return trial

    def settle(self, *kinds: str) -> None:
        """Wait for what is on its way on VIP: it would be met by whoever comes next."""
        until = time.monotonic() + LIMIT
        while any(map(self.control("GET", "state").json().get, kinds)):
            assert time.monotonic() < until, "something on VIP does not end"
            time.sleep(0.01)

    def control(self, method: str, what: str, **options: Any) -> requests.Response:
        """Ask for what VIP has not."""
        url, headers = f"{self.endpoint.url}/control/{what}", {"apikey": self.endpoint.key}
        answer = self.http.request(method, url, headers=headers, timeout=60, **options)
        answer.raise_for_status()
        return answer


@dataclass
class Trial:
    """One study, tried, perhaps killed or disturbed, and tried again."""

    lab: Lab
    design: Design
    prefix: str

    @property
    def folder(self) -> Path:
        return self.lab.folder / self.prefix

    @property
    def results(self) -> Path:
        return self.folder / "vip_outputs"

    def name(self, short: str) -> str:
        return f"{self.prefix}-{short}"

    def prepare(self) -> None:
        sessions = {
            self.name(short): {
                "pipeline_id": "Plain/1.0",
                **({} if "inputs_from" in part else {"input_dir": str(self.lab.folder / "data")}),
                **part,
                **({"inputs_from": self.name("a")} if "inputs_from" in part else {}),
            }
            for short, part in self.design.sessions.items()
        }
        vip = {
            "url": self.lab.endpoint.url,
            "api_key": str(self.lab.endpoint.key_file),
            "max_executions": 1000,
            "max_transfers": 1,
            "refresh_time": 0.05,
            "patience": 1,
        }
        self.folder.mkdir()
        document = json.dumps({"vip": vip, "sessions": sessions}, indent=1)
        (self.folder / "config.yaml").write_text(document)
        for path in self.design.foreign:
            file = self.lab.endpoint.portal.tree.writable(self._input(path)).file
            file.parent.mkdir(parents=True)
            file.write_bytes(FOREIGN)

    def _input(self, path: str) -> str:
        return f"/vip/Home/API/{self.name('a')}/INPUTS/{path}"

    def run(self, **options: Any) -> dict[str, Any]:
        """Run all steps in a process, which ends by itself, by a kill, or after a limit.

        The options are those of an order to the driver.
        """
        steps = [[self.name(short), step] for short, step in self.design.steps]
        usual = {"watch": False, "kill": None, "impatient": False, "orderly": False}
        order = {"folder": str(self.folder), "steps": steps, "limit": LIMIT, **usual, **options}
        self.lab.driver.stdin.write(json.dumps(order) + "\n")
        self.lab.driver.stdin.flush()
        return json.loads(self.lab.driver.stdout.readline())

    def events(self) -> list[str]:
        """Return the events of the last process that was watched."""
        return (self.folder / "events").read_text().splitlines()

    # -- what must hold at any time

    def broken(self) -> list[str]:
        """Return what is under a final name and not whole, or not what it should be."""
        found: list[str] = []
        for path in self.results.rglob("*.json"):
            try:
                json.loads(path.read_bytes())
            except ValueError:
                found.append(f"wrong: {path.name} is no JSON")
        stored = self.results.glob("*/.vip/store/*/*")
        shown = self.results.glob("*/run-*/**/*")
        found += [
            "wrong: content in the store is not what its name says"
            for path in stored
            if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() != path.name
        ]
        found += [
            f"wrong: {path.name} in the results"
            for path in shown
            if path.is_file() and path.read_bytes() not in DATA.values()
        ]
        return found + self._twice()

    def _twice(self) -> list[str]:
        executions = Counter(one.name for one in self._executions())
        return [f"twice: {name}" for name, count in executions.items() if count > 1]

    def _executions(self) -> list[Any]:
        listed = self.lab.endpoint.portal.store.executions()
        return [one for one in listed if one.name.startswith(f"{self.prefix}-")]

    def _statuses(self) -> set[str]:
        told = self.lab.control("GET", "../rest/executions").json()
        return {one["status"] for one in told if one["name"].startswith(f"{self.prefix}-")}

    # -- what must hold in the end

    def ends_right(self, end: dict[str, Any]) -> list[str]:
        """Return what is wrong with how a process ended, and with what there is then."""
        failure = self.design.failure
        is_right = failure in end["text"] if failure else end["end"] == "done"
        found = self.wrong()
        return found if is_right else [f"{end['end']}: {end['text']}", *found]

    def wrong(self) -> list[str]:
        """Return what is not as it must be once the study is done."""
        count = len(self._executions())
        found = [] if count == self.design.executions else [f"lost: {count} executions"]
        for short, part in self.design.sessions.items():
            runs = part.get("nb_runs", 1) if self.design.is_downloaded else 0
            for run in range(1, runs + 1):
                found += self._wrong_results(short, run)
            there = self.lab.endpoint.portal.tree.exists(f"/vip/Home/API/{self.name(short)}")
            if there and [short, "finish"] in self.design.steps:
                found.append(f"left: data of {short} on VIP")
            if [short, "cancel"] in self.design.steps and self._statuses() != {"Killed"}:
                found.append(f"left: {short} goes on")
            if not (self.results / self.name(short) / "session_data.json").exists():
                found.append(f"lost: session_data.json of {short}")
        return found + self.broken()

    def _wrong_results(self, short: str, run: int) -> list[str]:
        suffix = "-incomplete" if self.design.failure else ""
        folder = self.results / self.name(short) / f"run-{run}{suffix}"
        there = {
            str(path.relative_to(folder)): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file()
        }
        wanted = {
            path: DATA[source]
            for label, source in self.design.labels[short].items()
            for path in (f"{label}.txt", f"{label}.tgz/out/copy")
        }
        told = folder.with_name(f"run-{run}.json")
        manifest = json.loads(told.read_text())["files"] if told.exists() else []
        listed = {file["path"]: (file["bytes"], file["sha256"]) for file in manifest}
        found: list[str] = []
        if there != wanted:
            found.append(f"lost: {short}, run {run} has {sorted(there)}")
        right = {path: _proof(content) for path, content in wanted.items()}
        if listed != ({} if self.design.failure else right):
            found.append(f"wrong: the manifest of {short}, run {run} is {listed}")
        return found

    def answered(self, method: str, status: int, ending: str, query: str = "") -> Counter[str]:
        """Return how often VIP gave a request this answer, by path."""
        return Counter(
            one.path
            for one in list(self.lab.endpoint.portal.activity.exchanges)
            if one.method == method
            and one.status == status
            and f"/{self.prefix}-" in one.path
            and one.path.endswith(ending)
            and query in one.query
        )


def _proof(content: bytes) -> tuple[int, str]:
    return len(content), hashlib.sha256(content).hexdigest()


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    """A sandbox and a driver."""
    pipelines = tmp_path / "pipelines"
    pipelines.mkdir()
    for descriptor in PLAN["pipelines"]:
        (pipelines / f"{descriptor['name']}.json").write_text(json.dumps(descriptor))
    for path, content in DATA.items():
        (tmp_path / "data" / path).parent.mkdir(parents=True)
        (tmp_path / "data" / path).write_bytes(content)
    (tmp_path / "vip").mkdir()
    options = Options(pipelines=(str(pipelines),), capacity=1000, platform_capacity=1000)
    with ExitStack() as stack:
        endpoint = stack.enter_context(running(tmp_path / "vip", options))
        driver = subprocess.Popen(
            [sys.executable, str(DRIVER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        stack.callback(driver.wait, 60)
        stack.callback(driver.stdin.close)
        yield Lab(endpoint, driver, tmp_path)


# -- counts


@pytest.fixture
def tally(record_property) -> Callable[[str, str, list[str]], None]:
    """Count one case of a matrix, and what it was found to have done wrong."""

    def count(matrix: str, group: str, found: list[str]) -> None:
        record_property(_TALLY, [matrix, group, sorted({item.partition(":")[0] for item in found})])

    return count


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the whole matrices to those who ask for them: ``-m matrix``."""
    if "matrix" in config.option.markexpr or any("::" in argument for argument in config.args):
        return
    whole = [item for item in items if item.get_closest_marker("matrix")]
    config.hook.pytest_deselected(items=whole)
    items[:] = [item for item in items if item not in whole]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Tell what was tried and what went wrong, by matrix."""
    tried: dict[str, Counter[str]] = {}
    wrong: dict[str, Counter[str]] = {}
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            for name, value in getattr(report, "user_properties", ()):
                if name == _TALLY and report.when == "call":
                    matrix, group, kinds = value
                    tried.setdefault(matrix, Counter())[group] += 1
                    wrong.setdefault(matrix, Counter()).update(kinds)
    if tried:
        terminalreporter.section("matrix")
    for matrix, groups in tried.items():
        shown = ", ".join(f"{count} {group}" for group, count in sorted(groups.items()))
        terminalreporter.line(f"{matrix}: {groups.total()} tried ({shown})")
        kinds = dict.fromkeys(_KINDS, 0) | wrong[matrix]
        terminalreporter.line("  " + ", ".join(f"{count} {kind}" for kind, count in kinds.items()))
