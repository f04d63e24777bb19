"""The process that serves a sandbox: ``python -m snakemake_vip.sandbox.server``."""

from __future__ import annotations

import asyncio
import ctypes
import json
import logging
import socket
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn
from filelock import FileLock, Timeout

from snakemake_vip.sandbox.api.app import application
from snakemake_vip.sandbox.descriptors import DescriptorError
from snakemake_vip.sandbox.options import Options
from snakemake_vip.sandbox.portal import Portal
from snakemake_vip.sandbox.protocol import Protocol
from snakemake_vip.sandbox.state import StateFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

LOOPBACK = "127.0.0.1"
"""The only address that a sandbox listens on: it is nobody else's VIP."""

_LARGEST_PAUSE = 5.0
_PATIENCE = 5
_KEEP_ALIVE = 60
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_KEPT_MEMORY, _PIECE = 256 << 20, 32 << 20


class AlreadyServedError(Exception):
    """Another server has the same folder."""


class Server(uvicorn.Server):
    """Serves one sandbox until it is told to end, or is idle for long.

    Parameters
    ----------
    portal
        The sandbox.
    on_ready
        Called with the port once requests are answered.
    """

    def __init__(self, portal: Portal, on_ready: Callable[[int], None]) -> None:
        self._portal = portal
        self._on_ready = on_ready
        config = uvicorn.Config(
            application(portal),
            log_config=None,
            access_log=False,
            http=Protocol,
            ws="none",
            server_header=False,
            timeout_graceful_shutdown=_PATIENCE,
            timeout_keep_alive=_KEEP_ALIVE,
        )
        super().__init__(config)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, then tell so."""
        await super().startup(sockets)
        if not self.started or not sockets:
            return
        port: int = sockets[0].getsockname()[1]
        self._watcher = asyncio.get_running_loop().create_task(self._end_when_idle())
        self._portal.state.announce(port)
        self._on_ready(port)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop answering."""
        self._portal.state.withdraw()
        await super().shutdown(sockets)

    async def _end_when_idle(self) -> None:
        while not self._portal.is_idle:  # noqa: ASYNC110 - idleness is the absence of events
            await asyncio.sleep(min(_LARGEST_PAUSE, max(0.05, self._portal.options.idle / 4)))
        logging.getLogger(__name__).info("idle: the sandbox ends")
        self.should_exit = True


@contextmanager
def sole_server(state: StateFolder) -> Generator[None]:
    """Be the only server of `state` as long as the context lasts.

    Raises
    ------
    AlreadyServedError
        If there is another.
    """
    state.create()
    lock = FileLock(state.server_lock)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        msg = f"a sandbox runs already in {state.folder}"
        raise AlreadyServedError(msg) from error
    try:
        state.withdraw()
        yield
    finally:
        lock.release()


def serve(
    state: StateFolder, options: Options, on_ready: Callable[[int], None], kept: Options
) -> None:
    """Serve the sandbox in `state` until it ends.

    Parameters
    ----------
    state
        Its folder.
    options
        How it behaves now.
    on_ready
        Called with the port once requests are answered.
    kept
        The options of the next start. What cannot start now is not kept.

    Raises
    ------
    AlreadyServedError
        If another server has it.
    DescriptorError
        If a pipeline cannot be used.
    OSError
        If the port is taken.
    """
    with sole_server(state):
        portal = Portal.open(state, options)
        with listening(options.port) as listener:
            kept.write(state.options_file)
            Server(portal, on_ready).run(sockets=[listener])


def listening(port: int) -> socket.socket:
    """Return a socket that listens on the loopback interface; `port` 0 takes a free one."""
    # asyncio turns Nagle's delay off only where the protocol is named
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
        listener.listen(512)
    except OSError:
        listener.close()
        raise
    return listener


def main(arguments: list[str]) -> int:
    """Serve a folder: its path, and the options as JSON, stand on the command line."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    _keep_memory()
    state = StateFolder(Path(arguments[0]).resolve())
    options = Options().changed(json.loads(arguments[1]))
    try:
        serve(state, options, lambda _: None, kept=options)
    except (AlreadyServedError, DescriptorError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _keep_memory() -> None:
    """Keep the memory of pieces that were sent: new memory costs more than all else about them."""
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)  # glibc's
    if set_option:
        set_option(_M_TRIM_THRESHOLD, _KEPT_MEMORY)
        set_option(_M_MMAP_THRESHOLD, _PIECE)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
