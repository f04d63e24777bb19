"""What one job asks of VIP: its inputs, settings and outputs, checked against the pipeline."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, cast

from snakemake_vip import durable
from snakemake_vip.errors import Problem
from snakemake_vip.pipelines import files, settings
from snakemake_vip.pipelines import jobs as iteration
from snakemake_vip.pipelines.descriptor import ParameterType
from snakemake_vip.pipelines.files import InputFolder
from snakemake_vip.pipelines.request import as_tuple
from snakemake_vip.pipelines.values import Fault, closest
from snakemake_vip.rest import names, queries
from snakemake_vip.rules import results, wording

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from snakemake_vip.pipelines.descriptor import Descriptor
    from snakemake_vip.pipelines.request import Request
    from snakemake_vip.rules.job import RuleJob
    from snakemake_vip.transfer.origins import Origins

_SHOWN = 16
_UNREAD = "0" * 64
_ONE_BY_ONE = 1
"""Clashes of a rule's jobs are told in the words of a rule."""
_FROM_RULE = "the rule's input or params"


@dataclass(frozen=True)
class Wanted:
    """What one job asks of VIP.

    Attributes
    ----------
    job
        As the rule has it.
    request
        What VIP is asked to run.
    contents
        SHA-256 of the local inputs, by their path on VIP.
    sources
        The local inputs themselves, by their path on VIP.
    results
        The folder that VIP is to make the results in or below, where an output names it; or none.
    origins
        Where the inputs come from that stay on VIP, as far as is known, by their path.
    """

    job: RuleJob
    request: Request
    contents: Mapping[str, str]
    sources: Mapping[str, Path]
    results: str | None
    origins: Mapping[str, str] = field(default_factory=dict[str, str])

    @cached_property
    def digest(self) -> str:
        """The identity of the job: pipeline, values, contents, outputs and run."""
        identity = {
            "pipeline": self.request.pipeline,
            "values": {n: list(as_tuple(value)) for n, value in self.request.values.items()},
            "contents": dict(self.contents),
            "outputs": {name: list(t.paths) for name, t in self.job.outputs.items()},
            "run": self.job.run,
        }
        if self.origins:
            identity["origins"] = dict(self.origins)
        return hashlib.sha256(durable.canonical(identity).encode()).hexdigest()


@dataclass
class Reading:
    """A job in the making, with all that is wrong with it."""

    values: dict[str, Any] = field(default_factory=dict[str, Any])
    contents: dict[str, str] = field(default_factory=dict[str, str])
    sources: dict[str, Path] = field(default_factory=dict[str, Path])
    problems: list[Problem] = field(default_factory=list[Problem])
    refused: set[str] = field(default_factory=set[str])

    def tell(self, key: str, fault: Fault) -> None:
        """Keep what is wrong."""
        self.problems.append(Problem(key, fault.what, fault.remedy))

    def refuse(self, name: str, key: str, fault: Fault) -> None:
        """Keep what is wrong with a value of a parameter, which so is not missing."""
        self.refused.add(name)
        self.tell(key, fault)


def check(job: RuleJob, descriptor: Descriptor) -> list[Problem]:
    """Return every mistake of a job that shows without its files.

    Parameters
    ----------
    job
        The job; its inputs need not be there yet.
    descriptor
        The pipeline's.
    """
    wanted = resolve(job, descriptor, PurePosixPath("/vip/Home"), None)
    return wanted if isinstance(wanted, list) else []


