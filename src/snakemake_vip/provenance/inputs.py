"""The files that a run read, with the content that they surely had.

The digest of a request holds the content of its local files. So what lies in the input folder now,
or what the ledger says was sent, is what was read if it gives the same digest.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from snakemake_vip import durable
from snakemake_vip.executions import request as requests
from snakemake_vip.pipelines import settings
from snakemake_vip.pipelines.descriptor import ParameterType
from snakemake_vip.pipelines.request import Request, as_tuple
from snakemake_vip.provenance.record import InputFile
from snakemake_vip.rest import names
from snakemake_vip.session import upload

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping

    from snakemake_vip.executions.state import Plan
    from snakemake_vip.pipelines.descriptor import Descriptor
    from snakemake_vip.pipelines.request import Values
    from snakemake_vip.session.workbench import SessionBench


def are_files(descriptor: Descriptor) -> frozenset[str]:
    """Return the parameters whose values on VIP are files or folders."""
    known = (*descriptor.parameters, *descriptor.hidden)
    kinds = {ParameterType.FILE, ParameterType.LIST}
    return frozenset(parameter.name for parameter in known if parameter.type in kinds)


def named(values: Iterable[Mapping[str, Values]], descriptor: Descriptor) -> list[str]:
    """Return the paths on VIP that values of File parameters name, each once."""
    found = are_files(descriptor)
    texts = (
        text
        for part in values
        for name, value in part.items()
        if name in found
        for text in as_tuple(value)
        if names.is_on_vip(text)
    )
    return list(dict.fromkeys(texts))


def of_plan(
    bench: SessionBench, plan: Plan, pipeline: str, descriptor: Descriptor, paths: Iterable[str]
) -> tuple[dict[str, InputFile], bool]:
    """Return the files that a plan's jobs read, and whether their content is proven.

    Parameters
    ----------
    bench
        The session.
    plan
        How its request was launched.
    pipeline, descriptor
        What was launched.
    paths
        What the values name on VIP.
    """
    for known in (_in_the_folder(bench, descriptor), _in_the_ledger(bench, plan, descriptor)):
        request = Request(
            pipeline, plan.values, {path: PurePosixPath(file.path or "") for path, file in known}
        )
        contents = {path: file.sha256 or "" for path, file in known}
        if requests.digest(bench.name, plan.run, request, contents) == plan.request:
            return {path: dict(known).get(path, InputFile(path)) for path in paths}, True
    unknown = {path: InputFile(path, _relative(bench, path)) for path in paths}
    return unknown, not any(file.path for file in unknown.values())


def doubted(
    found: dict[str, InputFile], paths: Container[str]
) -> tuple[dict[str, InputFile], bool]:
    """Return files without the content of those that nobody knows, and whether that is none.

    Parameters
    ----------
    found
        The files of a run.
    paths
        Those on VIP whose content when it was sent is not known.
    """
    doubtful = {path for path in found if path in paths}
    plain = {path: InputFile(path, found[path].path) for path in doubtful}
    return {**found, **plain}, not doubtful


def _in_the_folder(
    bench: SessionBench, descriptor: Descriptor
) -> tuple[tuple[str, InputFile], ...]:
    config, folder = bench.config, bench.inputs.local
    resolution = settings.resolve(
        config.input_settings,
        descriptor,
        bench.inputs,
        max_jobs=config.max_jobs,
        jobs_per_execution=config.jobs_per_execution,
    )
    if resolution.request is None or folder is None:
        return ()
    found = upload.contents(bench.owner, resolution.request.files)
    return tuple(
        (path, InputFile(path, str(local), found[path], (folder / local).stat().st_size))
        for path, local in resolution.request.files.items()
    )


def _in_the_ledger(
    bench: SessionBench, plan: Plan, descriptor: Descriptor
) -> tuple[tuple[str, InputFile], ...]:
    """Return what was sent last to each path, though it may be gone from VIP since."""
    paths = set(named([plan.values], descriptor))
    sent = {
        record["vip_path"]: InputFile(
            record["vip_path"],
            _relative(bench, record["vip_path"]),
            record["sha256"],
            record["size"],
        )
        for record in durable.read(bench.owner.folder.ledger)
        if record["event"] == "sent" and record["vip_path"] in paths
    }
    return tuple(sent.items())


def _relative(bench: SessionBench, path: str) -> str | None:
    """Return where a file on VIP is in the input folder, none for one from elsewhere."""
    root = bench.inputs.vip
    below = PurePosixPath(path).is_relative_to(root)
    return str(PurePosixPath(path).relative_to(root)) if below else None
