"""VIP as one workflow uses it: connected when it is first asked."""

from __future__ import annotations

import itertools
import os
import socket
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from snakemake_storage_plugin_vip.settings import platform

if TYPE_CHECKING:
    from collections.abc import Mapping

    from filelock import FileLock

    from snakemake_storage_plugin_vip.shelf import Shelf
    from snakemake_storage_plugin_vip.transfers import Transfers

INSIDE = Path(".snakemake") / "vip"
RECORDS = INSIDE / "storage"
"""What was sent, fetched and seen, for each platform; of use beside Snakemake's own records."""

_ORIGINS = INSIDE / "origins.jsonl"
"""Where files on VIP come from; VIP rules read it, and add to it."""

_PARTIAL = ".partial"


class Site:
    """The platform, what it was seen to have, and the transfers to and from it.

    Parameters
    ----------
    settings
        Of the plugin.
    workflow
        The global names of the Snakefile.
    local_prefix
        Folder of the local copies.
    """

    def __init__(self, settings: Any, workflow: Mapping[str, Any], local_prefix: Path) -> None:
        self._settings = settings
        self._workflow = workflow
        self._partial = local_prefix.absolute() / _PARTIAL
        self._records = RECORDS.absolute()
        self._origins = _ORIGINS.absolute()
        self._lock = threading.Lock()
        self._parts: tuple[Shelf, Transfers] | None = None
        self._kept: FileLock | None = None

    @property
    def shelf(self) -> Shelf:
        """What VIP was seen to have."""
        return self._connected()[0]

    @property
    def transfers(self) -> Transfers:
        """What sends, fetches and removes."""
        return self._connected()[1]

    def _connected(self) -> tuple[Shelf, Transfers]:
        with self._lock:
            if self._parts is None:
                self._parts = self._connect()
            return self._parts

    def _connect(self) -> tuple[Shelf, Transfers]:
        from snakemake_storage_plugin_vip import gate
        from snakemake_storage_plugin_vip.dates import Dates
        from snakemake_storage_plugin_vip.shelf import Shelf
        from snakemake_storage_plugin_vip.transfers import Transfers
        from snakemake_vip.study.connection import connect, portal
        from snakemake_vip.transfer.hashes import HashCache
        from snakemake_vip.transfer.ledger import Ledger
        from snakemake_vip.transfer.origins import Origins

        where = platform(self._settings, self._workflow)
        client, origins = connect(where), Origins(self._origins)
        allowed, (_, key) = gate.kinds(getattr(self._settings, "allow", None)), portal(where)
        records = self._records / quote(where.url.rpartition("://")[2], safe=":")
        shelf = Shelf(client, Dates(records / "dates.jsonl"), origins, where.max_transfers)
        transfers = Transfers(
            client,
            Ledger(records / "ledger.jsonl"),
            HashCache(records / "hashes.jsonl"),
            origins,
            shelf,
            gate.Gate(allowed, lambda text: key.hidden_in(text) != text),
            self._own_partial(),
            where.max_transfers,
        )
        return shelf, transfers

    def _own_partial(self) -> Path:
        """Return a folder for partial downloads in which no other process works as long as this.

        It is the one of the last run, unless that is still going on: what is there is continued.
        """
        from filelock import FileLock, Timeout

        self._partial.mkdir(parents=True, exist_ok=True)
        for number in itertools.count():
            lock = FileLock(self._partial / f"{number}.lock", thread_local=False)
            try:
                lock.acquire(timeout=0)
            except Timeout:
                continue
            except (OSError, NotImplementedError):
                break  # no locks on this file system
            self._kept = lock
            return self._partial / str(number)
        return self._partial / f"{socket.gethostname()}-{os.getpid()}"
