"""A sandbox inside the running process, for tests."""

from __future__ import annotations

import os
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snakemake_vip.sandbox.manager import Endpoint
from snakemake_vip.sandbox.options import Options
from snakemake_vip.sandbox.portal import Portal
from snakemake_vip.sandbox.server import LOOPBACK, Server, listening, sole_server
from snakemake_vip.sandbox.state import StateFolder

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

_PATIENCE = 20


@dataclass(frozen=True)
class LocalEndpoint(Endpoint):
    """The endpoint of a sandbox in this process, and the sandbox itself.

    Attributes
    ----------
    portal
        What is served: its files, executions and options, to look at or to change.
    """

    portal: Portal


@contextmanager
def running(folder: Path, options: Options | None = None) -> Generator[LocalEndpoint]:
    """Serve a sandbox in `folder` from a thread as long as the context lasts.

    Parameters
    ----------
    folder
        Where its state folder is made, or lies already.
    options
        Its options; the defaults unless given, and never those of an earlier start.
    """
    state = StateFolder(folder.resolve())
    ready = threading.Event()
    with ExitStack() as stack:
        stack.enter_context(sole_server(state))
        portal = Portal.open(state, options or Options())
        listener = stack.enter_context(listening(portal.options.port))
        server = Server(portal, lambda _: ready.set())
        thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            if not ready.wait(_PATIENCE):
                msg = f"the sandbox in {folder} did not start"
                raise RuntimeError(msg)
            url = f"http://{LOOPBACK}:{listener.getsockname()[1]}"
            yield LocalEndpoint(url, state.key_file, os.getpid(), state.folder, portal)
        finally:
            server.should_exit = True
            thread.join(_PATIENCE)
