"""Step 4: the results of a run are here, complete and verified."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from snakemake_vip import locks
from snakemake_vip.errors import ExecutionError
from snakemake_vip.executions import failures
from snakemake_vip.executions import request as requests
from snakemake_vip.pipelines import jobs as iteration
from snakemake_vip.pipelines import outputs as predictions
from snakemake_vip.session import results
from snakemake_vip.session.fetch import Fetcher
from snakemake_vip.session.manifest import Manifest, ResultFile, ResultLink, Source
from snakemake_vip.session.monitor import monitor

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import PurePosixPath

    from snakemake_vip.executions.state import Launch, Plan
    from snakemake_vip.pipelines.descriptor import Descriptor
    from snakemake_vip.rest.models import Execution
    from snakemake_vip.session.contents import Content, Output
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
        manifest = _kept(bench, run, launches) or _fetched(bench, run, launches)
        _show(bench, run, manifest)
    if not manifest.is_complete and not bench.config.accepts_failed_jobs:
        folder = results.incomplete(bench.folder.results(run))
        what = failures.told(bench, bench.name, launches)
        raise ExecutionError(what, failures.remedy(bench.name, folder))
    return manifest


def _kept(bench: SessionBench, run: int, launches: list[Launch]) -> Manifest | None:
    """Return the manifest if all of its content is here, untouched since it was read."""
    manifest = Manifest.read(results.kept_path(bench, run, launches))
    if manifest is None:
        return None
    spoilt = manifest.missing(bench.store)
    for digest in spoilt:
        logger.warning("%s is not what it was when it came", bench.store.path(digest))
        bench.store.drop(digest)
    return None if spoilt else manifest


def _fetched(bench: SessionBench, run: int, launches: list[Launch]) -> Manifest:
    results.sweep(bench.folder.partial)
    fetcher = Fetcher(bench)
    outputs = fetcher.look(_end(one) for one in launches)
    contents = fetcher.bring(outputs)
    manifest = _manifest(bench, run, launches, contents, outputs.elsewhere)
    manifest.write(results.kept_path(bench, run, launches))
    return manifest


def _show(bench: SessionBench, run: int, manifest: Manifest) -> None:
    folder, partial = bench.folder.results(run), bench.folder.partial
    if manifest.is_complete or bench.config.accepts_failed_jobs:
        results.show(manifest, bench.store, folder, partial)
        manifest.write(bench.folder.manifest(run))
        results.remove(results.incomplete(folder), partial)
    else:
        results.remove(folder, partial)
        bench.folder.manifest(run).unlink(missing_ok=True)
        results.show(manifest, bench.store, results.incomplete(folder), partial)


def _manifest(
    bench: SessionBench,
    run: int,
    launches: list[Launch],
    contents: Mapping[Output, Content],
    elsewhere: list[str],
) -> Manifest:
    parts = {
        f"part-{one.part}": [output for output in contents if output.execution == one.execution]
        for one in launches
    }
    places = results.places(parts)
    jobs: dict[str, int] = {}
    for one in launches:
        jobs |= _jobs_of_files(bench, one, _end(one))
    ordered = sorted(contents.items(), key=lambda item: places[item[0]])
    plan = bench.journal.read().plan(run)
    return Manifest(
        session=bench.name,
        run=run,
        pipeline=launches[0].pipeline,
        request=launches[0].request,
        executions=tuple(_told(one, plan, bench.descriptor()) for one in launches),
        files=tuple(
            file
            for output, content in ordered
            for file in _files(output, content, places[output], jobs)
        ),
        links=tuple(
            ResultLink(str(places[output] / path), target)
            for output, content in ordered
            for path, target in content.links
        ),
        sources=tuple(
            Source(str(output.path), content.size, content.archive) for output, content in ordered
        ),
        refused=tuple(
            {"vip_path": str(output.path), "member": member, "why": why}
            for output, content in ordered
            for member, why in content.refused
        ),
        elsewhere=tuple(elsewhere),
    )


def _end(one: Launch) -> Execution:
    if one.ended is None:
        msg = f"{one.name} is not over"
        raise ExecutionError(msg, "Wait for it: snakemake-vip monitor")
    return one.ended


def _files(
    output: Output, content: Content, place: PurePosixPath, jobs: dict[str, int]
) -> Iterator[ResultFile]:
    for path, size, digest in content.files:
        yield ResultFile(
            path=str(place / path),
            vip_path=str(output.path),
            bytes=size,
            sha256=digest,
            execution=output.execution,
            job=jobs.get(str(output.path)),
            output=output.id,
        )


def _told(one: Launch, plan: Plan | None, descriptor: Descriptor) -> dict[str, Any]:
    execution = _end(one)
    failed = failures.failed_jobs(one, descriptor)
    again = plan.repaired(one.name) if plan else frozenset[int]()
    repaired = [job.number for job in failed if job.number in again]
    return {
        "id": execution.identifier,
        "name": one.name,
        "status": str(execution.status),
        "start": execution.start,
        "jobs": len({job.number for job in (*execution.jobs, *failed)}),
        "failed_jobs": [job.number for job in failed if job.number not in again],
        **({"repaired_jobs": repaired} if repaired else {}),
    }


def _jobs_of_files(bench: SessionBench, one: Launch, execution: Execution) -> dict[str, int]:
    descriptor = bench.descriptor()
    request = requests.launched(one, descriptor)
    found = iteration.jobs(request, descriptor)
    if not iteration.order_is_known(request, descriptor):
        return {}
    return predictions.match(descriptor, found, execution.outputs)
