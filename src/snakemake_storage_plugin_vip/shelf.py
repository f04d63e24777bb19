"""What VIP has, as far as this run has looked: one listing a folder serves all its files."""

from __future__ import annotations

import hashlib
import threading
import time
from typing import TYPE_CHECKING

from snakemake_storage_plugin_vip import dates
from snakemake_vip import durable
from snakemake_vip.errors import TransferError
from snakemake_vip.rest.models import PathInfo
from snakemake_vip.transfer.folders import Folders

if TYPE_CHECKING:
    from pathlib import PurePosixPath

    from snakemake_storage_plugin_vip.dates import Dates
    from snakemake_vip.rest.client import Client
    from snakemake_vip.transfer.origins import Origins

FRESH = 10.0
"""Seconds for which a file that was listed is taken to be there still."""

MOMENT = 1.0
"""Seconds for which a file that was not listed is taken to be missing still: a job may make it."""


class Shelf:
    """The files of a workflow on VIP. Safe to share between threads.

    Parameters
    ----------
    client
        The platform.
    known
        What was seen when.
    origins
        Where the files come from; what somebody else replaced is noted there.
    workers
        Requests at once.
    """

    def __init__(self, client: Client, known: Dates, origins: Origins, workers: int) -> None:
        self._client = client
        self._dates = known
        self._origins = origins
        self._workers = workers
        self._lock = threading.Lock()
        self._turns: dict[PurePosixPath, threading.Lock] = {}
        self._listed: dict[PurePosixPath, float] = {}
        self._children: dict[PurePosixPath, dict[str, PathInfo]] = {}
        self._changed: dict[PurePosixPath, float | None] = {}
        self._absent: set[PurePosixPath] = set()

    def folder(self, folder: PurePosixPath, within: float = FRESH) -> dict[str, PathInfo]:
        """Return what is in a folder by name, from a listing of the last `within` seconds.

        A folder that is not there is an empty one.
        """
        with self._lock:
            turn = self._turns.setdefault(folder, threading.Lock())
        with turn:
            if (listed := self._listed.get(folder)) is None or time.monotonic() - listed > within:
                asked = time.monotonic()
                children = {item.name: item for item in self._client.listing(folder) or ()}
                with self._lock:
                    self._children[folder] = children
                    self._listed[folder] = asked
                    self._changed.pop(folder, None)
            with self._lock:
                return dict(self._children[folder])

    def look(self, path: PurePosixPath) -> PathInfo | None:
        """Return what is at a path, or none where there is nothing."""
        found = self.folder(path.parent).get(path.name)
        if found is None:
            found = self.folder(path.parent, MOMENT).get(path.name)
        if found is None:
            self._absent.add(path)
        elif not found.is_directory or path in self._absent:
            # Dated now, and not when somebody asks for the date in a later run.
            self._date(path, found)
        return found

    def there(self, path: PurePosixPath) -> PathInfo:
        """Return what is at a path.

        Raises
        ------
        TransferError
            If there is nothing.
        """
        if found := self.look(path):
            return found
        remedy = "Look at the name, in VIP's portal for example."
        msg = f"there is no {path} on VIP"
        raise TransferError(msg, remedy)

    def date(self, path: PurePosixPath) -> float:
        """Return since when a path has been what it is, in seconds since the epoch.

        Raises
        ------
        TransferError
            If there is nothing.
        """
        return self._date(path, self.there(path))

    def _date(self, path: PurePosixPath, found: PathInfo) -> float:
        state, known = self._state(path, found), self._dates.get(path)
        made = self._origins.get(path)
        is_made = made is not None and made.size == found.size
        if known and known.state == state:
            made_since = dates.exact(made.since) if made and is_made else known.since
            is_anew = made_since > known.since
            return self._dates.note(path, state, made_since) if is_anew else known.since
        is_news = known is not None or path in self._absent
        since = dates.now() if is_news else self._at_latest(path.parent)
        if known and not found.is_directory and not is_made:
            # Not by a rule of this workflow.
            self._origins.note(path, f"seen:{since}", found.size)
            since = dates.now()
        self._absent.discard(path)
        return self._dates.note(path, state, since)

    def _state(self, path: PurePosixPath, found: PathInfo) -> str:
        if not found.is_directory:
            return str(found.size)
        listed = [(item.path, item.is_directory or item.size) for item in self.tree(path)]
        return hashlib.sha256(durable.canonical(sorted(listed)).encode()).hexdigest()

    def _at_latest(self, folder: PurePosixPath) -> float:
        """Return when something in a folder changed last: what was never seen is no younger.

        VIP replaces nothing, it deletes and makes anew, and both change the folder.
        """
        if folder not in self._changed:
            self._changed[folder] = self._client.properties(folder).modified
        changed = self._changed[folder]
        # VIP tells whole seconds.
        return dates.now() if changed is None else min(dates.now(), dates.exact(changed + 1))

    def tree(self, path: PurePosixPath) -> list[PathInfo]:
        """Return all files and folders below a folder, with one listing for each folder."""
        found: list[PathInfo] = []
        level, folders = [path], Folders(self._client, self._workers)
        while level:
            listed = folders.list_all(level)
            found += [item for where, item in listed.items() if where.is_relative_to(path)]
            level = [where for where, item in listed.items() if item.is_directory]
        return found

    def put(self, path: PurePosixPath, size: int | None) -> None:
        """Take note of what has just been sent: a file of `size` bytes, or a folder."""
        info = PathInfo(str(path), exists=True, is_directory=size is None, size=size)
        self._forget_below(path)
        with self._lock:
            if path.parent in self._listed:
                self._children[path.parent][path.name] = info
        self.touch(path, info)

    def touch(self, path: PurePosixPath, found: PathInfo | None = None) -> float:
        """Give a path the present date, here: VIP has no dates.

        Raises
        ------
        TransferError
            If there is nothing.
        """
        state = self._state(path, found or self.there(path))
        self._absent.discard(path)
        return self._dates.note(path, state, dates.now())

    def drop(self, path: PurePosixPath) -> None:
        """Take note that a path was removed, with all below it."""
        self._dates.drop(path)
        self._absent.add(path)
        self._forget_below(path)
        with self._lock:
            self._listed.pop(path.parent, None)

    def _forget_below(self, path: PurePosixPath) -> None:
        with self._lock:
            for folder in [folder for folder in self._listed if folder.is_relative_to(path)]:
                del self._listed[folder]
