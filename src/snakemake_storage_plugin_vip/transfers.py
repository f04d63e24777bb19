"""Files and folders between a workflow's local copies and VIP, each verified."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from snakemake_vip.errors import TransferError
from snakemake_vip.rest import names
from snakemake_vip.transfer import pool, tree
from snakemake_vip.transfer.download import Fetched, fetch
from snakemake_vip.transfer.gate import Gate as Passing
from snakemake_vip.transfer.tree import LocalFile
from snakemake_vip.transfer.upload import Rules, Upload

if TYPE_CHECKING:
    from collections.abc import Mapping

    from snakemake_storage_plugin_vip.gate import Gate
    from snakemake_storage_plugin_vip.shelf import Shelf
    from snakemake_vip.rest.client import Client
    from snakemake_vip.rest.models import PathInfo
    from snakemake_vip.transfer.hashes import HashCache
    from snakemake_vip.transfer.ledger import Ledger
    from snakemake_vip.transfer.origins import Origins

TIMESTAMP = ".snakemake_timestamp"
"""What Snakemake puts into a folder that is an output; no data."""


class Transfers:
    """Sends, fetches and removes. Safe to share between threads.

    Parameters
    ----------
    client
        The platform.
    ledger
        What VIP is known to have; written to.
    hashes
        SHA-256 of local files.
    origins
        Where the files on VIP come from; written to.
    shelf
        What VIP was seen to have.
    gate
        Looks at files before they are sent.
    partial
        Where downloads lie until they are whole.
    workers
        Transfers at once.
    """

    def __init__(
        self,
        client: Client,
        ledger: Ledger,
        hashes: HashCache,
        origins: Origins,
        shelf: Shelf,
        gate: Gate,
        partial: Path,
        workers: int,
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._origins = origins
        self._shelf = shelf
        self.partial = partial
        self._gate = gate
        self._passing = Passing(workers)
        self._upload = Upload(client, ledger, hashes, Rules(workers=workers), self._passing)

    def send(self, local: Path, where: PurePosixPath) -> None:
        """Bring a local file or folder to VIP; what VIP had at that path is replaced.

        Raises
        ------
        TransferError
            If it did not get there, or if VIP would alter a name in the folder.
        """
        if not local.is_dir():
            status = local.stat()
            file = LocalFile(local, _relative(where), status.st_size, status.st_mtime_ns)
            self._bring({file: where}, where.parent)
            self._shelf.put(where, status.st_size)
            return
        files = _folder_files(local, where)
        self._bring(files, where)
        kept = set(files.values())
        for item in self._shelf.tree(where):
            path = PurePosixPath(item.path)
            if path not in kept and not item.is_directory:
                self._upload.remove(path)
                self._origins.removed(path)
        self._shelf.put(where, None)

    def _bring(self, files: Mapping[LocalFile, PurePosixPath], root: PurePosixPath) -> None:
        self._gate.refuse(files)
        self._upload.bring(files, root)
        for path in files.values():
            if known := self._ledger.get(path):
                self._origins.note(path, f"sha256:{known.sha256}", known.size)

    def retrieve(self, where: PurePosixPath, local: Path) -> None:
        """Bring a file or folder from VIP; it is at `local` whole or not at all.

        Raises
        ------
        TransferError
            If it is not on VIP, or did not come.
        """
        there = self._shelf.there(where)
        if there.is_directory:
            self._retrieve_folder(where, local)
            return
        fetched = self._fetch(there)
        _place(fetched.path, local)
        date = self._shelf.date(where)
        os.utime(local, (date, date))

    def _fetch(self, there: PathInfo) -> Fetched:
        where = PurePosixPath(there.path)
        fetched = fetch(self._client, where, there.size, self.partial, gate=self._passing)
        known = self._ledger.get(where)
        if known is None or known.sha256 != fetched.sha256 or not known.sent:
            if known and known.sent:
                # Somebody replaced it by as many other bytes, which no listing shows.
                self._shelf.touch(where, there)
                self._origins.note(where, f"sha256:{fetched.sha256}", fetched.size)
            self._ledger.sent(where, fetched.size, fetched.sha256)
        return fetched

    def _retrieve_folder(self, where: PurePosixPath, local: Path) -> None:
        stage = self.partial / f"folder-{secrets.token_hex(8)}"
        try:
            stage.mkdir(parents=True)
            inside = self._shelf.tree(where)
            for item in inside:
                if item.is_directory:
                    _below(stage, where, item).mkdir(parents=True, exist_ok=True)

            def one(item: PathInfo) -> None:
                _place(self._fetch(item).path, _below(stage, where, item))

            files = [item for item in inside if not item.is_directory]
            outcome = pool.run(files, one, workers=self._passing.threads)
            for _, error in outcome.failed:
                raise error
            _place(stage, local)
        finally:
            shutil.rmtree(stage, ignore_errors=True)

    def remove(self, where: PurePosixPath) -> None:
        """Remove a file, or a folder with all in it, from VIP, and wait until it is gone.

        Raises
        ------
        TransferError
            If VIP did not delete it in time.
        """
        self._upload.remove(where)
        for path in list(self._ledger.entries):
            if PurePosixPath(path).is_relative_to(where):
                self._ledger.removed(PurePosixPath(path))
        self._origins.removed(where)
        self._shelf.drop(where)

    def checksum(self, where: PurePosixPath) -> str | None:
        """Return the SHA-256 of a file on VIP where it is known here, and the file has its size."""
        known = self._ledger.get(where)
        if known is None or not known.sent:
            return None
        there = self._shelf.look(where)
        if there is None or there.is_directory or there.size != known.size:
            return None
        return known.sha256


def _relative(where: PurePosixPath) -> PurePosixPath:
    return where.relative_to("/")


def _folder_files(local: Path, where: PurePosixPath) -> dict[LocalFile, PurePosixPath]:
    """Return the files of a local folder and where they go, if VIP takes their names."""
    files: dict[LocalFile, PurePosixPath] = {}
    for file in tree.files(local):
        if file.path.name == TIMESTAMP:
            continue
        clean = names.cleaned_path(file.relative)
        if clean != file.relative:
            what = f"VIP would store {file.relative} of {local} as {clean}"
            raise TransferError(what, "Let the rule write names of letters, digits, '.', '_', '-'.")
        path = where / file.relative
        files[LocalFile(file.path, _relative(path), file.size, file.modified)] = path
    return files


def _below(stage: Path, folder: PurePosixPath, item: PathInfo) -> Path:
    """Return where something of a folder on VIP goes, which is never outside of `stage`."""
    relative = PurePosixPath(item.path).relative_to(folder)
    if ".." in relative.parts:
        msg = f"VIP lists {item.path}, which is no name for a file here"
        raise TransferError(msg, "Remove it on VIP's portal.")
    return stage / relative


def _place(source: Path, target: Path) -> None:
    """Move a whole file or folder to its place, in one step where the disk is the same."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.is_dir() and not target.is_symlink():
        shutil.rmtree(target)
    try:
        source.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        beside = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
        try:
            shutil.move(source, beside)
            beside.replace(target)
        finally:
            beside.unlink(missing_ok=True)
