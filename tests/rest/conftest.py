"""A server without sense, and a sandbox with a client."""

from __future__ import annotations

import json
import sys
import traceback
import uuid
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from snakemake_vip.rest import key
from snakemake_vip.rest.client import Client
from snakemake_vip.rest.transport import Transport
from snakemake_vip.sandbox.faults import Fault
from snakemake_vip.sandbox.options import Options
from snakemake_vip.sandbox.testing import running

sys.path.append(str(Path(__file__).parent))

from rest_wire import PATIENT, SECRET, serving


@pytest.fixture(scope="session")
def _wires():
    with serving() as first, serving() as second:
        yield first, second


@pytest.fixture
def wire(_wires):
    yield _wires[0]
    _wires[0].fresh()


@pytest.fixture
def other_wire(_wires):
    yield _wires[1]
    _wires[1].fresh()


def chain(error):
    """The error and all that hangs on it."""
    found, todo = [], [error]
    while todo:
        one = todo.pop()
        if one is not None and one not in found:
            found.append(one)
            todo += [one.__cause__, one.__context__]
    return found


@pytest.fixture
def told():
    return _told


@pytest.fixture
def secret():
    return SECRET


def _told(error):
    """All that a curious program can print of an error, local variables included."""
    texts = []
    for one in chain(error):
        report = traceback.TracebackException.from_exception(one, capture_locals=True)
        frames = [
            f"{frame.line} {frame.locals}"
            for frame in report.stack
            if "/tests/" not in frame.filename
        ]
        request = getattr(one, "request", None)
        texts += [str(one), repr(one), repr(one.args), repr(vars(one)), *frames]
        texts.append(repr(dict(request.headers)) if request is not None else "")
    return "\n".join(texts)


def pipeline(name, version="1.0", **more):
    label = {"id": "label", "name": "label", "type": "String", "value-key": "[LABEL]"}
    return {
        "name": name,
        "tool-version": version,
        "description": f"{name}, for tests",
        "schema-version": "0.5",
        "command-line": "echo [LABEL] && echo [LABEL] > [LABEL].txt",
        "inputs": [label],
        "output-files": [{"id": "out", "name": "out", "path-template": "[LABEL].txt"}],
        **more,
    }


ODD_PIPELINES = [
    "Spectro Fit+QC/0.6",
    "FreeSurfer-Recon-all+segmentHA_T1/v7.3.1",
    "Tool (new)/1.0 beta",
    "100%sure/2.0",
    "a%2Bb/1",
    "Ça va?/1.0#2",
    "dots/../1.0",
    ".hidden/.1",
]


@dataclass
class Vip:
    """A sandbox and a client of it."""

    endpoint: object
    client: Client

    @property
    def portal(self):
        return self.endpoint.portal

    def fault(self, kind, **more):
        self.portal.faults.post(Fault.read({"kind": kind, **more}))

    def folder(self):
        """Make a folder that no other test uses."""
        path = f"/vip/Home/{uuid.uuid4().hex}"
        self.client.make_directory(path)
        return path


@pytest.fixture(scope="session")
def descriptors(tmp_path_factory):
    folder = tmp_path_factory.mktemp("descriptors")
    found = [pipeline("Echo"), pipeline("Wait", **{"command-line": "sleep 60; echo [LABEL]"})]
    found += [pipeline(*identifier.rsplit("/", 1)) for identifier in ODD_PIPELINES]
    for number, content in enumerate(found):
        (folder / f"{number}.json").write_text(json.dumps(content))
    return folder


@pytest.fixture
def start_vip(tmp_path, descriptors):
    with ExitStack() as stack:

        def start(limits=PATIENT, **options):
            chosen = Options(**{"pipelines": (str(descriptors),), "capacity": 30, **options})
            endpoint = stack.enter_context(running(tmp_path, chosen))
            found = key.find(str(endpoint.key_file))
            return Vip(endpoint, Client(Transport(endpoint.url, found, limits)))

        yield start


@pytest.fixture(scope="session")
def shared_vip(tmp_path_factory, descriptors):
    options = Options(pipelines=(str(descriptors),), capacity=30, idle=0)
    with running(tmp_path_factory.mktemp("vip"), options) as endpoint:
        found = key.find(str(endpoint.key_file))
        yield Vip(endpoint, Client(Transport(endpoint.url, found, PATIENT)))


@pytest.fixture
def vip(shared_vip):
    """A quick sandbox, shared by all tests and without faults at the beginning of each."""
    shared_vip.portal.faults.clear()
    return shared_vip
