"""Starting, finding and stopping the sandbox of a folder. There is never more than one."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from snakemake_vip.sandbox.options import CHANGEABLE, Options
from snakemake_vip.sandbox.state import StateFolder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_HOST = "127.0.0.1"
_START_PATIENCE = 60.0
_STOP_PATIENCE = 15.0
_ANSWER_PATIENCE = 10.0
_PAUSE = 0.02
_LOG_TAIL = 2000
_NEEDED = ("boutiques", "starlette", "uvicorn")
_EXTRA = "snakemake-vip[sandbox]"


class SandboxError(Exception):
    """The sandbox cannot be started or stopped; the text says why."""


@dataclass(frozen=True)
class Endpoint:
    """Where a sandbox is.

    Attributes
    ----------
    url
        The portal's URL, as a user of VIP would name it; the REST API is below ``/rest``.
    key_file
        The file with the API key.
    pid
        The process that serves it.
    folder
        The folder that it belongs to.
    """

    url: str
    key_file: Path
    pid: int
    folder: Path

    @property
    def key(self) -> str:
        """The API key."""
        return self.key_file.read_text().strip()


def require_extra() -> None:
    """Make sure that what the sandbox needs is installed.

    Raises
    ------
    SandboxError
        If it is not; the text holds the command that installs it.
    """
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        msg = (
            f"the sandbox needs packages that are not installed ({', '.join(missing)}):"
            f" pip install '{_EXTRA}'"
        )
        raise SandboxError(msg)


def status(folder: Path) -> Endpoint | None:
    """Return where the sandbox of `folder` is, or none if it does not run."""
    state = StateFolder(folder.resolve())
    if not _is_served(state):
        return None
    announced = state.announced()
    return None if announced is None else _endpoint(state, *announced)


def ensure(folder: Path, options: Options | None = None) -> Endpoint:
    """Return the sandbox of `folder`, started if it does not run and answering.

    Parameters
    ----------
    folder
        The user's folder.
    options
        What it is to be like. A running one is changed, or started anew where it cannot be. Unless
        given, it is what it was at its last start.

    Raises
    ------
    SandboxError
        If it does not start; the text holds the reason.
    """
    return start(folder, options)


def start(folder: Path, options: Options | None = None) -> Endpoint:
    """Start the sandbox of `folder` as a process of its own, unless it runs; see :func:`ensure`."""
    state = StateFolder(folder.resolve())
    require_extra()
    try:
        state.create()
    except OSError as error:
        msg = f"cannot keep a sandbox in {state.folder}: {error}"
        raise SandboxError(msg) from error
    with _start_lock(state):
        endpoint = _awaited_endpoint(state)
        if endpoint is not None and options is not None:
            endpoint = _adapted(state, endpoint, options)
        return endpoint or _started(state, options)


def stop(folder: Path) -> bool:
    """Stop the sandbox of `folder`; executions go on at its next start.

    Returns
    -------
        Whether there was one.

    Raises
    ------
    SandboxError
        If it does not end.
    """
    state = StateFolder(folder.resolve())
    if not state.root.exists():
        return False
    with _start_lock(state):
        return _stopped(state)


def _start_lock(state: StateFolder) -> FileLock:
    return FileLock(state.start_lock, timeout=_START_PATIENCE)


def _is_served(state: StateFolder) -> bool:
    """Whether a server lives: it holds a lock, which no crash can leave behind."""
    if not state.server_lock.exists():
        return False
    lock = FileLock(state.server_lock)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return True
    lock.release()
    return False


def _endpoint(state: StateFolder, port: int, pid: int) -> Endpoint:
    return Endpoint(f"http://{_HOST}:{port}", state.key_file, pid, state.folder)


def _awaited_endpoint(state: StateFolder) -> Endpoint | None:
    """Return the server's endpoint once it answers, none when there is no server."""

    def answering() -> Endpoint | None:
        announced = state.announced()
        if announced is None or not _answers(announced[0]):
            return None
        return _endpoint(state, *announced)

    deadline = time.monotonic() + _START_PATIENCE
    while _is_served(state):
        endpoint = answering()
        if endpoint is not None:
            return endpoint
        if time.monotonic() > deadline:
            msg = f"the sandbox in {state.folder} runs but does not answer; see {state.log_file}"
            raise SandboxError(msg)
        time.sleep(_PAUSE)
    return None


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(_HOST, port, timeout=_ANSWER_PATIENCE)
    try:
        connection.request("GET", "/rest/platform")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _started(state: StateFolder, options: Options | None) -> Endpoint:
    chosen = json.dumps((options or Options.read(state.options_file)).as_json())
    command = [sys.executable, "-m", "snakemake_vip.sandbox.server", str(state.folder), chosen]
    with state.log_file.open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=state.root,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    endpoint = _waited(lambda: _endpoint_of(state, process), _START_PATIENCE)
    if endpoint is None:
        process.kill()
        msg = f"the sandbox in {state.folder} did not start:\n{_tail(state.log_file)}"
        raise SandboxError(msg)
    process.returncode = 0  # it outlives this process on purpose: no warning that nobody waited
    return endpoint


def _endpoint_of(state: StateFolder, process: subprocess.Popen[bytes]) -> Endpoint | None:
    """Return the endpoint of a server just started, none if it is not ready yet."""
    if process.poll() is not None:
        msg = f"the sandbox in {state.folder} did not start:\n{_tail(state.log_file)}"
        raise SandboxError(msg)
    announced = state.announced()
    if announced is None or announced[1] != process.pid or not _answers(announced[0]):
        return None
    return _endpoint(state, *announced)


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-_LOG_TAIL:].strip()


def _waited(look: Callable[[], Endpoint | None], patience: float) -> Endpoint | None:
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        endpoint = look()
        if endpoint is not None:
            return endpoint
        time.sleep(_PAUSE)
    return None


def _adapted(state: StateFolder, endpoint: Endpoint, options: Options) -> Endpoint | None:
    """Give a running server other options; none if it had to be stopped for that."""
    current = Options.read(state.options_file)
    if current.needs_restart(options):
        _stopped(state)
        return None
    wanted = options.as_json()
    changes = {n: wanted[n] for n in CHANGEABLE if wanted[n] != current.as_json()[n]}
    if changes:
        control(endpoint, "PUT", "/control/options", changes)
    return endpoint


def control(endpoint: Endpoint, method: str, path: str, body: Any = None) -> Any:
    """Ask the control API of a sandbox and return its JSON answer.

    Raises
    ------
    SandboxError
        If it refuses.
    """
    address = endpoint.url.removeprefix("http://")
    connection = http.client.HTTPConnection(address, timeout=_ANSWER_PATIENCE)
    headers = {"apikey": endpoint.key, "Content-Type": "application/json"}
    try:
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        response = connection.getresponse()
        content = response.read()
    finally:
        connection.close()
    if response.status >= http.client.BAD_REQUEST:
        msg = f"{method} {path}: {response.status} {content.decode(errors='replace')}"
        raise SandboxError(msg)
    return json.loads(content) if content else None


def _stopped(state: StateFolder) -> bool:
    announced = state.announced()
    if announced is None or not _is_served(state):
        return False
    os.kill(announced[1], signal.SIGTERM)
    deadline = time.monotonic() + _STOP_PATIENCE
    while _is_served(state):
        if time.monotonic() > deadline:
            os.kill(announced[1], signal.SIGKILL)
            deadline += _STOP_PATIENCE
        time.sleep(_PAUSE)
    state.withdraw()
    return True
