"""Predicts how the files are called that a job gives, and tells which job gave a file."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from fnmatch import fnmatchcase, translate
from glob import escape
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from snakemake_vip.pipelines.descriptor import ParameterType
from snakemake_vip.rest import names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from snakemake_vip.pipelines.descriptor import Descriptor, Output, Parameter
    from snakemake_vip.pipelines.jobs import Job

_WILDCARD = re.compile(r"[*?]")
_WHOLE_PATTERN = "*"


@dataclass(frozen=True)
class Prediction:
    """How one output of one job will be called.

    Attributes
    ----------
    output
        The output's id.
    name
        Base name of the file; of a pattern the pattern.
    is_certain
        Whether `name` is the one name, not a pattern and not one of several.
    pattern
        `name` for ``fnmatch``, with what came from values escaped.
    """

    output: str
    name: str
    is_certain: bool
    pattern: str


@dataclass(frozen=True)
class Clash:
    """Files of several jobs that would have one name, so that VIP keeps one of them.

    Attributes
    ----------
    output
        The output's id.
    name
        The name.
    jobs
        Numbers of the jobs, from 1.
    made_of
        Parameters that the name is made of.
    differ
        Parameters whose values differ between the jobs.
    """

    output: str
    name: str
    jobs: tuple[int, ...]
    made_of: tuple[str, ...]
    differ: tuple[str, ...]


def predicted(descriptor: Descriptor, job: Job) -> tuple[Prediction, ...]:
    """Return the names of a job's outputs; empty where the platform tells of no outputs.

    As Boutiques has it: value keys stand for the values, of files for their base names, without
    the extensions that the output strips.

    Parameters
    ----------
    descriptor
        The pipeline's.
    job
        Values of the job, with the defaults (:func:`snakemake_vip.pipelines.jobs.jobs`).
    """
    of_outputs: dict[str, tuple[str, str]] = {}
    found: list[Prediction] = []
    for output in descriptor.outputs or ():
        keys = _keys(descriptor, job, output) | of_outputs
        for template in output.templates:
            name = PurePosixPath(_filled(template, keys, escaped=False)).name
            pattern = PurePosixPath(_filled(template, keys, escaped=True)).name
            literal = not _WILDCARD.search(re.sub(r"\[.\]", "", pattern))
            certain = literal and len(output.templates) == 1
            found.append(Prediction(output.id, name, certain, pattern))
            if output.value_key:
                of_outputs[output.value_key] = (name, pattern)
    return tuple(found)


def match(
    descriptor: Descriptor, jobs: Sequence[Job], returned: Mapping[str, Iterable[str]]
) -> dict[str, int]:
    """Tell which job gave which file.

    Parameters
    ----------
    descriptor
        The pipeline's.
    jobs
        All jobs of the execution.
    returned
        Output id to VIP paths: ``returnedFiles`` of the execution.

    Returns
    -------
    dict
        VIP path to the number of its job, from 1. What more than one job, or none, may have given
        is left out.
    """
    if len(jobs) == 1:
        return {path: 1 for paths in returned.values() for path in paths}
    exact: dict[tuple[str, str], set[int]] = defaultdict(set)
    patterns: dict[str, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    for number, job in enumerate(jobs, start=1):
        for prediction in predicted(descriptor, job):
            if prediction.is_certain:
                exact[prediction.output, prediction.name].add(number)
            else:
                patterns[prediction.output][prediction.pattern].add(number)
    found: dict[str, int] = {}
    for output, paths in returned.items():
        for path in paths:
            name = PurePosixPath(path).name
            owners = exact.get((output, name)) or _owners(patterns[output], name)
            if len(owners) == 1:
                found[path] = next(iter(owners))
    return found


def lacking(
    descriptor: Descriptor, jobs: Sequence[Job], returned: Mapping[str, Iterable[str]]
) -> dict[int, str]:
    """Tell which jobs did not give a file that the pipeline promises of each good one.

    Parameters
    ----------
    descriptor
        The pipeline's.
    jobs
        All jobs of the execution.
    returned
        Output id to VIP paths: ``returnedFiles`` of the execution.

    Returns
    -------
    dict
        Number of the job, from 1, to the name of the file. Empty where a file has a name that none
        of the jobs should give: what is promised is not known then.
    """
    optional = {output.id for output in descriptor.outputs or () if output.optional}
    there = {(key, PurePosixPath(path).name) for key, paths in returned.items() for path in paths}
    unforeseen = set(there)
    patterns: dict[str, set[str]] = defaultdict(set)
    missing: dict[int, str] = {}
    for number, job in enumerate(jobs, start=1):
        for one in predicted(descriptor, job):
            if not one.is_certain:
                patterns[one.output].add(translate(one.pattern))
                continue
            unforeseen.discard((one.output, one.name))
            if one.output not in optional and (one.output, one.name) not in there:
                missing.setdefault(number, one.name)
    if not missing or not unforeseen:
        return missing
    foreseen = {output: re.compile("|".join(some)) for output, some in patterns.items()}
    is_known = all(key in foreseen and foreseen[key].match(name) for key, name in unforeseen)
    return missing if is_known else {}


def clashes(descriptor: Descriptor, jobs: Sequence[Job]) -> list[Clash]:
    """Return what several jobs of one execution would call the same.

    All jobs of an execution write into one folder of VIP, so that one file would stay.

    Parameters
    ----------
    descriptor
        The pipeline's.
    jobs
        All jobs of the execution.
    """
    owners: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, job in enumerate(jobs, start=1):
        for prediction in predicted(descriptor, job):
            if prediction.is_certain:
                owners[prediction.output, prediction.name].append(number)
    return [
        Clash(
            output,
            name,
            jobs=tuple(numbers),
            made_of=naming(descriptor, output),
            differ=_differing([jobs[number - 1] for number in numbers]),
        )
        for (output, name), numbers in owners.items()
        if len(numbers) > 1
    ]


def naming(descriptor: Descriptor, output: str) -> tuple[str, ...]:
    """Return the parameters that the name of an output is made of.

    Parameters
    ----------
    descriptor
        The pipeline's.
    output
        The output's id.
    """
    templates = [t for o in descriptor.outputs or () if o.id == output for t in o.templates]
    found = (
        descriptor.overridden.get(parameter.name, parameter.name)
        for parameter in (*descriptor.parameters, *descriptor.hidden)
        if parameter.value_key and any(parameter.value_key in t for t in templates)
    )
    return tuple(dict.fromkeys(found))


def _differing(jobs: Sequence[Job]) -> tuple[str, ...]:
    """Return the parameters that have not one value in all jobs."""
    first = jobs[0]
    return tuple(name for name in first if any(job[name] != first[name] for job in jobs))


def _owners(patterns: Mapping[str, set[int]], name: str) -> set[int]:
    """Return the jobs with a pattern that fits `name`."""
    fitting = (jobs for pattern, jobs in patterns.items() if fnmatchcase(name, pattern))
    return set[int]().union(*fitting)


def _keys(descriptor: Descriptor, job: Job, output: Output) -> dict[str, tuple[str, str]]:
    """Map value keys to what stands for them: as it is, and escaped for ``fnmatch``."""
    found: dict[str, tuple[str, str]] = {}
    for parameter in (*descriptor.parameters, *descriptor.hidden):
        if not parameter.value_key:
            continue
        text = _substitute(parameter, job.get(parameter.name), output)
        found[parameter.value_key] = (
            (_WHOLE_PATTERN, _WHOLE_PATTERN) if text is None else (text, escape(text))
        )
    return found


def _substitute(parameter: Parameter, value: str | None, output: Output) -> str | None:
    """Return what stands for a value in a template, or none where it cannot be known."""
    if value is None:
        return None
    if parameter.type is ParameterType.BOOLEAN:
        return value.capitalize()  # as Python writes it: Boutiques is a Python program
    if parameter.type is ParameterType.FILE:
        if names.is_external(value):
            return None
        value = PurePosixPath(value).name
    if parameter.type in {ParameterType.FILE, ParameterType.STRING}:
        for extension in output.stripped_extensions:
            value = value.replace(extension, "")
    return value


def _filled(template: str, keys: Mapping[str, tuple[str, str]], *, escaped: bool) -> str:
    """Put values in the place of value keys, all at once: a value may look like a key."""
    if not keys:
        return template
    longest_first = sorted(keys, key=len, reverse=True)
    expression = "|".join(map(re.escape, longest_first))
    return re.sub(expression, lambda found: keys[found[0]][escaped], template)
