"""Gathers what is known of a run: from the journal, the manifest, the ledger and the inputs."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, cast

from snakemake_vip import durable, software
from snakemake_vip.errors import ExecutionError, UsageError, VipError
from snakemake_vip.pipelines.descriptor import Descriptor
from snakemake_vip.pipelines.request import as_tuple
from snakemake_vip.provenance import acts, inputs
from snakemake_vip.provenance.record import Author, Portal, Record
from snakemake_vip.session import results
from snakemake_vip.study.connection import connect
from snakemake_vip.takeover import adopt

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from snakemake_vip.executions.state import Launch, Plan
    from snakemake_vip.pipelines.request import Values
    from snakemake_vip.provenance.record import Act, InputFile
    from snakemake_vip.session.manifest import Manifest
    from snakemake_vip.session.workbench import SessionBench
    from snakemake_vip.study.model import PlatformConfig

logger = logging.getLogger(__name__)


def record(bench: SessionBench, run: int) -> Record:
    """Return all that is known of a run that is over.

    VIP is asked for nothing but its name and version, and once only.

    Raises
    ------
    UsageError
        If the run was not launched, or is not over, or its results are not here.
    """
    plan, launches = _over(bench, run)
    manifest = _manifest(bench, run, launches)
    pipeline, document = launches[0].pipeline, _document(bench, launches)
    descriptor = Descriptor.from_boutiques(pipeline, document) if document else bench.descriptor()
    events = durable.read(bench.folder.journal)
    ends = {event["name"]: event["time"] for event in events if event["event"] == "ended"}
    files = manifest.files if manifest else ()
    done = tuple(
        act for one in launches for act in acts.of_launch(one, descriptor, files, ends[one.name])
    )
    tools = _software(events, launches)
    read, is_known = _inputs(bench, plan, pipeline, descriptor, done)
    if adopt.SOFTWARE in tools:
        read, is_proven = inputs.doubted(read, adopt.unproven(bench))
        is_known = is_known and is_proven
    cite: Mapping[str, Any] = bench.bench.study.document.get("cite") or {}
    return Record(
        session=bench.name,
        run=run,
        pipeline=pipeline,
        request=plan.request,
        descriptor=descriptor,
        document=document,
        settings=_settings(plan.values, read),
        jobs_per_execution=_largest_part(plan, bench.config.jobs_per_execution),
        unzip=bench.config.unzip,
        portal=_portal(bench, run),
        acts=done,
        inputs=read,
        input_folder=str(bench.inputs.vip),
        inputs_known=is_known,
        manifest=manifest,
        software=tools,
        authors=tuple(Author(**author) for author in cite.get("authors", ())),
        licence=cite.get("license", ""),
        raw=_raw(bench),
    )


def _over(bench: SessionBench, run: int) -> tuple[Plan, list[Launch]]:
    state = bench.journal.read()
    plan = state.plan(run)
    if plan is None or not state.is_launched(run):
        msg = f"{bench.name}, run {run}, is not launched"
        raise UsageError(msg, f"Run first: snakemake-vip launch {bench.name}")
    launches = state.of_run(run)
    if waiting := [one for one in launches if one.ended is None]:
        msg = f"{waiting[0].execution} ({waiting[0].name}) is not over, as far as is known here"
        raise UsageError(msg, f"Wait for it: snakemake-vip monitor {bench.name}")
    return plan, launches


def _manifest(bench: SessionBench, run: int, launches: Sequence[Launch]) -> Manifest | None:
    manifest = results.kept(bench, run)
    remedy = f"Run first: snakemake-vip download {bench.name}"
    if manifest is None:
        if any(one.status in bench.config.get_status for one in launches):
            msg = f"the results of {bench.name}, run {run}, are not here"
            raise UsageError(msg, remedy)
        return None
    absent = [d for d, size in manifest.digests().items() if not bench.store.has(d, size)]
    if absent:
        msg = f"{len(absent)} files of {bench.name}, run {run}, are no longer here"
        raise ExecutionError(msg, remedy)
    return manifest


def _inputs(
    bench: SessionBench, plan: Plan, pipeline: str, descriptor: Descriptor, done: Sequence[Act]
) -> tuple[dict[str, InputFile], bool]:
    paths = inputs.named((act.values for act in done), descriptor)
    return inputs.of_plan(bench, plan, pipeline, descriptor, paths)


def _document(bench: SessionBench, launches: Sequence[Launch]) -> dict[str, Any] | None:
    """Return the descriptor that was in force when the first execution was asked for."""
    begun = min(one.intended for one in launches)
    return bench.bench.descriptors.at(launches[0].pipeline, begun)


def _settings(values: Mapping[str, Values], read: Mapping[str, InputFile]) -> dict[str, Any]:
    """Return settings that make these values: files of the input folder by their paths there."""

    def local(text: str) -> str:
        file = read.get(text)
        return file.path if file and file.path else text

    return {
        name: local(value) if isinstance(value, str) else [local(text) for text in as_tuple(value)]
        for name, value in values.items()
    }


def _largest_part(plan: Plan, configured: int) -> int:
    """Return how many jobs an execution had at most: the name of a part tells."""
    _, found, jobs = plan.names[0].partition(" attempt-")[0].rpartition("by")
    return int(jobs) if found and jobs.isdecimal() else configured


def _portal(bench: SessionBench, run: int) -> Portal:
    """Return the platform, as it was when this was first asked after the run."""
    kept = bench.folder.receipt(f"run-{run}.platform")
    try:
        told: dict[str, str] = json.loads(kept.read_text("utf-8"))
        return Portal(told["name"], told["version"], told["url"])
    except (OSError, ValueError):
        found = _asked(bench.platform)
    if found.version:
        durable.write_json(kept, asdict(found))
    return found


def _asked(platform: PlatformConfig) -> Portal:
    """Ask the platform once: a study that was finished long ago has its record without it too."""
    try:
        client = connect(replace(platform, patience=0))
        told = client.platform()
    except VipError as error:
        logger.warning("The record goes without the platform's version: %s", error.what)
        return Portal("VIP", "", platform.url)
    return Portal(told.name, told.version, client.url)


def _software(events: Sequence[Mapping[str, Any]], launches: Sequence[Launch]) -> dict[str, str]:
    """Return what launched the executions; of a journal that does not tell, what runs now."""
    names = {one.name for one in launches}
    found: dict[str, str] = {}
    for event in events:
        if event["event"] == "launching" and event["name"] in names:
            found.update(event.get("software", {}))
    return found or software.versions()


def _raw(bench: SessionBench) -> dict[str, Any] | None:
    """Return ``dataset_description.json`` of the inputs, where they are a BIDS dataset."""
    folder = bench.inputs.local
    if folder is None:
        return None
    try:
        found: Any = json.loads((folder / "dataset_description.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(found, dict) or "BIDSVersion" not in found:
        return None
    return cast("dict[str, Any]", found)
