"""A server that answers as it is told, and a sandbox with a client."""

from __future__ import annotations

import json
import socket
import struct
import threading
import traceback
import uuid
from collections import deque
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from snakemake_vip.rest import key
from snakemake_vip.rest.client import Client
from snakemake_vip.rest.key import ApiKey
from snakemake_vip.rest.transport import Limits, Transport
from snakemake_vip.sandbox.faults import Fault
from snakemake_vip.sandbox.options import Options
from snakemake_vip.sandbox.testing import running

SECRET = "sesame4open0the9door7please"
HASTY = Limits(0.5, 0.3, 0.3, 1, patience=0, first_pause=0.01, longest_pause=0.05)
"""Gives up at once."""
PATIENT = Limits(0.5, 0.3, 0.3, 1, patience=5, first_pause=0.01, longest_pause=0.05)
"""Tries again and again, with short pauses."""


@dataclass
class Reply:
    """One answer, good or bad."""

    status: int = 200
    body: bytes = b"{}"
    kind: str | None = "application/json"
    headers: dict = field(default_factory=dict)
    announced: int | None = None
    """Content-Length, where it is not that of the body."""
    before: float = 0
    """Seconds of silence before the answer, or until the test is over."""
    trickle: float = 0
    """Seconds between two bytes of the body."""
    hang: bool = False
    """Whether nothing comes after the body, not even an end."""
    reset: bool = False
    """Whether the connection is reset instead of answered."""
    unread: bool = False
    """Whether the body of the request is left unread."""
    echo: bool = False
    """Whether the body names the last part of the path as identifier."""
    discard: bool = False
    """Whether only the length of the request's body is remembered."""


@dataclass
class Seen:
    """One request."""

    method: str
    target: str
    headers: dict
    body: bytes | int | None
    connection: object


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def handle(self):
        try:
            super().handle()
        except (ConnectionError, ValueError):
            self.close_connection = True

    def taken(self, reply, length):
        """Read the body; return its length only where it is to be discarded."""
        if reply.unread:
            return None
        if not reply.discard:
            return self.rfile.read(length)
        left = length
        while left and (piece := self.rfile.read(min(left, 1 << 16))):
            left -= len(piece)
        return length - left

    def answer(self):
        wire = self.server.wire
        reply, seen, over = wire.next_reply(self.path), wire.seen, wire.over
        length = int(self.headers.get("Content-Length") or 0)
        body = self.taken(reply, length)
        names = {name.lower(): value for name, value in self.headers.items()}
        seen.append(Seen(self.command, self.path, names, body, self.client_address))
        if reply.unread:
            self.close_connection = True
        if reply.before:
            over.wait(reply.before)
        if reply.reset:
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.close_connection = True
            return
        self.head(reply)
        for byte in reply.body if reply.trickle else ():
            self.wfile.write(bytes([byte]))
            if over.wait(reply.trickle):
                break
        if not reply.trickle:
            self.wfile.write(reply.body)
        if reply.hang:
            over.wait(20)
        if reply.announced is not None:
            self.close_connection = True

    def head(self, reply):
        self.send_response(reply.status)
        if reply.kind is not None:
            self.send_header("Content-Type", reply.kind)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.status != 204:
            length = len(reply.body) if reply.announced is None else reply.announced
            self.send_header("Content-Length", str(length))
        self.end_headers()

    do_GET = do_PUT = do_POST = do_DELETE = answer  # noqa: N815


class Wire:
    """A server without sense: replies in turn, the last one for ever."""

    def __init__(self):
        self.over = threading.Event()
        self.fresh()
        self._lock = threading.Lock()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.wire = self
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def fresh(self):
        """End what still hangs, forget what was."""
        self.over.set()
        self.over = threading.Event()
        self.seen = []
        self.replies = deque([Reply()])

    def reply(self, *replies):
        """Answer the next requests so, all further ones like the last; fields of a `Reply` each."""
        self.replies = deque(Reply(**reply) for reply in replies)
        return self

    def say(self, *values):
        """Answer with JSON."""
        return self.reply(*({"body": json.dumps(value).encode()} for value in values))

    def refuse(self, code, status=400, text="no", **more):
        """Answer with an error as VIP does."""
        body = json.dumps({"errorCode": code, "errorMessage": text, **more}).encode()
        return self.reply({"status": status, "body": body})

    def next_reply(self, target):
        with self._lock:
            reply = self.replies.popleft() if len(self.replies) > 1 else self.replies[0]
        if not reply.echo:
            return reply
        return replace(reply, body=json.dumps({"identifier": target.rpartition("/")[2]}).encode())

    def transport(self, limits=HASTY, **changes):
        return Transport(self.url, ApiKey(SECRET), replace(limits, **changes))

    def client(self, limits=HASTY, **changes):
        return Client(self.transport(limits, **changes))

    def patient(self, **changes):
        return self.client(PATIENT, **changes)

    @property
    def targets(self):
        return [(seen.method, seen.target) for seen in self.seen]


@contextmanager
def _serving():
    wire = Wire()
    thread = threading.Thread(target=wire.server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield wire
    finally:
        wire.over.set()
        wire.server.shutdown()
        wire.server.server_close()
        thread.join(5)


@pytest.fixture(scope="session")
def _wires():
    with _serving() as first, _serving() as second:
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

    def requests(self):
        return [(e.method, e.path, e.query) for e in self.portal.activity.exchanges]

    def folder(self):
        """Make a folder that no other test uses."""
        path = f"/vip/Home/{uuid.uuid4().hex}"
        self.client.make_directory(path)
        return path


@pytest.fixture(scope="session")
def descriptors(tmp_path_factory):
    folder = tmp_path_factory.mktemp("descriptors")
    found = [pipeline("Echo")]
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
    options = Options(pipelines=(str(descriptors),), capacity=30)
    with running(tmp_path_factory.mktemp("vip"), options) as endpoint:
        found = key.find(str(endpoint.key_file))
        yield Vip(endpoint, Client(Transport(endpoint.url, found, PATIENT)))


@pytest.fixture
def vip(shared_vip):
    """A quick sandbox, shared by all tests and without faults at the beginning of each."""
    shared_vip.portal.faults.clear()
    shared_vip.portal.activity.exchanges.clear()
    return shared_vip
