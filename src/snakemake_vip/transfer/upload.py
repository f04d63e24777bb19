"""Local files to VIP: each content once, and known to be there.

VIP never overwrites, answers a time-out although it goes on, and checks nothing. So each file is
decided on by what VIP lists and what the ledger knows, a doubtful sending is looked up before it is
repeated, and in the end every size is compared with VIP's list.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from enum import Enum, auto
from typing import IO, TYPE_CHECKING

from snakemake_vip.errors import OutageError, PlatformError, TransferError, VipError
from snakemake_vip.transfer import pool
from snakemake_vip.transfer.download import digest_on_vip
from snakemake_vip.transfer.folders import Folders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import PurePosixPath

    from snakemake_vip.rest.client import Client
    from snakemake_vip.rest.models import PathInfo
    from snakemake_vip.transfer.hashes import HashCache
    from snakemake_vip.transfer.ledger import Entry, Ledger
    from snakemake_vip.transfer.tree import LocalFile

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Rules:
    """How uploads behave.

    Attributes
    ----------
    workers
        Parallel transfers.
    tries
        Times that one file is sent.
    settling
        Seconds that a doubtful transfer may take to show on VIP, which gives up waiting after 45.
    deletion
        Seconds that a deletion may take.
    """

    workers: int = 8
    tries: int = 3
    settling: float = 60
    deletion: float = 300


@dataclass(frozen=True)
class Report:
    """What an upload did: files and bytes sent, files that were already there."""

    sent: int
    bytes: int
    kept: int


class Action(Enum):
    """What to do with one file."""

    KEEP = auto()
    SEND = auto()
    REPLACE = auto()
    PROVE = auto()


def decide(size: int, sha256: str, there: PathInfo | None, known: Entry | None) -> Action:
    """Return what a file needs.

    Parameters
    ----------
    size, sha256
        Of the local file.
    there
        What VIP lists under its path.
    known
        What the ledger says of that path.
    """
    if there is None or not there.exists:
        return Action.SEND
    if there.size != size:
        return Action.REPLACE
    if known is None:
        # Somebody else may have sent it, from another machine: nothing but its content tells.
        return Action.PROVE
    return Action.KEEP if known.sha256 == sha256 else Action.REPLACE


class _Checked:
    """A file that is read for sending, and knows its length."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file = file
        self._left = size

    def __len__(self) -> int:
        return self._left

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(data)
        return data


