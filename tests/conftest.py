"""What all tests share: a local VIP with small pipelines, and studies on it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
import yaml
from hypothesis import HealthCheck, settings

from snakemake_vip import assets
from snakemake_vip.sandbox.options import Options
from snakemake_vip.sandbox.testing import LocalEndpoint, running
from snakemake_vip.session import download, launch, upload
from snakemake_vip.session.workbench import SessionBench, Workbench
from snakemake_vip.study import config
from snakemake_vip.study.times import Times

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from snakemake_vip.session.manifest import Manifest

BIN = Path(sys.executable).parent
LONGEST = 600
"""Seconds that a command may take on a machine that does much else; by itself it takes a few."""

# Nothing here is a measure of speed: the machines are shared. CI tries the same cases each time.
settings.register_profile(
    "shared",
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("shared")


def _input(name: str, kind: str = "String", **more: Any) -> dict[str, Any]:
    return {"id": name, "name": name, "type": kind, "value-key": f"[{name.upper()}]", **more}


def _pipeline(name: str, command: str, inputs: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "tool-version": "1.0",
        "description": name,
        "schema-version": "0.5",
        "command-line": command,
        "inputs": inputs,
        "output-files": [{"id": "result", "name": "result", "path-template": "[LABEL].tgz"}],
        **more,
    }


_FILE, _LABEL = _input("file", "File"), _input("label")
_ZIPPED = {"custom": {"vip:dot": ["file", "label"]}}
_PACK = "mkdir out; wc -c < [FILE] > out/bytes.txt; cp [FILE] out/copy; tar czf [LABEL].tgz out"
PIPELINES = [
    # Counts the bytes of its file.
    _pipeline("Count", _PACK, [_FILE, _LABEL], **_ZIPPED),
    # The same after as many seconds as it is told.
    _pipeline(
        "Slow",
        f"sleep [SECONDS]; {_PACK}",
        [_FILE, _LABEL, _input("seconds", "Number", optional=True, **{"default-value": 1})],
        **_ZIPPED,
    ),
    # Fails with code 3 for a file that begins with "bad".
    _pipeline(
        "Picky",
        f"grep -q ^bad [FILE] && echo this is bad >&2 && exit 7; {_PACK}",
        [_FILE, _LABEL],
        **_ZIPPED,
        **{"error-codes": [{"code": 7, "description": "The file is bad."}]},
    ),
    # Fails as often as it is told for a label that begins with "flaky"; counts in a folder.
    _pipeline(
        "Flaky",
        "case [LABEL] in flaky*) n=$(ls [MARKS] | grep -c ^[LABEL]@); "
        f"if [ $n -lt [FAILURES] ]; then touch [MARKS]/[LABEL]@$n; exit 3; fi;; esac; {_PACK}",
        [_FILE, _LABEL, _input("marks"), _input("failures", "Number", integer=True)],
        **_ZIPPED,
    ),
    # A result that is no archive, crossed lists.
    _pipeline(
        "Repeat",
        "for i in $(seq [TIMES]); do cat [FILE]; done > [LABEL]_[TIMES].txt",
        [_FILE, _LABEL, _input("times", "Number", integer=True)],
        **{
            "output-files": [{"id": "text", "name": "text", "path-template": "[LABEL]_[TIMES].txt"}]
        },
    ),
]


@pytest.fixture(scope="session")
def pipelines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the descriptors of the tests."""
    folder = tmp_path_factory.mktemp("pipelines")
    for pipeline in PIPELINES:
        (folder / f"{pipeline['name']}.json").write_text(json.dumps(pipeline))
    return folder


