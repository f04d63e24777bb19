"""Step 1: the input folder is on VIP, and known to be there."""

from __future__ import annotations

import hashlib
import logging
import time
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from snakemake_vip import durable, locks, words
from snakemake_vip.errors import ConfigurationError, Problem, TransferError
from snakemake_vip.executions.state import Upload as Uploaded
from snakemake_vip.session import gate, transfers
from snakemake_vip.transfer import tree
from snakemake_vip.transfer.folders import Folders
from snakemake_vip.transfer.ledger import Ledger
from snakemake_vip.transfer.upload import Rules, Upload

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from snakemake_vip.session.workbench import SessionBench
    from snakemake_vip.transfer.privacy import Finding
    from snakemake_vip.transfer.tree import LocalFile

logger = logging.getLogger(__name__)


def local_files(bench: SessionBench, *, left_out: bool = False) -> list[LocalFile]:
    """Return the files of a session's own input folder that are sent; none where it has none yet.

    Parameters
    ----------
    bench
        The session.
    left_out
        Whether files are among them that ``ignore`` or ``.vipignore`` leaves out.
    """
    folder = bench.config.input_dir
    if folder is None or not folder.is_dir():
        return []
    results = [bench.bench.study.output_dir]
    if left_out:
        return tree.files(folder, leave_out=results)
    return tree.files(folder, leave_out=results, stays=bench.ignore)


def destinations(
    bench: SessionBench, files: Iterable[LocalFile]
) -> tuple[dict[LocalFile, PurePosixPath], list[Problem]]:
    """Return where each file goes on VIP, and what is wrong with the names."""
    where, clashes = tree.vip_paths(files, bench.config.vip_input_dir)
    key = f"sessions.{bench.name}.input_dir"
    return where, [Problem(f"{key}, {p.key}", p.what, p.remedy) for p in clashes]


def folder_problems(bench: SessionBench, found: Sequence[Finding] | None = None) -> list[Problem]:
    """Return what is wrong with a session's own input folder as a whole.

    Parameters
    ----------
    bench
        The session.
    found
        What the files give away; looked for if not given.
    """
    folder, key = bench.config.input_dir, f"sessions.{bench.name}.input_dir"
    if folder is None:
        return []
    if not folder.is_dir():
        what = f"there is no folder {folder}"
        return [Problem(key, what, "Give a folder, relative to where you are or absolute.")]
    files = local_files(bench)
    refused = gate.problems(bench, gate.findings(bench, files) if found is None else found)
    return [*destinations(bench, files)[1], *refused]


def fingerprint(contents: Mapping[LocalFile, str]) -> str:
    """Return one SHA-256 for the names and contents of all files."""
    pairs = sorted((str(file.relative), digest) for file, digest in contents.items())
    return hashlib.sha256(durable.canonical(pairs).encode()).hexdigest()


def generation(bench: SessionBench) -> int:
    """Return the number of the content that the input folder has now.

    It grows by one when the content differs from what was last uploaded, and not when files are
    merely touched. Nothing is read before the first upload, later only files whose size or time
    changed.
    """
    last = bench.journal.read().upload
    if last is None:
        return 1
    contents = {file: bench.hashes.of(file) for file in local_files(bench)}
    bench.hashes.save()
    return last.generation + (fingerprint(contents) != last.fingerprint)


def touched(bench: SessionBench) -> list[Path]:
    """Return files that are younger than the receipt of their upload, with the same content."""
    receipt = bench.folder.receipt("uploaded")
    if not receipt.exists():
        return []
    sent = receipt.stat().st_mtime_ns
    younger = [file for file in local_files(bench) if file.modified > sent]
    where, _ = destinations(bench, younger)
    known = {file: bench.ledger.get(path) for file, path in where.items()}
    same = [
        file for file, entry in known.items() if entry and entry.sha256 == bench.hashes.of(file)
    ]
    bench.hashes.save()
    return [file.path for file in same]


def upload(bench: SessionBench) -> dict[str, Any]:
    """Bring the inputs of a session to VIP; those of its owner where it uses another's.

    Returns
    -------
    dict
        The receipt: ``fingerprint``, ``files``, ``bytes``.

    Raises
    ------
    ConfigurationError
        If the folder is missing, names collide on VIP, or it holds what is not sent unless
        allowed: before anything is sent.
    TransferError
        If some files could not be brought.
    """
    if bench.owner.name != bench.name:
        return upload(bench.owner)
    with locks.held(bench.folder.lock("upload"), f"the upload of {bench.name}"):
        receipt = _upload(bench)
    durable.write_json(bench.folder.receipt("uploaded"), receipt)
    return receipt


