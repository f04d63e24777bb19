"""What a session will do: jobs, executions, bytes, results and, from earlier ones, the time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from snakemake_vip.pipelines import jobs as iteration
from snakemake_vip.pipelines import outputs as predictions
from snakemake_vip.pipelines import plan
from snakemake_vip.session import gate, upload
from snakemake_vip.survey import estimate
from snakemake_vip.transfer import ignore, tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from snakemake_vip.pipelines.descriptor import Descriptor
    from snakemake_vip.pipelines.request import Request
    from snakemake_vip.pipelines.settings import Resolution
    from snakemake_vip.session.workbench import SessionBench
    from snakemake_vip.survey.estimate import Estimate
    from snakemake_vip.survey.history import Past
    from snakemake_vip.transfer.privacy import Finding
    from snakemake_vip.transfer.tree import LocalFile

_LISTED = 1000


@dataclass(frozen=True)
class Unnamed:
    """Files that would be sent, and that no setting names.

    Attributes
    ----------
    files, bytes
        How many, and how large.
    names
        The first thousand.
    """

    files: int = 0
    bytes: int = 0
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outlook:
    """What a session will do.

    Attributes
    ----------
    jobs
        Of each run, or none where only VIP knows.
    executions
        Of each run.
    executions_left
        Of all runs, those that have not ended; none where their number is not known.
    files, bytes
        To be on VIP; 0 where the inputs are another session's.
    files_to_send, bytes_to_send
        Of these, what is not there yet as far as is known here.
    unnamed
        Of these, what no setting names.
    left_out
        Names of what is in the input folder and not sent, the first thousand.
    sensitive
        What is sent although it may tell of people or hold a secret, a sentence each.
    outputs
        Predicted names of a run's results, the first thousand.
    estimate
        How long the executions take that are still to end, or none where nothing is known.
    notes
        What could not be checked.
    """

    session: str
    pipeline: str
    runs: int
    jobs: int | None
    executions: int
    executions_left: int | None
    files: int
    bytes: int
    files_to_send: int
    bytes_to_send: int
    unnamed: Unnamed
    left_out: tuple[str, ...]
    sensitive: tuple[str, ...]
    outputs: tuple[str, ...]
    estimate: Estimate | None
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Inputs:
    """The input folder of one session.

    Attributes
    ----------
    files
        What would be sent.
    found
        What these files give away.
    """

    files: Sequence[LocalFile]
    found: Sequence[Finding]

    @classmethod
    def of(cls, bench: SessionBench) -> Inputs:
        """Look through a session's own input folder."""
        files = upload.local_files(bench)
        return cls(files, gate.findings(bench, files))


def outlook(
    bench: SessionBench,
    resolution: Resolution,
    inputs: Inputs,
    named: frozenset[PurePosixPath] | None,
    past: Sequence[Past],
) -> Outlook:
    """Return what a session will do.

    Parameters
    ----------
    bench
        The session.
    resolution
        Its settings, without mistakes.
    inputs
        Its own input folder.
    named
        Files of that folder that settings name, of all sessions that use it; none if not known.
    past
        Earlier executions.
    """
    config, request, descriptor = bench.config, resolution.request, bench.descriptor()
    parts = plan.split(request, descriptor, config.jobs_per_execution) if request else []
    to_send = _to_send(bench, inputs.files)
    left = _left(bench, request, len(parts)) if request else None
    return Outlook(
        session=bench.name,
        pipeline=config.pipeline_id,
        runs=config.nb_runs,
        jobs=iteration.count(request, descriptor) if request else None,
        executions=len(parts) or 1,
        executions_left=left,
        files=len(inputs.files),
        bytes=sum(file.size for file in inputs.files),
        files_to_send=len(to_send),
        bytes_to_send=sum(file.size for file in to_send),
        unnamed=_unnamed(inputs.files, named),
        left_out=_left_out(bench, inputs.files),
        sensitive=tuple(gate.in_words(bench, inputs.found)),
        outputs=tuple(_predicted(request, descriptor)) if request else (),
        estimate=_estimate(bench, parts, left, past) if left else None,
        notes=resolution.notes,
    )


def named(
    users: Sequence[SessionBench], resolutions: Mapping[str, Resolution]
) -> frozenset[PurePosixPath] | None:
    """Return the files of an input folder that the settings of its users name; none if unknown."""
    found: set[PurePosixPath] = set()
    for user in users:
        request = resolutions[user.name].request if user.name in resolutions else None
        if request is None:
            return None
        found.update(request.files.values())
        folder = user.inputs.vip
        on_vip = map(PurePosixPath, request.on_vip)
        found.update(path.relative_to(folder) for path in on_vip if path.is_relative_to(folder))
    return frozenset(found)


def _predicted(request: Request, descriptor: Descriptor) -> Iterator[str]:
    for job in iteration.jobs(request, descriptor)[:_LISTED]:
        for prediction in predictions.predicted(descriptor, job):
            yield prediction.name


def _to_send(bench: SessionBench, files: Sequence[LocalFile]) -> list[LocalFile]:
    """Return the files that VIP has not, or not with this content; nothing new is read for it."""
    known = {} if bench.journal.read().inputs_removed else bench.ledger.entries
    where, _ = upload.destinations(bench, files)
    found: list[LocalFile] = []
    for file, path in where.items():
        entry = known.get(str(path))
        is_there = entry and entry.sent and entry.size == file.size
        if not (entry and is_there and entry.sha256 == bench.hashes.of(file)):
            found.append(file)
    bench.hashes.save()
    return found


def _unnamed(files: Sequence[LocalFile], named: frozenset[PurePosixPath] | None) -> Unnamed:
    if named is None:
        return Unnamed()
    found = [file for file in files if file.relative not in named]
    names = tuple(str(file.relative) for file in found[:_LISTED])
    return Unnamed(len(found), sum(file.size for file in found), names)


def _left_out(bench: SessionBench, files: Sequence[LocalFile]) -> tuple[str, ...]:
    folder = bench.config.input_dir
    if folder is None or not folder.is_dir():
        return ()
    sent = {file.relative for file in files}
    every = upload.local_files(bench, left_out=True) if bench.ignore.rules else []
    ignored = [str(file.relative) for file in every if file.relative not in sent]
    never = [str(path) for path in tree.never_sent(folder) if str(path) != ignore.FILE]
    return (*never, *ignored)[:_LISTED]


def _left(bench: SessionBench, request: Request, parts: int) -> int:
    """Return how many executions of all runs have not ended."""
    state = bench.journal.read()
    ended = 0
    for run in bench.runs:
        known = state.plan(run)
        if known and known.values == request.values:
            ended += sum(one.ended is not None for one in state.of_run(run))
    return max(0, bench.config.nb_runs * parts - ended)


def _estimate(
    bench: SessionBench, parts: Sequence[Request], left: int, past: Sequence[Past]
) -> Estimate | None:
    counts = [iteration.count(part, bench.descriptor()) for part in parts]
    return estimate.estimate(
        past,
        bench.config.pipeline_id,
        executions=left,
        jobs=max((number for number in counts if number), default=None),
        at_once=bench.platform.max_executions,
    )
