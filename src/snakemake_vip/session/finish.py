"""Step 5: nothing of a session is left on VIP, and nothing is lost by that.

Deleted is only what is proven here: inputs whose local file still has the content that was sent,
results whose content stands in the store, read to the last byte. What stays is named, with why.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from snakemake_vip import durable, locks
from snakemake_vip.errors import ExecutionError, TransferError, VipError
from snakemake_vip.rest import watch
from snakemake_vip.session import download, upload, views
from snakemake_vip.session.results import Manifest
from snakemake_vip.transfer.folders import Folders

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from snakemake_vip.rest.models import PathInfo
    from snakemake_vip.session.workbench import SessionBench

logger = logging.getLogger(__name__)

_DELETION = 300.0
_SHOWN = 10


@dataclass(frozen=True)
class Kept:
    """Something that stays on VIP."""

    path: str
    why: str


@dataclass(frozen=True)
class CleanUp:
    """What a clean-up does.

    Attributes
    ----------
    deletions
        Files or whole folders.
    kept
        What stays, with the reason.
    """

    deletions: tuple[PurePosixPath, ...]
    kept: tuple[Kept, ...]


def finish(bench: SessionBench, *, dry_run: bool = False) -> CleanUp:
    """Remove the inputs (if they are its own) and outputs of a session from VIP.

    Parameters
    ----------
    bench
        The session.
    dry_run
        Whether to look only.

    Raises
    ------
    ExecutionError
        If an execution that needs the data is not over, or something must stay on VIP.
    """
    with (
        locks.held(bench.folder.lock("upload"), f"the upload of {bench.name}"),
        locks.held(bench.folder.lock("download"), f"the download of {bench.name}"),
    ):
        plan = CleanUp((), ())
        if not _is_done(bench):
            _refuse_if_needed(bench)
            plan = _plan(bench)
            if not dry_run:
                _carry_out(bench, plan)
    if dry_run:
        return plan
    if plan.kept:
        raise ExecutionError(_told(bench, plan), "Remove it on VIP's portal if it is not needed.")
    removed = [str(folder) for folder in _folders(bench)]
    receipt = {"session": bench.name, "removed": removed, "kept": []}
    durable.write_json(bench.folder.finished, receipt)
    views.refresh(bench)
    return plan


def _folders(bench: SessionBench) -> list[PurePosixPath]:
    """Return the folders on VIP that are the session's own."""
    config = bench.config
    inputs = [config.vip_input_dir] if config.input_dir else []
    return [*inputs, config.vip_output_dir]


def _is_done(bench: SessionBench) -> bool:
    """Whether the journal knows that nothing has come to VIP since the last clean-up."""
    state = bench.journal.read()
    return state.outputs_removed and (state.inputs_removed or bench.config.input_dir is None)


def _refuse_if_needed(bench: SessionBench) -> None:
    """Refuse while an execution of any session that uses the data is not over."""
    users = bench.users if bench.owner.name == bench.name else [bench]
    for user in users:
        state = user.journal.read()
        running = [one for one in state.launches.values() if one.execution and not one.ended]
        seen = watch.look(bench.client, [one.execution or "" for one in running]) if running else {}
        still = [e for e in seen.values() if e and not e.status.is_over]
        open_intents = [one.name for one in state.launches.values() if not one.execution]
        if still or open_intents:
            names = ", ".join([*(e.identifier for e in still), *open_intents])
            what = f"executions of {user.name} still need the data of {bench.name}: {names}"
            remedy = f"Wait for them (snakemake-vip monitor {user.name}) or stop them (cancel)."
            raise ExecutionError(what, remedy)
        missing = [run for run in user.runs if not _is_proven(user, run)]
        if missing:
            runs = ", ".join(map(str, missing))
            what = f"the results of {user.name}, run {runs}, are not proven to be here"
            raise ExecutionError(what, f"Run first: snakemake-vip download {user.name}")


def _is_proven(bench: SessionBench, run: int) -> bool:
    manifest = download.kept_manifest(bench, run)
    return (
        manifest is not None
        and (manifest.is_complete or bench.config.accepts_failed_jobs)
        and not manifest.missing(bench.store)
    )


