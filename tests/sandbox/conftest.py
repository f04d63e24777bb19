"""A sandbox with small pipelines, and a client for it that knows nothing of the package."""

from __future__ import annotations

import json
import threading
import time
import uuid
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import pytest
import requests

from snakemake_vip.sandbox.options import Options
from snakemake_vip.sandbox.testing import LocalEndpoint, running

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE = 20


def descriptor(name, command, inputs=(), outputs=(), **more):
    return {
        "name": name,
        "tool-version": "1.0",
        "description": f"{name}, for tests",
        "schema-version": "0.5",
        "command-line": command,
        "inputs": list(inputs),
        "output-files": list(outputs),
        **more,
    }


def given(name, kind="String", **more):
    return {"id": name, "name": name, "type": kind, "value-key": f"[{name.upper()}]", **more}


def made(name, template, **more):
    return {"id": name, "name": name, "path-template": template, **more}


COPY = descriptor(
    "Copy",
    "cat [SOURCE] > [COPY] && echo copied [SOURCE]",
    [given("source", "File")],
    [made("copy", "[SOURCE]_copy.txt", **{"value-key": "[COPY]"})],
)
COPY["output-files"][0]["path-template-stripped-extensions"] = [".txt"]

WORDS = descriptor(
    "Words",
    "echo [LEFT] [RIGHT] > [LEFT]-[RIGHT].txt",
    [given("left"), given("right", **{"default-value": "r"})],
    [made("words", "[LEFT]-[RIGHT].txt")],
)
DOTTED = {**WORDS, "name": "Dotted", "custom": {"vip:dot": ["left", "right"]}}
EXIT = descriptor(
    "Exit",
    "echo out; echo err >&2; exit [CODE]",
    [given("code", "Number", integer=True, minimum=0)],
    **{"error-codes": [{"code": 7, "description": "the seventh seal"}]},
)
del EXIT["output-files"]
WAIT = descriptor(
    "Wait",
    "touch [FLAG].started; until [ -e [FLAG] ]; do sleep 0.02; done; echo waited > [NAME].txt",
    [given("flag"), given("name", **{"default-value": "waited"})],
    [made("waited", "[NAME].txt")],
)
FLAT = {
    **WORDS,
    "name": "Flat",
    "custom": {"vip:resultsDirectorySuffix": "", "vip:dot": ["left", "right"]},
}
PIPELINES = (COPY, WORDS, DOTTED, EXIT, WAIT, FLAT)


def write_pipelines(folder: Path, descriptors) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for number, content in enumerate(descriptors):
        (folder / f"{number}.json").write_text(json.dumps(content))
    return folder


@dataclass
class Vip:
    """One sandbox, asked over HTTP."""

    endpoint: LocalEndpoint
    base: str = field(default_factory=lambda: f"/vip/Home/{uuid.uuid4().hex}")

    @cached_property
    def http(self):
        session = requests.Session()
        session.headers["apikey"] = self.endpoint.key
        session.trust_env = False
        return session

    @property
    def portal(self):
        return self.endpoint.portal

    def __call__(self, method, path, **more):
        return self.http.request(method, f"{self.endpoint.url}/rest{path}", **more)

    def get(self, path, **more):
        return self("GET", path, **more)

    def put(self, path, data=b"", **more):
        return self("PUT", path, data=data, **more)

    def control(self, method, path, **more):
        return self.http.request(method, f"{self.endpoint.url}/control{path}", **more)

    def fault(self, kind, **more):
        answer = self.control("POST", "/faults", json={"kind": kind, **more})
        assert answer.status_code == 201, answer.text

    def folder(self):
        """Make a folder that no other test uses."""
        self.base = f"/vip/Home/{uuid.uuid4().hex}"
        assert self.put(f"/path{self.base}").status_code == 201
        return self.base

    def file(self, name, content=b"content"):
        path = f"{self.folder()}/{name}"
        assert self.put(f"/path{path}", content).status_code == 201
        return path

    def post(self, pipeline, inputs, **more):
        body = {"name": "test", "pipelineIdentifier": pipeline, "inputValues": inputs, **more}
        return self("POST", "/executions", json=body)

    def launch(self, pipeline, inputs, **more):
        answer = self.post(pipeline, inputs, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()["identifier"]

    def execution(self, identifier):
        return self.get(f"/executions/{identifier}").json()

    def ended(self, identifier):
        until(lambda: self.execution(identifier)["status"] != "Running")
        return self.execution(identifier)

    def run(self, pipeline, inputs, **more):
        return self.ended(self.launch(pipeline, inputs, **more))

    @staticmethod
    def until(condition):
        until(condition)

    def content(self, path):
        answer = self.get(f"/path{path}?action=content")
        assert answer.status_code == 200, answer.text
        return answer.content

    def exists(self, path):
        return self.get(f"/path{path}?action=exists").json()["exists"]


def until(condition, patience=PATIENCE):
    """Wait until `condition` holds."""
    deadline = time.monotonic() + patience
    pause = threading.Event()
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        pause.wait(0.01)


@pytest.fixture(scope="session")
def pipelines(tmp_path_factory):
    return write_pipelines(tmp_path_factory.mktemp("pipelines"), PIPELINES)


@pytest.fixture
def sandbox(tmp_path, pipelines):
    """Start sandboxes with given options, in `tmp_path` unless told otherwise."""
    from contextlib import ExitStack

    with ExitStack() as stack:

        def start(folder=None, **options):
            chosen = Options(**{"pipelines": (str(pipelines),), "capacity": 30, **options})
            context = running(folder or tmp_path, chosen)
            return Vip(stack.enter_context(context))

        yield start


@pytest.fixture(scope="module")
def vip(tmp_path_factory, pipelines):
    options = Options(pipelines=(str(pipelines),), capacity=30)
    with running(tmp_path_factory.mktemp("sandbox"), options) as endpoint:
        yield Vip(endpoint)
