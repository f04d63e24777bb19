"""Everything that could fail later, found before a byte is sent."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from snakemake_vip import durable
from snakemake_vip.errors import ConfigurationError, Problem
from snakemake_vip.pipelines import jobs as iteration
from snakemake_vip.pipelines import outputs as predictions
from snakemake_vip.pipelines import plan, settings
from snakemake_vip.session import upload
from snakemake_vip.transfer import pool

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snakemake_vip.pipelines.descriptor import Descriptor
    from snakemake_vip.pipelines.request import Request
    from snakemake_vip.session.workbench import SessionBench, Workbench

_PREDICTED = 1000


@dataclass(frozen=True)
class Outlook:
    """What a session will do.

    Attributes
    ----------
    jobs
        Of each run, or none where only VIP knows.
    executions
        Of each run.
    files, bytes
        To be on VIP; 0 where the inputs are another session's.
    outputs
        Predicted names of a run's results, the first thousand.
    notes
        What could not be checked.
    """

    session: str
    pipeline: str
    runs: int
    jobs: int | None
    executions: int
    files: int
    bytes: int
    outputs: tuple[str, ...]
    notes: tuple[str, ...]


def check(bench: Workbench) -> list[Outlook]:
    """Check the whole study against VIP, the pipelines and the local files.

    Asks VIP, and changes nothing there.

    Raises
    ------
    ConfigurationError
        With every mistake at once.
    AuthenticationError
        If the key is refused.
    """
    problems: list[Problem] = []
    outlooks: list[Outlook] = []
    for name in bench.study.sessions:
        session = bench.session(name)
        problems += upload.folder_problems(session)
        try:
            outlooks.append(_outlook(session, problems))
        except ConfigurationError as error:
            problems += error.problems
    if problems:
        raise ConfigurationError(dict.fromkeys(problems))
    return outlooks


def _outlook(session: SessionBench, problems: list[Problem]) -> Outlook:
    config, descriptor = session.config, session.descriptor()
    folder = session.inputs.local
    resolution = settings.resolve(
        config.input_settings,
        descriptor,
        session.inputs,
        key=f"sessions.{session.name}.input_settings",
        max_jobs=config.max_jobs,
        jobs_per_execution=config.jobs_per_execution,
        check_files=folder is None or folder.is_dir(),
    )
    if resolution.problems:
        raise ConfigurationError(resolution.problems)
    request = resolution.request
    problems.extend(_missing_on_vip(session, request))
    files = upload.local_files(session)
    return Outlook(
        session=session.name,
        pipeline=config.pipeline_id,
        runs=config.nb_runs,
        jobs=iteration.count(request, descriptor) if request else None,
        executions=len(plan.split(request, descriptor, config.jobs_per_execution))
        if request
        else 1,
        files=len(files),
        bytes=sum(file.size for file in files),
        outputs=tuple(_predicted(request, descriptor)) if request else (),
        notes=resolution.notes,
    )


def _predicted(request: Request, descriptor: Descriptor) -> Iterator[str]:
    for job in iteration.jobs(request, descriptor)[:_PREDICTED]:
        for prediction in predictions.predicted(descriptor, job):
            yield prediction.name


def _missing_on_vip(session: SessionBench, request: Request | None) -> Iterator[Problem]:
    """VIP starts executions on files that do not exist, and they fail hours later."""
    key = f"sessions.{session.name}.input_settings"
    named = [
        PurePosixPath(path)
        for path in (request.on_vip if request else ())
        # What is in the input folder is uploaded before the launch.
        if not path.startswith(f"{session.inputs.vip}/")
    ]
    workers = session.bench.study.platform.max_transfers
    looked = pool.run({path.parent for path in named}, session.client.listing, workers=workers)
    refused = dict(looked.failed)
    there = {PurePosixPath(item.path) for _, listing in looked.done for item in listing or ()}
    for path in named:
        if error := refused.get(path.parent):
            yield Problem(key, f"{path}: {error.what}", error.remedy)
        elif path not in there:
            yield Problem(key, f"VIP has no file {path}", "Check the path on VIP's portal.")


def once(bench: Workbench) -> None:
    """Check the study unless this very configuration has passed before.

    Every step that sends something calls it, so that no mistake is found half-way.
    """
    digest = hashlib.sha256(durable.canonical(bench.study.document).encode()).hexdigest()
    passed = bench.inside / "checked" / digest[:32]
    if not passed.exists():
        check(bench)
        durable.write(passed, "")
