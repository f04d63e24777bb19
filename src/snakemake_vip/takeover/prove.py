"""What somebody else sent to VIP, compared with the files here: by sizes, then by reading it back.

Nothing is changed on VIP. What proves to be there goes into the ledger, and is not sent again.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from snakemake_vip.errors import TransferError
from snakemake_vip.executions.state import Upload
from snakemake_vip.session import upload
from snakemake_vip.transfer import pool
from snakemake_vip.transfer.download import digest_on_vip
from snakemake_vip.transfer.folders import Folders

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import PurePosixPath

    from snakemake_vip.rest.models import PathInfo
    from snakemake_vip.session.workbench import SessionBench
    from snakemake_vip.transfer.tree import LocalFile

logger = logging.getLogger(__name__)


@dataclass
class Proof:
    """What became of the files of an input folder. Each is a path on VIP.

    Attributes
    ----------
    same
        VIP has the content that is here.
    other
        VIP has other content.
    absent
        VIP has none.
    unread
        VIP has a file of the same size, and does not give it out.
    """

    same: list[str] = field(default_factory=list[str])
    other: list[str] = field(default_factory=list[str])
    absent: list[str] = field(default_factory=list[str])
    unread: list[str] = field(default_factory=list[str])

    @property
    def is_whole(self) -> bool:
        """Whether nothing needs to be sent, as far as VIP lets it be seen."""
        return not self.other and not self.absent


def prove(bench: SessionBench) -> Proof:
    """Compare the input folder of a session with what VIP has, and note what is the same.

    Parameters
    ----------
    bench
        The session that owns the inputs.
    """
    where, _ = upload.destinations(bench, upload.local_files(bench))
    workers = bench.platform.max_transfers
    folders = Folders(bench.client, workers)
    parents = {path.parent for path in where.values()}
    there = folders.survey(bench.config.vip_input_dir, parents)
    proof = Proof()
    candidates: list[LocalFile] = []
    for file, path in where.items():
        if path not in there:
            proof.absent.append(str(path))
        elif there[path].is_directory or there[path].size != file.size:
            proof.other.append(str(path))
        else:
            candidates.append(file)
    _read_back(bench, {file: where[file] for file in candidates}, there, proof)
    bench.hashes.save()
    return proof


def _read_back(
    bench: SessionBench,
    files: Mapping[LocalFile, PurePosixPath],
    there: Mapping[PurePosixPath, PathInfo],
    proof: Proof,
) -> None:
    limit = bench.client.platform().download_limit

    def one(file: LocalFile) -> list[str]:
        path, digest = files[file], bench.hashes.of(file)
        if bench.ledger.has({str(path): digest}):
            return proof.same
        if limit is not None and file.size > limit:
            return proof.unread
        try:
            found = digest_on_vip(bench.client, path, there[path].size)
        except TransferError as error:
            logger.warning("%s", error.what)
            return proof.unread
        if found != digest:
            return proof.other
        bench.ledger.sent(path, file.size, digest)
        return proof.same

    workers = bench.platform.max_transfers
    outcome = pool.run(list(files), one, workers=workers)
    if outcome.failed:
        raise outcome.failed[0][1]
    for file, group in outcome.done:
        group.append(str(files[file]))


def note(bench: SessionBench) -> dict[str, int | str]:
    """Note in the journal that the whole input folder is on VIP, and return the receipt."""
    files = upload.local_files(bench)
    now = upload.fingerprint({file: bench.hashes.of(file) for file in files})
    last = bench.journal.read().upload
    if last is None or last.fingerprint != now:
        bench.journal.uploaded(Upload(1 if last is None else last.generation + 1, now))
    return {"fingerprint": now, "files": len(files), "bytes": sum(file.size for file in files)}