def _plan(bench: SessionBench) -> CleanUp:
    config = bench.config
    outputs = _sorted_out(
        bench, config.vip_output_dir, set(_proven_outputs(bench)), "it was not downloaded"
    )
    if config.input_dir is None:
        return outputs
    inputs = _sorted_out(
        bench, config.vip_input_dir, _proven_inputs(bench), "its local file changed or is gone"
    )
    return CleanUp(inputs.deletions + outputs.deletions, inputs.kept + outputs.kept)


def _proven_inputs(bench: SessionBench) -> set[PurePosixPath]:
    """Return the paths on VIP whose content still stands in the local input folder."""
    files = upload.local_files(bench)
    where, _ = upload.destinations(bench, files)
    proven: set[PurePosixPath] = set()
    for file, path in where.items():
        known = bench.ledger.get(path)
        if known and known.sent and known.sha256 == bench.hashes.of(file):
            proven.add(path)
    bench.hashes.save()
    return proven


def _proven_outputs(bench: SessionBench) -> Iterator[PurePosixPath]:
    """Yield the paths on VIP whose content is in the store, of all requests there ever were."""
    folder = bench.folder.kept_manifest(1, "").parent
    for path in sorted(folder.glob("*.json")):
        manifest = Manifest.read(path)
        if manifest is None:
            continue
        lost = {PurePosixPath(file.vip_path) for file in manifest.missing(bench.store)}
        yield from {PurePosixPath(file.vip_path) for file in manifest.files} - lost


def _sorted_out(
    bench: SessionBench, root: PurePosixPath, proven: set[PurePosixPath], why_not: str
) -> CleanUp:
    """Decide on a folder: as a whole where all in it is proven, else file by file."""
    if not bench.client.exists(root):
        return CleanUp((), ())
    folders = Folders(bench.client, bench.bench.study.platform.max_transfers)
    files = [PurePosixPath(info.path) for info in _walk(folders, root)]
    kept = tuple(Kept(str(path), why_not) for path in files if path not in proven)
    if not kept:
        return CleanUp((root,), ())
    return CleanUp(tuple(path for path in files if path in proven), kept)


def _walk(folders: Folders, root: PurePosixPath) -> Iterator[PathInfo]:
    level: Iterable[PurePosixPath] = [root]
    while level:
        children = folders.list_all(level)
        yield from (info for info in children.values() if not info.is_directory)
        level = [path for path, info in children.items() if info.is_directory]


def _delete(bench: SessionBench, path: PurePosixPath) -> None:
    try:
        bench.client.delete_path(path)
    except VipError:
        # Gone already, or asked for by a process that was killed: the look tells.
        if bench.client.exists(path):
            raise
    if not bench.client.wait_until_gone(path, _DELETION):
        msg = f"VIP did not delete {path} within {_DELETION:g} s"
        raise TransferError(msg, "Run the same command again later.")
    logger.info("%s: %s is gone from VIP", bench.name, path)


def _carry_out(bench: SessionBench, plan: CleanUp) -> None:
    for path in plan.deletions:
        _delete(bench, path)
    gone = set(plan.deletions)
    for text in list(bench.ledger.entries):
        path = PurePosixPath(text)
        if path in gone or gone & set(path.parents):
            bench.ledger.removed(path)
    config = bench.config
    if not plan.kept:
        bench.journal.removed("outputs")
        if config.input_dir is not None:
            bench.journal.removed("inputs")
    _remove_if_empty(bench, config.vip_output_dir.parent)


def _remove_if_empty(bench: SessionBench, folder: PurePosixPath) -> None:
    """Remove the session's own folder, which only ever held inputs and outputs."""
    if folder == PurePosixPath("/vip/Home/API") / bench.name and bench.client.listing(folder) == []:
        _delete(bench, folder)


def _told(bench: SessionBench, plan: CleanUp) -> str:
    lines = [f"{len(plan.kept)} files of {bench.name} stay on VIP:"]
    lines += [f"  {item.path}: {item.why}" for item in plan.kept[:_SHOWN]]
    if len(plan.kept) > _SHOWN:
        lines.append(f"  ... and {len(plan.kept) - _SHOWN} more")
    return "\n".join(lines)


def as_json(plan: CleanUp) -> dict[str, Any]:
    """Return a clean-up for programs."""
    return {
        "deletions": [str(path) for path in plan.deletions],
        "kept": [{"path": item.path, "why": item.why} for item in plan.kept],
    }