@dataclass
class Vip:
    """A running sandbox, seen from outside."""

    endpoint: LocalEndpoint

    @property
    def url(self) -> str:
        return self.endpoint.url

    @property
    def key_file(self) -> Path:
        return self.endpoint.key_file

    def _control(self, method: str, what: str, **options: Any) -> Any:
        headers = {"apikey": self.endpoint.key}
        url = f"{self.url}/control/{what}"
        answer = requests.request(method, url, headers=headers, timeout=60, **options)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def requests(self) -> list[dict[str, Any]]:
        """What was asked of the API since the last time that it was forgotten."""
        return [item for item in self._control("GET", "requests") if item["path"] != "/control"]

    def changes(self) -> list[str]:
        """Requests that change something, as ``PUT path``."""
        return [
            f"{item['method']} {item['path']}"
            for item in self.requests()
            if item["method"] != "GET" and item["path"].startswith("/rest")
        ]

    def forget(self) -> None:
        self._control("DELETE", "requests")

    def set(self, **options: Any) -> None:
        self._control("PUT", "options", json=options)

    def fault(self, **fault: Any) -> None:
        self._control("POST", "faults", json=fault)

    def heal(self) -> None:
        self._control("DELETE", "faults")

    def get(self, path: str, **params: str) -> Any:
        answer = requests.get(
            f"{self.url}/rest/{path}",
            params=params,
            headers={"apikey": self.endpoint.key},
            timeout=60,
        )
        return answer.json()

    def executions(self) -> list[dict[str, Any]]:
        return self.get("executions")

    def listing(self, path: str) -> list[str]:
        answer = self.get(f"path{path}", action="list")
        return [item["path"] for item in answer] if isinstance(answer, list) else []


@pytest.fixture
def start_vip(tmp_path: Path, pipelines: Path) -> Iterator[Callable[..., Vip]]:
    """Start a sandbox with options of one's own."""
    from contextlib import ExitStack

    with ExitStack() as stack:

        def start(**options: Any) -> Vip:
            folder = tmp_path / "vip"
            folder.mkdir(exist_ok=True)
            chosen = Options(**{"pipelines": (str(pipelines),), "capacity": 10, **options})
            return Vip(stack.enter_context(running(folder, chosen)))

        yield start


@pytest.fixture
def vip(start_vip: Callable[..., Vip]) -> Vip:
    """A sandbox that is quick and roomy."""
    return start_vip()


QUICK = Times(
    settling=0.6,
    refusal=0.3,
    claim=1,
    deletion=5,
    first_look=0.02,
    longest_look=0.1,
    first_pause=0.02,
    longest_pause=0.1,
)
"""Waits for a VIP that answers in milliseconds."""


def _printed(process: subprocess.Popen[str]) -> str:
    """Return all that a command prints until it ends; none is left behind that does not."""
    try:
        return process.communicate(timeout=LONGEST)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        pytest.fail(f"not over after {LONGEST} s: {process.communicate()[0]}")


