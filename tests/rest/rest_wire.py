"""A server that answers as it is told and remembers what it was asked."""

from __future__ import annotations

import itertools
import json
import socket
import struct
import threading
import time
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from snakemake_vip.rest.client import Client
from snakemake_vip.rest.key import ApiKey
from snakemake_vip.rest.transport import Limits, Transport

SECRET = "sesame4open0the9door7please"
HASTY = Limits(5, 20, 20, 60, patience=0, first_pause=0.01, longest_pause=0.05)
"""Gives up at once."""
PATIENT = Limits(5, 20, 20, 60, patience=20, first_pause=0.01, longest_pause=0.05)
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
    late: float = 0
    """Seconds before the body of the request is read."""
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
        if reply.late:
            self.server.wire.over.wait(reply.late)
        if not reply.discard:
            return self.rfile.read(length)
        left = length
        while left and (piece := self.rfile.read(min(left, 1 << 16))):
            left -= len(piece)
        return length - left

    def answer(self):
        wire = self.server.wire
        test, _, path = self.path.removeprefix("/").partition("/")
        if test != wire.test:
            # An earlier test did not wait for it.
            self.close_connection = True
            return
        path = f"/{path}"
        reply, seen, over = wire.next_reply(path), wire.seen, wire.over
        length = int(self.headers.get("Content-Length") or 0)
        body = self.taken(reply, length)
        names = {name.lower(): value for name, value in self.headers.items()}
        seen.append(Seen(self.command, path, names, body, self.client_address))
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
        self._tests = itertools.count()
        self._lock = threading.Lock()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.wire = self
        self.fresh()

    def fresh(self):
        """End what still hangs, forget what was."""
        self.over.set()
        self.over = threading.Event()
        self.seen = []
        self.replies = deque([Reply()])
        self.test = f"test{next(self._tests)}"
        self.url = f"http://127.0.0.1:{self.server.server_port}/{self.test}"

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

    def heard(self):
        """Return the requests; one that nobody waited for may only now be heard."""
        deadline = time.monotonic() + 5
        while not self.seen and time.monotonic() < deadline:
            time.sleep(0.005)
        return self.seen

    @property
    def targets(self):
        return [(seen.method, seen.target) for seen in self.seen]


@contextmanager
def serving():
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