def resolve(
    job: RuleJob,
    descriptor: Descriptor,
    inputs: PurePosixPath,
    digests: Mapping[Path, str] | None,
) -> Wanted | list[Problem]:
    """Check a job and make its request.

    Parameters
    ----------
    job
        The job.
    descriptor
        The pipeline's.
    inputs
        The folder on VIP for inputs; each goes to a folder named after its content.
    digests
        SHA-256 of the local files; none where the files may not be looked at yet.

    Returns
    -------
    Wanted or list of Problem
        The request, or every mistake.
    """
    reading = Reading()
    _read_inputs(reading, job, descriptor, inputs, digests)
    _read_settings(reading, job, descriptor)
    resolution = settings.resolve(
        reading.values,
        descriptor,
        InputFolder(None, inputs),
        key=job.label,
        given_in=_FROM_RULE,
        jobs_per_execution=_ONE_BY_ONE,
    )
    reading.problems += [
        wording.located(problem, job, descriptor)
        for problem in resolution.problems
        if problem.key not in {f"{job.label}.{name}" for name in reading.refused}
    ]
    reading.problems += _output_problems(job, descriptor)
    if reading.problems or resolution.request is None:
        return reading.problems
    request = resolution.request
    if clash := wording.clash(job, request, descriptor):
        return [wording.located(problem, job, descriptor) for problem in clash]
    folder = results.folder(job, descriptor, iteration.jobs(request, descriptor))
    if isinstance(folder, list):
        return folder
    return Wanted(job, request, reading.contents, reading.sources, folder)


def with_origins(wanted: Wanted, known: Origins) -> Wanted:
    """Return a request that is another one where an input that stays on VIP is another file.

    Parameters
    ----------
    wanted
        The request.
    known
        Where such files come from.
    """
    named = (text for value in wanted.job.inputs.values() for text in as_tuple(value))
    paths = [queries.path(text) for text in named if queries.is_query(text)]
    found = {str(path): origin.token for path in paths if (origin := known.get(path))}
    return replace(wanted, origins=found)


def local_files(job: RuleJob, descriptor: Descriptor) -> Iterator[Path]:
    """Yield the local files of a job, those of folders that VIP would expand among them.

    Parameters
    ----------
    job
        The job; its inputs are there.
    descriptor
        The pipeline's.
    """
    for name, value in job.inputs.items():
        for text in as_tuple(value):
            if not queries.is_query(text):
                found = _expanded(Path(text), descriptor.directory_inputs.get(name))
                if not isinstance(found, Fault):
                    yield from found


def _read_inputs(
    reading: Reading,
    job: RuleJob,
    descriptor: Descriptor,
    inputs: PurePosixPath,
    digests: Mapping[Path, str] | None,
) -> None:
    for name, value in job.inputs.items():
        parameter = descriptor.parameter(name)
        key = f"{job.label}.input.{name}"
        if parameter is None:
            reading.tell(key, wording.no_input(name, descriptor))
            continue
        if parameter.type not in wording.TAKES_FILES:
            what = f"is a file, and {descriptor.identifier} takes a {parameter.type} there"
            reading.refuse(name, key, Fault(what, "Give its value under params."))
            continue
        found: list[str] = []
        for text in as_tuple(value):
            if queries.is_query(text):
                where = _path_on_vip(text)
            elif digests is None:
                where = _place(inputs, Path(text), _UNREAD)
            else:
                where = _placed(
                    reading, text, descriptor.directory_inputs.get(name), inputs, digests
                )
            if isinstance(where, Fault):
                reading.refuse(name, key, where)
                found.append(f"{inputs}/refused-{len(reading.problems)}")
            else:
                found += [where] if isinstance(where, str) else where
        if found:
            single = isinstance(value, str) and len(found) == 1
            reading.values[name] = found[0] if single else found


def _path_on_vip(text: str) -> str | Fault:
    problem = queries.fault(text)
    return Fault(f"is {text!r}: {problem}") if problem else str(queries.path(text))


def _placed(
    reading: Reading,
    text: str,
    patterns: tuple[str, ...] | None,
    inputs: PurePosixPath,
    digests: Mapping[Path, str],
) -> list[str] | Fault:
    """Return the paths on VIP of what a local path stands for, and note what goes there."""
    wanted = _expanded(Path(text), patterns)
    if isinstance(wanted, Fault):
        return wanted
    found: list[str] = []
    for path in wanted:
        digest = digests.get(path)
        where = (
            _place(inputs, path, digest) if digest else Fault(f"is {text!r}, which cannot be read")
        )
        if isinstance(where, Fault):
            return where
        reading.contents[where] = digest or ""
        reading.sources[where] = path
        found.append(where)
    return found