@dataclass
class Study:
    """A folder with data and a configuration, as a user has it."""

    folder: Path
    vip: Vip
    sessions: dict[str, Any] = field(default_factory=dict)
    platform: dict[str, Any] = field(default_factory=dict)
    times: Times = field(default_factory=Times)

    def __post_init__(self) -> None:
        self.write("data/s1/in.txt", "one\n")
        self.write("data/s2/in.txt", "two two\n")
        self.sessions.setdefault(
            "a",
            {
                "pipeline_id": "Count/1.0",
                "input_dir": "data",
                "input_settings": {"file": ["s1/in.txt", "s2/in.txt"], "label": ["x", "y"]},
            },
        )

    def write(self, path: str, text: str) -> Path:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        return target

    @property
    def document(self) -> dict[str, Any]:
        vip = {
            "url": self.vip.url,
            "api_key": str(self.vip.key_file),
            "max_executions": 10,
            "refresh_time": 0.5,
            "patience": 20,
            **self.platform,
        }
        return {"vip": vip, "sessions": self.sessions}

    def hasten(self) -> Study:
        """Look at VIP often, and give up soon."""
        self.platform |= {"refresh_time": 0.05, "patience": 3}
        self.times = QUICK
        self.configure()
        return self

    def configure(self, text: str | None = None) -> None:
        self.write("config/config.yaml", text or yaml.safe_dump(self.document, sort_keys=False))

    def bench(
        self, name: str = "a", times: Times | None = None, output_dir: str = "vip_outputs"
    ) -> SessionBench:
        """The session at work in this process; another `output_dir` is another machine."""
        document = {**self.document, "output_dir": str(self.folder / output_dir)}
        for session in document["sessions"].values():
            if "input_dir" in session:
                session["input_dir"] = str(self.folder / session["input_dir"])
        return Workbench(config.study(document), times or self.times).session(name)

    def environment(self) -> dict[str, str]:
        path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
        kept = {name: v for name, v in os.environ.items() if not name.startswith(("XDG_", "VIP_"))}
        return {**kept, "PATH": path, "HOME": str(self.folder / "home")}

    def start(self, *command: str, **options: Any) -> subprocess.Popen[str]:
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.environment(),
            stdout=subprocess.PIPE,
            text=True,
            **{"stderr": subprocess.STDOUT, **options},
        )

    def run(self, *command: str, ok: bool = True) -> str:
        """Run a command here; return all that it printed."""
        process = self.start(*command)
        printed = _printed(process)
        if ok:
            assert process.returncode == 0, printed
        else:
            assert process.returncode != 0, printed
        return printed

    def snakemake_command(self, *arguments: str) -> list[str]:
        profile = assets.profile("vip")
        return ["snakemake", "-s", assets.snakefile(), "--profile", profile, *arguments]

    def snakemake(self, *arguments: str, ok: bool = True) -> str:
        return self.run(*self.snakemake_command(*arguments), ok=ok)

    def cli(self, *arguments: str, code: int = 0) -> str:
        process = self.start("snakemake-vip", *arguments)
        printed = _printed(process)
        assert process.returncode == code, printed
        assert "Traceback" not in printed
        return printed

    def text(self, path: str) -> str:
        return (self.folder / "vip_outputs" / path).read_text()

    def json(self, path: str) -> Any:
        return json.loads(self.text(path))


@pytest.fixture
def study(tmp_path: Path, vip: Vip) -> Study:
    """A study of one session on the quick sandbox, configured."""
    return _study(tmp_path, vip)


@pytest.fixture
def new_study(tmp_path: Path) -> Callable[[Vip], Study]:
    """Make a study on a sandbox of one's own."""
    return lambda vip: _study(tmp_path, vip)


def _study(tmp_path: Path, vip: Vip) -> Study:
    folder = tmp_path / "study"
    folder.mkdir(exist_ok=True)
    made = Study(folder, vip)
    made.configure()
    return made


@pytest.fixture
def quick(study: Study) -> Study:
    """A study that looks at VIP often and gives up soon."""
    return study.hasten()


@pytest.fixture
def times() -> Times:
    """The times of ``Study.bench``, to be replaced in part."""
    return QUICK


@pytest.fixture
def new_quick(start_vip: Callable[..., Any], new_study: Callable[..., Any]) -> Callable[..., Any]:
    """Make such a study on a sandbox with options of one's own."""

    def make(**options: Any) -> Any:
        return new_study(start_vip(**options)).hasten()

    return make


@pytest.fixture
def done() -> Callable[..., Manifest]:
    """Do all but the clean-up."""

    def do(bench: SessionBench, run: int = 1) -> Manifest:
        upload.upload(bench)
        launch.launch(bench, run)
        return download.download(bench, run)

    return do


@pytest.fixture
def events() -> Callable[[SessionBench], list[str]]:
    """Return the kinds of events in a journal."""

    def kinds(bench: SessionBench) -> list[str]:
        lines = bench.folder.journal.read_text().splitlines()
        return [json.loads(line)["event"] for line in lines]

    return kinds
