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
from snakemake_vip.errors import (
    AuthenticationError,
    ExecutionError,
    OutageError,
    PlatformError,
    TransferError,
)
from snakemake_vip.session import needs, views
from snakemake_vip.session.needs import Proofs
from snakemake_vip.transfer import pool
from snakemake_vip.transfer.folders import Folders

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from snakemake_vip.errors import VipError
    from snakemake_vip.rest.models import PathInfo
    from snakemake_vip.session.workbench import SessionBench

logger = logging.getLogger(__name__)

_DELETIONS = 5
"""Deletions at once: so many VIP carries out together."""

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
        # No execution that needs the data is launched meanwhile.
        locks.held(bench.folder.lock("data"), f"the data of {bench.name}"),
    ):
        plan = CleanUp((), ())
        if not _is_done(bench):
            proofs = Proofs()
            needs.refuse_if_needed(bench, proofs)
            plan = _plan(bench, proofs)
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


def _plan(bench: SessionBench, proofs: Proofs) -> CleanUp:
    config = bench.config
    outputs = _sorted_out(
        bench, config.vip_output_dir, proofs.of_outputs(bench), "it is not proven to be here"
    )
    if config.input_dir is None:
        return outputs
    inputs = _sorted_out(
        bench,
        config.vip_input_dir,
        proofs.of_inputs(bench),
        "it was not sent from here, or its local file changed or is gone",
    )
    return CleanUp(inputs.deletions + outputs.deletions, inputs.kept + outputs.kept)


def _sorted_out(
    bench: SessionBench, root: PurePosixPath, proven: Mapping[PurePosixPath, int], why_not: str
) -> CleanUp:
    """Decide on a folder: as a whole where all in it is proven, else file by file.

    A file whose size is not the one that is proven has become another since.
    """
    if not bench.client.exists(root):
        return CleanUp((), ())
    folders = Folders(bench.client, bench.platform.max_transfers)
    files = {PurePosixPath(info.path): info.size for info in _walk(folders, root)}
    claims = bench.claims
    here = tuple(
        path
        for path, size in files.items()
        if claims in path.parents or (path in proven and proven[path] == size)
    )
    kept = tuple(Kept(str(path), why_not) for path in sorted(files.keys() - set(here)))
    return CleanUp(here, kept) if kept else CleanUp((root,), ())


def _walk(folders: Folders, root: PurePosixPath) -> Iterator[PathInfo]:
    level: Iterable[PurePosixPath] = [root]
    while level:
        children = folders.list_all(level)
        yield from (info for info in children.values() if not info.is_directory)
        level = [path for path, info in children.items() if info.is_directory]


def _delete(bench: SessionBench, path: PurePosixPath) -> None:
    times = bench.times
    doubt = _ask_to_delete(bench, path)
    if doubt and not bench.client.wait_until_gone(path, times.settling, times.first_look):
        doubt = _ask_to_delete(bench, path)
    if not bench.client.wait_until_gone(path, times.deletion, times.first_look):
        msg = f"{doubt}VIP did not delete {path} within {times.deletion:g} s"
        raise TransferError(msg, "Run the same command again later.")
    logger.info("%s: %s is gone from VIP", bench.name, path)


def _ask_to_delete(bench: SessionBench, path: PurePosixPath) -> str:
    """Ask for a deletion, and return why it is in doubt whether VIP took it, if it is."""
    try:
        bench.client.delete_path(path)
    except AuthenticationError:
        raise
    except PlatformError:
        # Gone already, or asked for by a process that was killed: the look tells.
        if bench.client.exists(path):
            raise
    except OutageError as error:
        logger.warning("%s It may have been asked for; following it.", error.what)
        return f"{error.what} "
    return ""


def _carry_out(bench: SessionBench, plan: CleanUp) -> None:
    below = _by_folder(bench.ledger.entries)

    def remove(path: PurePosixPath) -> None:
        _delete(bench, path)
        for file in below.get(path, ()):
            bench.ledger.removed(file)

    outcome = pool.run(plan.deletions, remove, workers=_DELETIONS)
    if outcome.failed:
        raise _not_removed(bench, [error for _, error in outcome.failed])
    config = bench.config
    _remove_if_empty(bench, config.vip_output_dir.parent)
    if not plan.kept:
        bench.journal.removed("outputs")
        if config.input_dir is not None:
            bench.journal.removed("inputs")


def _by_folder(paths: Iterable[str]) -> dict[PurePosixPath, list[PurePosixPath]]:
    """Return the files at or below each path."""
    found: dict[PurePosixPath, list[PurePosixPath]] = {}
    for path in map(PurePosixPath, paths):
        for above in (path, *path.parents):
            found.setdefault(above, []).append(path)
    return found


def _remove_if_empty(bench: SessionBench, folder: PurePosixPath) -> None:
    """Remove the session's own folder, which only ever held inputs and outputs."""
    if folder == PurePosixPath("/vip/Home/API") / bench.name and bench.client.listing(folder) == []:
        _delete(bench, folder)


def _not_removed(bench: SessionBench, errors: list[VipError]) -> VipError:
    """Return one error for all deletions that failed."""
    if len(errors) == 1 or isinstance(errors[0], AuthenticationError):
        return errors[0]
    what = f"{len(errors)} deletions of {bench.name} on VIP failed:"
    return TransferError(_listed(what, [error.what for error in errors]), errors[0].remedy)


def _told(bench: SessionBench, plan: CleanUp) -> str:
    what = f"{len(plan.kept)} files of {bench.name} stay on VIP:"
    return _listed(what, [f"{item.path}: {item.why}" for item in plan.kept])


def _listed(what: str, items: list[str]) -> str:
    lines = [what, *(f"  {item}" for item in items[:_SHOWN])]
    if len(items) > _SHOWN:
        lines.append(f"  ... and {len(items) - _SHOWN} more")
    return "\n".join(lines)


def as_json(plan: CleanUp) -> dict[str, Any]:
    """Return a clean-up for programs."""
    return {
        "deletions": [str(path) for path in plan.deletions],
        "kept": [{"path": item.path, "why": item.why} for item in plan.kept],
    }
