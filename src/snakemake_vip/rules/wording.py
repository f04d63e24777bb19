"""Mistakes of a rule, told where they stand in the rule and with what helps there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from snakemake_vip.errors import Problem
from snakemake_vip.pipelines import jobs as iteration
from snakemake_vip.pipelines import outputs as predictions
from snakemake_vip.pipelines.descriptor import ParameterType
from snakemake_vip.pipelines.values import Fault, closest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from snakemake_vip.pipelines.descriptor import Descriptor, Parameter
    from snakemake_vip.pipelines.request import Request
    from snakemake_vip.rules.job import RuleJob

TAKES_FILES = frozenset({ParameterType.FILE, ParameterType.LIST})
"""Types of parameters that may stand under ``input``."""


def located(problem: Problem, job: RuleJob, descriptor: Descriptor) -> Problem:
    """Return a problem of a parameter with its place in the rule: ``input`` or ``params``.

    Parameters
    ----------
    problem
        Its key is the job's label, a dot and a parameter; or anything else, which is kept.
    job
        The job.
    descriptor
        The pipeline's.
    """
    rest = problem.key.removeprefix(f"{job.label}.")
    for parameter in descriptor.parameters:
        if rest.startswith(parameter.name) and rest[len(parameter.name) :][:1] in {"", "[", "."}:
            return replace(problem, key=f"{job.label}.{_section(parameter, job)}.{rest}")
    return problem


def _section(parameter: Parameter, job: RuleJob) -> str:
    if parameter.name in job.settings:
        return "params"
    is_file = parameter.name in job.inputs or parameter.type is ParameterType.FILE
    return "input" if is_file else "params"


def together(found: Iterable[tuple[RuleJob, Problem]]) -> list[Problem]:
    """Return each mistake of a rule once, with the number of further jobs that have it.

    Parameters
    ----------
    found
        Mistakes of jobs, those of a rule in the order in which they are to be told.
    """
    alike: dict[tuple[str, Problem], list[Problem]] = {}
    for job, problem in found:
        whose = (job.rule, replace(problem, key=problem.key.removeprefix(job.label)))
        alike.setdefault(whose, []).append(problem)
    return [_once(problems[0], len(problems) - 1) for problems in alike.values()]


def _once(first: Problem, more: int) -> Problem:
    if not more:
        return first
    told = f"The same in {more} more job{'s' * (more > 1)} of the rule."
    return replace(first, remedy=f"{first.remedy}\n    {told}".lstrip())


def clash(job: RuleJob, request: Request, descriptor: Descriptor) -> list[Problem]:
    """Return that the lists of a rule make VIP write several files of one name; once for the job.

    Parameters
    ----------
    job
        The job.
    request
        What it asks of VIP, all lists of one length where VIP reads them side by side.
    descriptor
        The pipeline's.
    """
    found = predictions.clashes(descriptor, iteration.jobs(request, descriptor))
    if not found:
        return []
    first = found[0]
    outputs = ", ".join(dict.fromkeys(one.output for one in found))
    lists = " and ".join(first.differ) or "one list"
    what = (
        f"has several values, so that VIP makes {len(first.jobs)} jobs of the rule, and all would "
        f"write one file {first.name!r} (outputs: {outputs})"
    )
    made_of = " and ".join(name for name in first.made_of if name not in first.differ)
    several = f"give as many values of {made_of}" if _side_by_side(first, descriptor) else ""
    ways = [way for way in (several, f"make a wildcard of {lists}, one value a job") if way]
    remedy = f"Each file or value of a list is a job of its own: {', or '.join(ways)}."
    place = next((name for name in first.differ if name in request.values), None)
    key = f"{job.label}.{place}" if place else job.label
    return [Problem(key, what, remedy)]


def _side_by_side(one: predictions.Clash, descriptor: Descriptor) -> bool:
    """Whether more values of what the name is made of would be read beside those that differ."""
    zipped = descriptor.zipped or ()
    beside = [name for name in one.made_of if name not in one.differ]
    return bool(beside) and all(name in zipped for name in [*beside, *one.differ])


def no_input(name: str, descriptor: Descriptor) -> Fault:
    """Return that an input is none of a pipeline's, with those that it has."""
    known = [p.name for p in descriptor.parameters if p.type in TAKES_FILES]
    near = closest(name, known)
    hint = f"Did you mean {near}? " if near else ""
    told = f"Its File parameters are: {', '.join(known)}." if known else "It takes no files."
    return Fault(f"is no parameter of {descriptor.identifier}", f"{hint}{told}")


def no_parameter(name: str, descriptor: Descriptor) -> Fault:
    """Return that a param is none of a pipeline's, with those that it has."""
    known = [parameter.name for parameter in descriptor.parameters]
    near = closest(name, known)
    hint = f"Did you mean {near}? " if near else ""
    what = f"is no parameter of {descriptor.identifier}"
    return Fault(what, f"{hint}Its parameters are: {', '.join(known)}.")