def _upload(bench: SessionBench) -> dict[str, Any]:
    if bench.config.input_dir is None:
        logger.info("%s: nothing to upload, all its files are on VIP", bench.name)
        return {"fingerprint": fingerprint({}), "files": 0, "bytes": 0}
    if problems := folder_problems(bench):
        raise ConfigurationError(problems)
    files = local_files(bench)
    where, _ = destinations(bench, files)
    times = bench.times
    rules = Rules(
        workers=bench.platform.max_transfers,
        settling=times.settling,
        deletion=times.deletion,
        pause=times.first_look,
    )
    total = sum(file.size for file in where)
    with (
        transfers.passing(bench.bench) as through,
        bench.bench.progress(f"{bench.name}: upload", total) as advance,
    ):
        began = time.time()
        sender = Upload(bench.client, bench.ledger, bench.hashes, rules, through)
        report = sender.bring(where, bench.config.vip_input_dir, moved=advance)
    if report.sent or bench.journal.read().inputs_removed:
        # Something of the session is on VIP again.
        bench.folder.finished.unlink(missing_ok=True)
    if report.sent:
        bench.journal.moved("upload", began, files=report.sent, bytes=report.bytes)
    logger.info(
        "%s: %s sent (%s), %d there already, in %s",
        bench.name,
        words.count(report.sent, "file"),
        words.size(report.bytes),
        report.kept,
        bench.config.vip_input_dir,
    )
    # Of what was sent: a file may have changed since.
    now = fingerprint(
        {file: bench.ledger.entries[str(path)].sha256 for file, path in where.items()}
    )
    _note(bench, now)
    return {"fingerprint": now, "files": len(files), "bytes": total}


def _note(bench: SessionBench, now: str) -> None:
    state = bench.journal.read()
    last = state.upload
    if last is None:
        bench.journal.uploaded(Uploaded(1, now))
    elif last.fingerprint != now or state.inputs_removed:
        number = last.generation + (last.fingerprint != now)
        bench.journal.uploaded(Uploaded(number, now))


def contents(bench: SessionBench, wanted: Mapping[str, PurePosixPath]) -> dict[str, str]:
    """Return the SHA-256 of local inputs.

    Parameters
    ----------
    bench
        The session that owns them.
    wanted
        Path on VIP to path in the input folder.
    """
    folder = bench.config.input_dir
    if folder is None:
        return {}
    found = {path: bench.hashes.of(_local(folder, file)) for path, file in wanted.items()}
    bench.hashes.save()
    return found


def _local(folder: Path, relative: PurePosixPath) -> LocalFile:
    path = folder / relative
    stat = path.stat()
    return tree.LocalFile(path, relative, stat.st_size, stat.st_mtime_ns)


def is_recorded(bench: SessionBench, contents: Mapping[str, str]) -> bool:
    """Whether these files were sent, and not removed since, as far as is known here.

    Parameters
    ----------
    bench
        The session that owns them.
    contents
        SHA-256 by path on VIP.
    """
    return not contents or (not bench.journal.read().inputs_removed and bench.ledger.has(contents))


def is_on_vip(bench: SessionBench, contents: Mapping[str, str]) -> bool:
    """Whether VIP lists each of these files with the size of the content that was sent last.

    Parameters
    ----------
    bench
        The session that owns them.
    contents
        SHA-256 by path on VIP.
    """
    if not contents:
        return True
    if not is_recorded(bench, contents):
        return False
    paths = [PurePosixPath(path) for path in contents]
    folders = Folders(bench.client, bench.platform.max_transfers)
    there = folders.survey(bench.config.vip_input_dir, {path.parent for path in paths})
    known = bench.ledger.entries
    return all(path in there and there[path].size == known[str(path)].size for path in paths)


def ensure(bench: SessionBench, contents: Mapping[str, str]) -> None:
    """See to it that these files are on VIP with this content.

    Parameters
    ----------
    bench
        The session that owns them.
    contents
        SHA-256 by path on VIP.

    Raises
    ------
    TransferError
        If a file has got another content since its checksum was taken.
    """
    if is_on_vip(bench, contents):
        return
    upload(bench)
    known = Ledger(bench.folder.ledger).entries
    changed = [path for path, digest in contents.items() if known[path].sha256 != digest]
    if changed:
        what = f"{len(changed)} inputs of {bench.name} changed meanwhile, the first is {changed[0]}"
        raise TransferError(what, "Run the same command again when nothing writes to them.")
