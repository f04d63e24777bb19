"""Everything that one running sandbox works with."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from snakemake_vip.sandbox.descriptors import PACKAGED, Pipeline, load
from snakemake_vip.sandbox.engine import Engine
from snakemake_vip.sandbox.faults import FaultBoard
from snakemake_vip.sandbox.store import Store
from snakemake_vip.sandbox.transfers import Transfers
from snakemake_vip.sandbox.tree import Tree

if TYPE_CHECKING:
    from snakemake_vip.sandbox.options import Options
    from snakemake_vip.sandbox.state import StateFolder

_LOGGED_REQUESTS = 200_000


@dataclass(frozen=True)
class Exchange:
    """One request and its answer.

    Attributes
    ----------
    time
        When it began, in seconds since the epoch.
    seconds
        How long it took.
    method, path, query
        What was asked.
    status
        The HTTP status; 0 where the connection ended without an answer.
    received, sent
        Bytes of both bodies.
    """

    time: float
    seconds: float
    method: str
    path: str
    query: str
    status: int
    received: int
    sent: int


@dataclass
class Activity:
    """Who asked what, and when: for the log of requests and for the idle end."""

    exchanges: deque[Exchange] = field(default_factory=lambda: deque(maxlen=_LOGGED_REQUESTS))
    open_requests: int = 0
    last: float = field(default_factory=time.monotonic)

    @property
    def quiet_for(self) -> float:
        """Seconds since anybody asked anything."""
        return 0.0 if self.open_requests else time.monotonic() - self.last


class Portal:
    """A local VIP: its files, its executions, its pipelines, its options.

    Parameters
    ----------
    state
        Its folder.
    options
        Its options at the start.
    pipelines
        Identifier to pipeline.
    """

    def __init__(
        self, state: StateFolder, options: Options, pipelines: dict[str, Pipeline]
    ) -> None:
        self.state = state
        self.options = options
        self.pipelines = pipelines
        self.activity = Activity()
        self.faults = FaultBoard()
        self.tree = Tree(state)
        self.store = Store(state.database)
        self.engine = Engine(state, self.tree, self.store, pipelines, lambda: self.options)
        self.transfers = Transfers(lambda: self.options)

    @classmethod
    def open(cls, state: StateFolder, options: Options) -> Self:
        """Open the sandbox in `state`.

        Raises
        ------
        DescriptorError
            If a descriptor cannot be used.
        """
        folders = [PACKAGED, *(Path(folder) for folder in options.pipelines)]
        pipelines = load(folder for folder in folders if folder != PACKAGED or folder.is_dir())
        state.create()
        return cls(state, options, pipelines)

    def begin(self) -> None:
        """Take up what an earlier server left."""
        self.tree.sweep()
        self.engine.resume()

    async def end(self) -> None:
        """Finish transfers and stop jobs; executions go on at the next start."""
        await self.transfers.finish()
        self.engine.stop()
        self.store.close()

    @property
    def is_idle(self) -> bool:
        """Whether nobody asked anything for long, and nothing runs."""
        limit = self.options.idle
        if not limit or self.activity.quiet_for < limit:
            return False
        return not self.store.running() and not self.transfers.busy

    def change(self, changes: dict[str, Any]) -> None:
        """Change options while running."""
        self.options = self.options.changed(changes)