def _expanded(path: Path, patterns: tuple[str, ...] | None) -> list[Path] | Fault:
    """Return a file, or those that a folder stands for where VIP would expand it."""
    if not path.exists():
        return Fault(f"is {str(path)!r}, which does not exist")
    if patterns is not None and path.is_dir():
        relative = files.files_of(path.parent, PurePosixPath(path.name), patterns)
        return relative if isinstance(relative, Fault) else [path.parent / p for p in relative]
    return files.file_fault(path, PurePosixPath(path)) or [path]


def _place(inputs: PurePosixPath, path: Path, digest: str) -> str | Fault:
    """Return where a file with this content goes: one content has one place, whoever needs it."""
    folder = InputFolder(None, inputs / digest[:_SHOWN])
    where = files.on_vip(folder, PurePosixPath(path.name))
    if not isinstance(where, Fault):
        return where
    refused = ", ".join(map(repr, names.refused_characters(names.cleaned(path.name))))
    why = (
        f"VIP refuses {refused} in its name"
        if refused
        else f"VIP cannot have its name: {where.what}"
    )
    return Fault(
        f"is {str(path)!r}: {why}",
        "Rename the file, or name a link to it here, with plain letters, digits, . - and _.",
    )


def _read_settings(reading: Reading, job: RuleJob, descriptor: Descriptor) -> None:
    for name, value in job.settings.items():
        parameter = descriptor.parameter(name)
        key = f"{job.label}.params.{name}"
        if name in job.inputs:
            reading.tell(key, Fault("stands under input as well", "Give it once."))
        elif parameter is None:
            reading.tell(key, wording.no_parameter(name, descriptor))
        elif value is None:
            # A function of the rule, or a look into the configuration, that found nothing.
            continue
        elif parameter.type is ParameterType.FILE and (local := _local(value, parameter.default)):
            what = f"is {local!r}, a local file"
            remedy = "Name it under input: it is uploaded from there."
            reading.refuse(name, key, Fault(what, remedy))
        else:
            reading.values[name] = (
                _on_vip(value) if parameter.type in wording.TAKES_FILES else value
            )


def _local(value: Any, default: str | None) -> str | None:
    """Return the first of the values that names a local file, or none."""
    for text in map(str, _items(value)):
        elsewhere = names.is_on_vip(text.strip()) or names.is_external(text.strip())
        if text.strip() != default and not elsewhere:
            return text
    return None


def _on_vip(value: Any) -> Any:
    """Return values with ``vip:///vip/...`` as the paths that VIP knows."""
    if isinstance(value, list):
        return [_on_vip(item) for item in cast("list[Any]", value)]
    is_query = isinstance(value, str) and queries.is_query(value) and not queries.fault(value)
    return str(queries.path(value)) if is_query else value


def _items(value: Any) -> Iterable[Any]:
    return cast("list[Any]", value) if isinstance(value, list) else [value]


def _output_problems(job: RuleJob, descriptor: Descriptor) -> Iterator[Problem]:
    if descriptor.outputs is None:
        return
    known = [output.id for output in descriptor.outputs]
    for name, target in job.outputs.items():
        key = f"{job.label}.output.{name}"
        if name not in known:
            near = closest(name, known)
            hint = f"Did you mean {near}? " if near else ""
            what = f"is no output of {descriptor.identifier}"
            yield Problem(key, what, f"{hint}Its outputs are: {', '.join(known)}.")
        for text in target.paths:
            if queries.is_query(text) and (problem := queries.fault(text)):
                yield Problem(key, f"is {text!r}: {problem}")
