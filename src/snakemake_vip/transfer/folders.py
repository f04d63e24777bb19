"""Folders on VIP: listed once each, made once each, parents first."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from snakemake_vip.errors import AuthenticationError, OutageError, PlatformError, TransferError
from snakemake_vip.rest import names
from snakemake_vip.transfer import pool

if TYPE_CHECKING:
    from collections.abc import Iterable

    from snakemake_vip.rest.client import Client
    from snakemake_vip.rest.models import PathInfo

_TRIES = 3


class Folders:
    """What folders VIP has, as far as was asked.

    Parameters
    ----------
    client
        The platform.
    workers
        Requests at once.
    """

    def __init__(self, client: Client, workers: int) -> None:
        self._client = client
        self._workers = workers
        self._missing: list[PurePosixPath] = []

    def survey(
        self, root: PurePosixPath, folders: Iterable[PurePosixPath]
    ) -> dict[PurePosixPath, PathInfo]:
        """Return what is in `folders` below `root`, with one listing for each that exists."""
        wanted = _with_parents(root, folders)
        self._missing = []
        found: dict[PurePosixPath, PathInfo] = {}
        for level in _levels(wanted):
            # A folder that its parent's listing does not show needs no request of its own.
            known = [folder for folder in level if folder == root or _is_folder(found, folder)]
            listings = self._list(known)
            self._missing += [folder for folder in level if listings.get(folder) is None]
            for listing in listings.values():
                found.update({PurePosixPath(item.path): item for item in listing or ()})
        return found

    def list_all(self, folders: Iterable[PurePosixPath]) -> dict[PurePosixPath, PathInfo]:
        """Return what is in each of `folders`, with one listing each."""
        return {
            PurePosixPath(item.path): item
            for listing in self._list(folders).values()
            for item in listing or ()
        }

    def _list(self, folders: Iterable[PurePosixPath]) -> dict[PurePosixPath, list[PathInfo] | None]:
        outcome = pool.run(sorted(folders), self._client.listing, workers=self._workers)
        for _, error in outcome.failed:
            raise error
        return dict(outcome.done)

    def make(self, root: PurePosixPath) -> None:
        """Make the folders that :meth:`survey` found missing, and the parents of `root`.

        Raises
        ------
        TransferError
            If VIP has a file where a folder is to be, or would give the folder another name.
        """
        above: list[PurePosixPath] = []
        if root in self._missing:
            # /vip and what stands directly below it are VIP's own.
            for parent in list(root.parents)[:-3]:
                if self._client.exists(parent):
                    break
                above.insert(0, parent)
        for folder in above:
            self._make(folder)
        for level in _levels(self._missing):
            outcome = pool.run(level, self._make, workers=self._workers)
            for _, error in outcome.failed:
                raise error
        self._missing = []

    def _make(self, folder: PurePosixPath) -> None:
        if folder.name != names.cleaned(folder.name):
            msg = f"VIP would name the folder {folder} {names.cleaned(folder.name)!r}"
            raise TransferError(msg, "Use letters, digits, '.', '_' and '-' in vip_input_dir.")
        for left in reversed(range(_TRIES)):
            try:
                self._client.make_directory(folder)
            except AuthenticationError:
                raise
            except (PlatformError, OutageError) as error:
                if self._is_made(folder):
                    return
                # A second PUT is harmless; a refusal would only be repeated.
                if isinstance(error, PlatformError) or not left:
                    raise
            else:
                return

    def _is_made(self, folder: PurePosixPath) -> bool:
        """Whether it is there: somebody else made it meanwhile, or the answer was lost."""
        there = self._client.properties(folder)
        if there.exists and not there.is_directory:
            msg = f"{folder} is a file on VIP, and a folder here"
            raise TransferError(msg, "Remove the file on VIP, or choose another vip_input_dir.")
        return there.exists


def _is_folder(found: dict[PurePosixPath, PathInfo], path: PurePosixPath) -> bool:
    return path in found and found[path].is_directory


def _with_parents(root: PurePosixPath, folders: Iterable[PurePosixPath]) -> set[PurePosixPath]:
    wanted = {root}
    for folder in folders:
        current = folder
        while current not in wanted:
            wanted.add(current)
            current = current.parent
    return wanted


def _levels(folders: Iterable[PurePosixPath]) -> list[list[PurePosixPath]]:
    """Return `folders` grouped by depth, the highest first."""
    by_depth: dict[int, list[PurePosixPath]] = {}
    for folder in folders:
        by_depth.setdefault(len(folder.parts), []).append(folder)
    return [sorted(by_depth[depth]) for depth in sorted(by_depth)]
