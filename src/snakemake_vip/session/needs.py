"""What on VIP is still needed there, and what is proven to be here."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from snakemake_vip.errors import ExecutionError
from snakemake_vip.executions import lookup
from snakemake_vip.executions.journal import Journal
from snakemake_vip.rest import watch
from snakemake_vip.session import results, upload
from snakemake_vip.session.folder import SessionFolder
from snakemake_vip.session.manifest import Manifest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from snakemake_vip.executions.state import State
    from snakemake_vip.session.workbench import SessionBench
    from snakemake_vip.transfer.store import Store


class Proofs:
    """What is proven to be here, each content read once."""

    def __init__(self) -> None:
        self._proven: dict[tuple[str, int], bool] = {}

    def has_all(self, manifest: Manifest, store: Store) -> bool:
        """Whether the store proves to have all content of a manifest."""
        return all(self._has(store, digest, size) for digest, size in manifest.digests().items())

    def _has(self, store: Store, digest: str, size: int) -> bool:
        if (digest, size) not in self._proven:
            self._proven[digest, size] = store.proves(digest, size)
        return self._proven[digest, size]

    def of_inputs(self, bench: SessionBench) -> Mapping[PurePosixPath, int]:
        """Return the files on VIP whose content still stands in the local input folder: bytes."""
        # What was sent before it was ignored is as well proven as the rest.
        where, _ = upload.destinations(bench, upload.local_files(bench, left_out=True))
        proven: dict[PurePosixPath, int] = {}
        for file, path in where.items():
            known = bench.ledger.get(path)
            if known and known.sent and known.sha256 == bench.hashes.of(file):
                proven[path] = known.size
        bench.hashes.save()
        return proven

    def of_outputs(self, bench: SessionBench) -> Mapping[PurePosixPath, int]:
        """Return the files on VIP whose content is in the store, of all requests ever: bytes."""
        proven: dict[PurePosixPath, int] = {}
        for path in sorted(bench.folder.kept_manifest(1, "").parent.glob("*.json")):
            manifest = Manifest.read(path)
            if manifest is None:
                continue
            lost = {
                file.vip_path
                for file in manifest.files
                if not self._has(bench.store, file.sha256, file.bytes)
            }
            for source in manifest.sources:
                kept = source.archive is None or self._has(
                    bench.store, source.archive, source.bytes
                )
                if kept and source.vip_path not in lost:
                    proven[PurePosixPath(source.vip_path)] = source.bytes
        return proven


def refuse_if_needed(bench: SessionBench, proofs: Proofs) -> None:
    """Refuse a clean-up while an execution of any session that uses the data is not over.

    Raises
    ------
    ExecutionError
        If one is not over, or its results are not here yet.
    """
    users = bench.users if bench.owner.name == bench.name else [bench]
    for user in users:
        for launch in user.journal.read().open_intents:
            lookup.settle(user, launch)
        _refuse_if_running(bench, user.name, user.journal.read())
        _refuse_if_not_here(user, proofs)
    # Sessions of other configurations, or that this one had before: only their journals are known.
    for name in sorted(bench.journal.read().users - {user.name for user in users}):
        folder = SessionFolder(bench.folder.root.parent / name)
        _refuse_if_running(bench, name, Journal(folder.journal).read())


def _refuse_if_running(bench: SessionBench, name: str, state: State) -> None:
    unfinished = [one.execution for one in state.unfinished if one.execution]
    seen = watch.look(bench.client, unfinished)
    still = [e.identifier for e in seen.values() if e and not e.status.is_over]
    still += [one.name for one in state.open_intents]
    if still:
        what = f"executions of {name} still need the data of {bench.name}: {', '.join(still)}"
        remedy = f"Wait for them (snakemake-vip monitor {name}) or stop them (cancel)."
        raise ExecutionError(what, remedy)


def _refuse_if_not_here(user: SessionBench, proofs: Proofs) -> None:
    missing: list[int] = []
    for run in user.runs:
        manifest = results.kept(user, run)
        if manifest and proofs.has_all(manifest, user.store):
            if not (manifest.is_complete or user.config.accepts_failed_jobs):
                what = f"jobs of {user.name}, run {run}, failed"
                remedy = "To do without their results: on_failed_jobs: accept."
                raise ExecutionError(what, remedy)
            shown = results.altered(manifest, user.store, user.folder.results(run))
            if (changed := next(shown, None)) is not None:
                what = f"{changed} is not what came from VIP, or is gone"
                remedy = f"Bring it back, without asking VIP: snakemake-vip download {user.name}"
                raise ExecutionError(what, remedy)
        elif not _gave_nothing(user, run):
            missing.append(run)
    if missing:
        runs = ", ".join(map(str, missing))
        what = f"the results of {user.name}, run {runs}, are not proven to be here"
        raise ExecutionError(what, f"Run first: snakemake-vip download {user.name}")


def _gave_nothing(user: SessionBench, run: int) -> bool:
    """Whether a run is over, and no part of it has results that are wanted."""
    state = user.journal.read()
    launches = state.of_run(run)
    return state.is_launched(run) and all(
        one.ended and one.status not in user.config.get_status for one in launches
    )
