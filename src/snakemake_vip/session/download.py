"""Step 4: the results of a run are here, complete and verified."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from snakemake_vip import locks
from snakemake_vip.errors import ExecutionError
from snakemake_vip.pipelines import jobs as iteration
from snakemake_vip.pipelines import outputs as predictions
from snakemake_vip.pipelines.request import Request
from snakemake_vip.session import failures, results
from snakemake_vip.session.fetch import Content, Fetcher, Output, outputs
from snakemake_vip.session.monitor import monitor
from snakemake_vip.session.results import Manifest, ResultFile, ResultLink

if TYPE_CHECKING:
    from snakemake_vip.rest.models import Execution
    from snakemake_vip.session.journal import Launch
    from snakemake_vip.session.workbench import SessionBench

logger = logging.getLogger(__name__)


def download(bench: SessionBench, run: int) -> Manifest:
    """Bring the results of a run here; VIP is not asked for what is here already.

    Returns
    -------
    Manifest
        Also in ``run-N.json``, beside the folder ``run-N``.

    Raises
    ------
    ExecutionError
        If jobs failed and the session does not accept that. What the others gave is then in
        ``run-N-incomplete``.
    TransferError
        If some results could not be brought; the others are kept for the next time.
    """
    launches = monitor(bench, run)
    with locks.held(bench.folder.lock("download"), f"the download of {bench.name}"):
        kept = _kept(bench, run, launches)
        manifest = Manifest.read(kept)
        if manifest is None or not manifest.is_in(bench.store):
            results.sweep(bench.folder.partial)
            with locks.held(bench.bench.lock("downloads"), "the downloads of this study"):
                manifest = _fetch(bench, run, launches)
            manifest.write(kept)
        _show(bench, run, manifest)
    if not manifest.is_complete and not bench.config.accepts_failed_jobs:
        raise ExecutionError(
            failures.told(bench, launches), failures.remedy(bench, incomplete(bench, run))
        )
    return manifest


def kept_manifest(bench: SessionBench, run: int) -> Manifest | None:
    """Return the manifest of a run's present request, whether or not its files are still here."""
    launches = bench.journal.read().of_run(run)
    return Manifest.read(_kept(bench, run, launches)) if launches else None


def _kept(bench: SessionBench, run: int, launches: list[Launch]) -> Path:
    names = "\n".join([*(one.name for one in launches), f"unzip={bench.config.unzip}"])
    return bench.folder.kept_manifest(run, hashlib.sha256(names.encode()).hexdigest())


def incomplete(bench: SessionBench, run: int) -> Path:
    """Return the folder of what a run gave in spite of failed jobs."""
    folder = bench.folder.results(run)
    return folder.with_name(f"{folder.name}-incomplete")


def _show(bench: SessionBench, run: int, manifest: Manifest) -> None:
    folder, partial = bench.folder.results(run), bench.folder.partial
    if manifest.is_complete or bench.config.accepts_failed_jobs:
        results.show(manifest, bench.store, folder, partial)
        manifest.write(bench.folder.manifest(run))
        results.remove(incomplete(bench, run), partial)
    else:
        results.remove(folder, partial)
        bench.folder.manifest(run).unlink(missing_ok=True)
        results.show(manifest, bench.store, incomplete(bench, run), partial)


def _fetch(bench: SessionBench, run: int, launches: list[Launch]) -> Manifest:
    files: dict[str, list[ResultFile]] = {}
    links: dict[str, list[ResultLink]] = {}
    refused: list[dict[str, str]] = []
    elsewhere: list[str] = []
    for one in launches:
        execution = _end(one)
        wanted, kept_elsewhere = outputs(bench, execution)
        contents = Fetcher(bench).all(wanted)
        jobs = _jobs_of_files(bench, one, execution)
        part = f"part-{one.part}"
        files[part] = [
            file
            for output in wanted
            for file in _files(output, contents[output.path], execution, jobs)
        ]
        links[part] = [
            ResultLink(str(output.relative / path), target)
            for output in wanted
            for path, target in contents[output.path].links
        ]
        refused += [
            {"vip_path": str(output.path), "member": member, "why": why}
            for output in wanted
            for member, why in contents[output.path].refused
        ]
        elsewhere += kept_elsewhere
    folders = results.together(files.items())
    return Manifest(
        session=bench.name,
        run=run,
        pipeline=launches[0].pipeline,
        request=launches[0].request,
        executions=tuple(_told(one) for one in launches),
        files=tuple(_below(folders[part], file) for part in files for file in files[part]),
        links=tuple(
            ResultLink(str(PurePosixPath(folders[part]) / link.path), link.target)
            for part in links
            for link in links[part]
        ),
        refused=tuple(refused),
        elsewhere=tuple(elsewhere),
    )


def _end(one: Launch) -> Execution:
    if one.ended is None:
        msg = f"{one.name} is not over"
        raise ExecutionError(msg, "Wait for it: snakemake-vip monitor")
    return one.ended


def _files(
    output: Output, content: Content, execution: Execution, jobs: dict[str, int]
) -> list[ResultFile]:
    return [
        ResultFile(
            path=str(output.relative / path),
            vip_path=str(output.path),
            bytes=size,
            sha256=digest,
            execution=execution.identifier,
            job=jobs.get(str(output.path)),
            output=output.id,
        )
        for path, size, digest in content.files
    ]


def _below(folder: str, file: ResultFile) -> ResultFile:
    return replace(file, path=str(PurePosixPath(folder) / file.path))


def _told(one: Launch) -> dict[str, Any]:
    execution = _end(one)
    return {
        "id": execution.identifier,
        "name": one.name,
        "status": str(execution.status),
        "start": execution.start,
        "jobs": len(execution.jobs),
        "failed_jobs": [job.number for job in execution.failed_jobs],
    }


def _jobs_of_files(bench: SessionBench, one: Launch, execution: Execution) -> dict[str, int]:
    descriptor = bench.descriptor()
    request = Request(one.pipeline, one.values, {})
    found = iteration.jobs(request, descriptor)
    if not iteration.order_is_known(request, descriptor):
        return {}
    return predictions.match(descriptor, found, execution.outputs)