class Upload:
    """Brings files to VIP.

    Parameters
    ----------
    client
        The platform.
    ledger
        What was sent before; written to.
    hashes
        SHA-256 of local files.
    rules
        How to go about it.
    """

    def __init__(
        self, client: Client, ledger: Ledger, hashes: HashCache, rules: Rules = Rules()
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._hashes = hashes
        self._rules = rules

    def bring(
        self,
        files: Mapping[LocalFile, PurePosixPath],
        root: PurePosixPath,
        after: Callable[[LocalFile], None] = lambda _: None,
    ) -> Report:
        """Bring each file to its path below `root`.

        Parameters
        ----------
        files
            Local file to path on VIP.
        root
            The folder on VIP that holds them all; made where missing.
        after
            Called when a file is there.

        Raises
        ------
        TransferError
            If a file could not be brought; the others were.
        """
        folders = Folders(self._client, self._rules.workers)
        there = folders.survey(root, {path.parent for path in files.values()})
        folders.make(root)

        def act(file: LocalFile) -> int | None:
            return self._bring(file, files[file], there.get(files[file]))

        largest_first = sorted(files, key=lambda file: -file.size)
        outcome = pool.run(largest_first, act, workers=self._rules.workers, after=after)
        self._hashes.save()
        failures = [error for _, error in outcome.failed]
        sent = {file: count for file, count in outcome.done if count is not None}
        failures += self._check({files[file]: size for file, size in sent.items()}, folders)
        if failures:
            raise _summary(failures, len(files), root)
        return Report(len(sent), sum(sent.values()), len(files) - len(sent))

    def _bring(self, file: LocalFile, where: PurePosixPath, there: PathInfo | None) -> int | None:
        """Return the bytes that were sent, or none where the file was there."""
        if there and there.is_directory:
            msg = f"{where} is a folder on VIP, {file.path} is a file"
            raise TransferError(msg, "Remove the folder on VIP, or choose another vip_input_dir.")
        digest = self._hashes.of(file)
        known = self._ledger.get(where)
        action = decide(file.size, digest, there, known)
        if action is Action.PROVE:
            same = digest_on_vip(self._client, where) == digest
            action = Action.KEEP if same else Action.REPLACE
        if action is Action.KEEP:
            if not (known and known.sent and known.sha256 == digest):
                self._ledger.sent(where, file.size, digest)
            return None
        if action is Action.REPLACE:
            self._remove(where)
        self._send(file, where, digest)
        return file.size

    def _remove(self, where: PurePosixPath) -> None:
        self._ledger.removed(where)
        self._client.delete_path(where)
        if not self._client.wait_until_gone(where, self._rules.deletion):
            msg = f"VIP did not delete the old content of {where} within {self._rules.deletion:g} s"
            raise TransferError(msg, "Run the same command again later.")

    def _send(self, file: LocalFile, where: PurePosixPath, digest: str) -> None:
        for left in reversed(range(self._rules.tries)):
            self._ledger.sending(where, file.size, digest)
            try:
                self._put(file, where)
            except (PlatformError, OutageError) as error:
                if self._arrived(where, file.size):
                    break
                if not left:
                    raise
                logger.warning("%s It is sent again.", error.what)
            else:
                break
        self._refuse_if_changed(file)
        self._ledger.sent(where, file.size, digest)

    def _put(self, file: LocalFile, where: PurePosixPath) -> None:
        with file.path.open("rb") as content:
            self._client.upload(where, _Checked(content, file.size), file.size)  # pyright: ignore[reportArgumentType]

    def _refuse_if_changed(self, file: LocalFile) -> None:
        now = file.path.stat()
        if (now.st_size, now.st_mtime_ns) != (file.size, file.modified):
            msg = f"{file.path} changed while it was sent"
            raise TransferError(msg, "Run the same command again when nothing writes to it.")

    def _arrived(self, where: PurePosixPath, size: int) -> bool:
        """Follow a doubtful transfer: VIP may carry on after it has answered."""
        until = time.monotonic() + self._rules.settling
        pause = 0.5
        while True:
            there = self._client.properties(where)
            if there.exists and there.size == size:
                return True
            if time.monotonic() + pause > until:
                break
            time.sleep(pause)
            pause = min(pause * 2, 10)
        if there.exists:
            self._remove(where)
        return False

    def _check(self, sizes: Mapping[PurePosixPath, int], folders: Folders) -> list[VipError]:
        """Compare what was sent with what VIP now lists."""
        listed = folders.list_all({path.parent for path in sizes})
        wrong: list[VipError] = []
        for path, size in sizes.items():
            there = listed.get(path)
            if there is None or there.size != size:
                self._ledger.removed(path)
                seen = "does not list it" if there is None else f"has {there.size} bytes of it"
                msg = f"{path} was sent with {size} bytes, but VIP {seen}"
                wrong.append(TransferError(msg, "Run the same command again."))
        return wrong


def _summary(failures: Iterable[VipError], total: int, root: PurePosixPath) -> TransferError:
    errors = list(failures)
    shown = "\n".join(f"  {error.what}" for error in errors[:10])
    more = f"\n  ... and {len(errors) - 10} more" if len(errors) > 10 else ""  # noqa: PLR2004
    what = f"{len(errors)} of {total} files did not get to {root}:\n{shown}{more}"
    return TransferError(what, errors[0].remedy or "Run the same command again.")
