"""Local files to VIP: each content once, and known to be there.

VIP never overwrites, answers a time-out although it goes on, and checks nothing. So each file is
decided on by what VIP lists and what the ledger knows, a doubtful sending is looked up before it is
repeated, and in the end every size is compared with VIP's list. What came there doubtfully, and may
be other content, is read back.

A file that VIP does not list is read once: it is hashed on its way, and its last bytes go out when
the ledger knows their checksum. So VIP has nothing whole that the ledger does not know.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from snakemake_vip.errors import (
    AuthenticationError,
    OutageError,
    PlatformError,
    TransferError,
    VipError,
)
from snakemake_vip.transfer import pool
from snakemake_vip.transfer.download import digest_on_vip
from snakemake_vip.transfer.ends import is_definite, seen, summary
from snakemake_vip.transfer.folders import Folders
from snakemake_vip.transfer.gate import Gate
from snakemake_vip.transfer.hashes import Reading
from snakemake_vip.transfer.meter import Meter
from snakemake_vip.transfer.rules import Action, Rules, decide, is_file
from snakemake_vip.transfer.sending import Sending, changed, unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import PurePosixPath

    from snakemake_vip.rest.client import Client
    from snakemake_vip.rest.models import PathInfo
    from snakemake_vip.transfer.hashes import HashCache
    from snakemake_vip.transfer.ledger import Ledger
    from snakemake_vip.transfer.tree import LocalFile

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Report:
    """What an upload did: files and bytes sent, files that were already there."""

    sent: int
    bytes: int
    kept: int


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
    gate
        What transfers pass; one of their own unless given.
    """

    def __init__(
        self,
        client: Client,
        ledger: Ledger,
        hashes: HashCache,
        rules: Rules = Rules(),  # noqa: B008 - frozen
        gate: Gate | None = None,
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._hashes = hashes
        self._rules = rules
        self._gate = gate or Gate(rules.workers)

    def bring(
        self,
        files: Mapping[LocalFile, PurePosixPath],
        root: PurePosixPath,
        after: Callable[[LocalFile], None] = lambda _: None,
        moved: Callable[[int], None] = lambda _: None,
    ) -> Report:
        """Bring each file to its path below `root`.

        Parameters
        ----------
        files
            Local file to path on VIP.
        root
            The folder on VIP that holds them all; made where missing.
        after
            Called when a file is done with: there, or failed.
        moved
            Told, by any thread, of bytes as they go; in the end of all bytes of each file. Fewer
            than none where some must go again.

        Raises
        ------
        TransferError
            If a file could not be brought; the others were.
        """
        folders = Folders(self._client, self._rules.workers)
        there = folders.survey(root, {path.parent for path in files.values()})
        folders.make(root)

        def act(file: LocalFile) -> int | None:
            with Meter(file.size, moved) as meter:
                return self._bring(file, files[file], there.get(files[file]), meter)

        largest_first = sorted(files, key=lambda file: -file.size)
        try:
            outcome = pool.run(largest_first, act, workers=self._gate.threads, after=after)
        finally:
            self._hashes.save()
        failures = [error for _, error in outcome.failed]
        sent = {file: count for file, count in outcome.done if count is not None}
        failures += self._check({files[file]: size for file, size in sent.items()}, folders)
        if failures:
            raise summary(failures, len(files), root)
        return Report(len(sent), sum(sent.values()), len(files) - len(sent))

    def _bring(
        self, file: LocalFile, where: PurePosixPath, there: PathInfo | None, meter: Meter
    ) -> int | None:
        """Return the bytes that were sent, or none where the file was there."""
        if there and self._vanishes(where):
            there = None
        if there and there.is_directory:
            self._clear(where, file)
            there = None
        digest = self._digest(file) if there else None
        if there and digest and self._is_there(file, where, there, digest):
            return None
        self._send(file, where, digest, meter)
        return file.size

    def _is_there(
        self, file: LocalFile, where: PurePosixPath, there: PathInfo, digest: str
    ) -> bool:
        """Whether VIP has this content; what it has else is removed."""
        known = self._ledger.get(where)
        action = decide(file.size, digest, there, known)
        if action is Action.PROVE:
            action = Action.KEEP if self._holds(where, file.size, digest) else Action.REPLACE
        if action is Action.KEEP:
            if not (known and known.sent and known.sha256 == digest):
                self._ledger.sent(where, file.size, digest)
            return True
        if action is Action.REPLACE:
            self.remove(where)
        return False

    def _clear(self, where: PurePosixPath, file: LocalFile) -> None:
        """Remove an empty folder from where a file is to be: what VIP makes of a lost body."""
        if self._client.listing(where):
            msg = f"{where} is a folder on VIP, {file.path} is a file"
            raise TransferError(msg, "Remove the folder on VIP, or choose another vip_input_dir.")
        self.remove(where)

    def _digest(self, file: LocalFile) -> str:
        try:
            reading = Reading(file)
            digest = self._hashes.of(file)
        except OSError as error:
            raise unreadable(file.path, error) from None
        _refuse_if_changed(reading)
        return digest

    def _holds(self, where: PurePosixPath, size: int, digest: str) -> bool:
        """Whether a file on VIP has this content: by reading it, where VIP gives it out."""
        if self._limit is None or size <= self._limit:
            try:
                return digest_on_vip(self._client, where, size, self._gate) == digest
            except TransferError as error:
                logger.warning("%s", error.what)
        logger.warning("%s cannot be read back, so it is sent again.", where)
        return False

    @cached_property
    def _limit(self) -> int | None:
        """Bytes of the largest file that VIP gives out, or none."""
        return self._client.platform().download_limit

    def remove(self, where: PurePosixPath) -> None:
        """Remove a file, or a folder with all in it, and wait until it is gone.

        Raises
        ------
        TransferError
            If VIP did not delete it in time.
        """
        self._ledger.removing(where)
        within, doubt = self._rules.deletion, ""
        try:
            self._client.delete_path(where)
        except AuthenticationError:
            self._ledger.removed(where)
            raise
        except PlatformError:
            if self._client.exists(where):
                self._ledger.removed(where)
                raise
        except OutageError as error:
            # Never asked for twice: a second deletion, queued on VIP, would hit the new content.
            within, doubt = min(within, self._rules.settling), f"{error.what} "
        if not self._client.wait_until_gone(where, within, self._rules.pause):
            msg = f"{doubt}VIP did not delete the old content of {where} within {within:g} s"
            raise TransferError(msg, "Run the same command again later.")

    def _vanishes(self, where: PurePosixPath) -> bool:
        """Wait for a deletion that an earlier process asked for: it would hit what comes next."""
        asked = self._ledger.removal(where)
        if asked is None:
            return False
        settling = self._rules.settling
        # A clock that was set back must not make it wait for longer.
        left = min(settling, asked + settling - time.time())
        return self._client.wait_until_gone(where, left, self._rules.pause)

    def _send(
        self, file: LocalFile, where: PurePosixPath, digest: str | None, meter: Meter
    ) -> None:
        for left in reversed(range(self._rules.tries)):
            meter.restart()
            try:
                digest = self._put(file, where, digest, meter)
            except (PlatformError, OutageError) as error:
                if is_definite(error):
                    raise
                known = self._ledger.get(where)
                is_out = bool(known and not known.sent)
                digest = self._digest(file)
                if self._arrived(where, file.size, digest, is_out=is_out):
                    break
                if not left:
                    raise
                logger.warning("%s It is sent again.", error.what)
            else:
                break
        self._ledger.sent(where, file.size, digest or "")

    def _put(self, file: LocalFile, where: PurePosixPath, digest: str | None, meter: Meter) -> str:
        """Send a file once, and return its SHA-256; VIP never gets all of it if that changes."""
        try:
            reading = Reading(file)
            content = file.path.open("rb")
        except OSError as error:
            raise unreadable(file.path, error) from None

        def complete(found: str) -> None:
            _refuse_if_changed(reading)
            if digest not in {None, found}:
                raise changed(file.path)
            self._hashes.keep(reading, found)
            self._ledger.sending(where, file.size, found)

        with content:
            sending = Sending(content, file.size, complete, meter.moved)
            sending.read_ahead()
            with self._gate.one() as passage:
                sending.out = passage.asked
                self._client.upload(where, sending, file.size)  # pyright: ignore[reportArgumentType]
        _refuse_if_changed(reading)
        return sending.sha256 or ""

    def _arrived(self, where: PurePosixPath, size: int, digest: str, *, is_out: bool) -> bool:
        """Follow a doubtful transfer: VIP may carry on after it has answered.

        It does not where not all of the file is `out`.
        """
        until = time.monotonic() + (self._rules.settling_of(size) if is_out else 0)
        pause = self._rules.pause
        while True:
            there = self._client.properties(where)
            if is_file(there, size):
                break
            if time.monotonic() + pause > until:
                if there.exists:
                    self.remove(where)
                return False
            time.sleep(pause)
            pause = min(pause * 2, 10)
        known = self._ledger.get(where)
        if known and known.sha256 == digest and not known.contested:
            return True
        if self._holds(where, size, digest):
            return True
        self.remove(where)
        return False

    def _check(self, sizes: Mapping[PurePosixPath, int], folders: Folders) -> list[VipError]:
        """Compare what was sent with what VIP now lists."""
        listed = folders.list_all({path.parent for path in sizes})
        wrong: list[VipError] = []
        for path, size in sizes.items():
            there = listed.get(path)
            if there is None or not is_file(there, size):
                self._ledger.removed(path)
                msg = f"{path} was sent with {size} bytes, but VIP {seen(there)}"
                wrong.append(TransferError(msg, "Run the same command again."))
        return wrong


def _refuse_if_changed(reading: Reading) -> None:
    """Raise `TransferError` unless a file still has the size and times with which it was found."""
    path = reading.file.path
    try:
        is_undisturbed = reading.is_undisturbed
    except OSError as error:
        raise unreadable(path, error) from None
    if not is_undisturbed:
        raise changed(path)
