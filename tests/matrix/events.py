"""What a process does to VIP and to the disk, counted from outside, and its death at one of these.

A request has an event before it is sent, one after each piece of it that is out (if it changes
something), and one when its answer has come; a rename or a link one before and one after; a record
of a logbook one before, one when half of it is written, and one after.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import time
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests

from snakemake_vip import durable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

_DRAWN = re.compile(r"workflow-\w+|\d{4}-\d\d-\d\d_\d{6}|\d+-[0-9a-f]{8}\b|[0-9a-f]{8,}")
"""Parts of names that differ between two processes that do the same."""


class Events:
    """What this process does, in order; at one event it ends itself.

    Parameters
    ----------
    log
        Where each event is written before it takes place, a line each.
    kill
        Number of the event to die at, from 0, or none.
    names
        Sessions, left out of the events: two studies that do the same have the same events.
    """

    def __init__(self, log: Path, kill: int | None, names: Sequence[str]) -> None:
        self._log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        self._kill = kill
        self._next = 0
        self._names = re.compile("|".join(sorted(map(re.escape, set(names)), key=len)[::-1]))

    def at(self, event: str, last_deed: Callable[[], None] = lambda: None) -> None:
        """Pass an event, or die there after a last deed."""
        event = self._names.sub(lambda name: name[0].rpartition("-")[2], event)
        os.write(self._log, f"{_DRAWN.sub('#', event)}\n".encode())
        is_due, self._next = self._next == self._kill, self._next + 1
        if is_due:
            last_deed()
            os.kill(os.getpid(), signal.SIGKILL)

    def watch_files(self) -> None:
        """Count what becomes visible on the disk."""
        for name in ("replace", "rename", "link"):
            setattr(os, name, self._watched(name, getattr(os, name)))
        append = durable.append

        def watched(path: Path, records: Iterable[dict[str, Any]]) -> None:
            if records := list(records):
                self.at(f"before append {path.name}")
                self.at(f"within append {path.name}", lambda: _tear(path, records))
                append(path, records)
                self.at(f"after append {path.name}")

        durable.append = watched

    def _watched(self, name: str, act: Callable[..., None]) -> Callable[..., None]:
        @wraps(act)
        def watched(old: Any, new: Any, **options: Any) -> None:
            self.at(f"before {name} {Path(new).name}")
            act(old, new, **options)
            self.at(f"after {name} {Path(new).name}")

        return watched

    def watch_requests(self) -> None:
        """Count what goes to VIP."""
        send = requests.Session.send
        begin, piece = http.client.HTTPConnection.putrequest, http.client.HTTPConnection.send
        changing: list[str] = []

        def sent(self_: requests.Session, request: requests.PreparedRequest, **options: Any) -> Any:
            parts = urlsplit(request.url)
            what = f"{request.method} {parts.path}" + (f"?{parts.query}" if parts.query else "")
            self.at(f"before {what}")
            answer = send(self_, request, **options)
            self.at(f"after {what}")
            _let_settle(request, answer)
            return answer

        def begun(connection: Any, method: str, url: str, **options: Any) -> None:
            changing[:] = [] if method == "GET" else [f"{method} {urlsplit(url).path}"]
            begin(connection, method, url, **options)

        def sent_piece(connection: Any, data: Any) -> None:
            piece(connection, data)
            for what in changing:
                self.at(f"a piece is out of {what}")

        requests.Session.send = sent
        http.client.HTTPConnection.putrequest = begun
        http.client.HTTPConnection.send = sent_piece


def _tear(path: Path, records: Sequence[dict[str, Any]]) -> None:
    """Write what a crash of the machine would leave of records: the last one cut short."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [durable.canonical(record).encode() for record in records]
    with path.open("ab") as file:
        file.write(b"\n".join([*lines[:-1], lines[-1][: len(lines[-1]) // 2]]))


def _let_settle(request: requests.PreparedRequest, answer: requests.Response) -> None:
    """Wait until VIP has done what it does on its own, so that each process meets the same."""
    if not answer.ok or request.method not in {"POST", "DELETE"}:
        return
    parts = urlsplit(request.url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=60)
    path = f"{parts.path}?action=exists" if request.method == "DELETE" else "/control/state"
    until = time.monotonic() + 120
    while time.monotonic() < until:
        connection.request("GET", path, headers={"apikey": request.headers["apikey"]})
        told = json.loads(connection.getresponse().read())
        if not (told["exists"] if request.method == "DELETE" else told["running"]):
            break
        time.sleep(0.005)
    connection.close()
