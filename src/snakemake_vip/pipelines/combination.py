"""Checks what the values of several parameters make together: lists, relations, jobs, outputs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from snakemake_vip.errors import Problem
from snakemake_vip.pipelines import jobs, outputs, plan
from snakemake_vip.pipelines.descriptor import ParameterType
from snakemake_vip.pipelines.request import Values, as_tuple

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from snakemake_vip.pipelines.descriptor import Descriptor, Group
    from snakemake_vip.pipelines.request import Request

_JOBS_SHOWN = 5


def aligned(
    values: Mapping[str, Values], descriptor: Descriptor, open_ended: Collection[str], key: str
) -> tuple[dict[str, Values], list[Problem]]:
    """Check that zipped lists are of one length, and write out defaults that VIP would zip.

    VIP fills in the default of a zipped parameter once, and its engine then refuses the longer
    lists beside it.

    Parameters
    ----------
    values
        Values of the parameters, in the pipeline's order.
    descriptor
        The pipeline's.
    open_ended
        Parameters whose number of values only VIP knows.
    key
        Where the settings stand.

    Returns
    -------
    tuple
        The values, in the same order, and the problems.
    """
    zipped = [p for p in descriptor.parameters if p.name in (descriptor.zipped or ())]
    lengths = {
        p.name: _length(p.name, values[p.name], descriptor)
        for p in zipped
        if p.name in values and p.name not in open_ended
    }
    longest = max(lengths.values(), default=1)
    problems = [
        Problem(
            f"{key}.{name}",
            f"has {_many(length, 'value')}, and is zipped with "
            + ", ".join(f"{other} ({n})" for other, n in lengths.items() if n == longest),
            f"{descriptor.identifier} reads {', '.join(p.name for p in zipped)} side by side: "
            f"give each {longest} values.",
        )
        for name, length in lengths.items()
        if length != longest
    ]
    filled = {
        p.name: (p.default,) * longest
        for p in zipped
        if p.name not in values and p.default is not None and longest > 1
    }
    complete: dict[str, Values] = {**values, **filled}
    order = [p.name for p in descriptor.parameters]
    return {name: complete[name] for name in order if name in complete}, problems


def broken_relations(
    settings: Mapping[str, Any], descriptor: Descriptor, key: str
) -> list[Problem]:
    """Check Boutiques' ``groups``, ``requires-inputs`` and ``disables-inputs``.

    Parameters
    ----------
    settings
        The settings; a flag that is false is not set.
    descriptor
        The pipeline's.
    key
        Where they stand.
    """
    on = [p for p in descriptor.parameters if _is_set(settings.get(p.name))]
    set_names = {p.name for p in on}
    present = set_names | {
        p.name
        for p in descriptor.parameters
        if p.default is not None and not (p.type is ParameterType.BOOLEAN and p.default == "false")
    }
    problems: list[Problem] = []
    for parameter in on:
        lacking = [n for n in parameter.requires if n not in present]
        barred = [n for n in parameter.disables if n in set_names]
        where = f"{key}.{parameter.name}"
        if lacking:
            what = f"is set, and {', '.join(lacking)} is not"
            problems.append(Problem(where, what, "The pipeline takes it only with the other."))
        if barred:
            what = f"is set, and so is {', '.join(barred)}"
            problems.append(Problem(where, what, "The pipeline takes one of them only."))
    for group in descriptor.groups:
        problems += _broken_group(group, set_names, present, key)
    return problems


def excesses(
    request: Request,
    descriptor: Descriptor,
    key: str,
    max_jobs: int,
    jobs_per_execution: int,
) -> list[Problem]:
    """Check that the jobs are not too many, and that no two write the same file.

    Parameters
    ----------
    request
        The request.
    descriptor
        The pipeline's.
    key
        Where the settings stand.
    max_jobs
        Jobs that are not too many.
    jobs_per_execution
        How the request will be cut.
    """
    number = jobs.count(request, descriptor)
    lists = {n: _length(n, v, descriptor) for n, v in request.values.items()}
    lists = {name: length for name, length in lists.items() if length > 1}
    at_least = max(lists.values(), default=1) if number is None else number
    if at_least <= max_jobs:
        return _clashing(request, descriptor, key, jobs_per_execution)
    made_of = ", ".join(f"{name} ({length})" for name, length in lists.items())
    zipped = ", ".join(n for n in descriptor.zipped or () if n in lists)
    how = f"; {zipped} are read side by side" if zipped else ""
    return [
        Problem(
            key,
            f"makes {at_least} jobs, more than max_jobs ({max_jobs}); the lists are {made_of}{how}",
            "VIP crosses lists: their lengths multiply. Shorten them, make several sessions of "
            "them, or raise max_jobs of the session.",
        )
    ]


def unknowns(request: Request, descriptor: Descriptor) -> list[str]:
    """Return in sentences what cannot be known before VIP runs the request."""
    found: list[str] = []
    if not descriptor.is_complete:
        found.append(
            f"The platform gives no Boutiques descriptor of {descriptor.identifier}: what its "
            "outputs will be called, and how several lists combine, cannot be checked."
        )
    found += [
        f"{p.name}: the platform does not tell whether its values are files; they are sent as "
        "they are, and no local file is uploaded for them."
        for p in descriptor.parameters
        if p.type is ParameterType.LIST and p.name in request.values
    ]
    found += [
        f"{name}: if it is a folder, VIP starts a job for each of its files; how many is not known."
        for name in request.open_ended
    ]
    return found


def _clashing(
    request: Request, descriptor: Descriptor, key: str, jobs_per_execution: int
) -> list[Problem]:
    """Tell the clashes of all executions, those of one cause in one problem."""
    kinds: dict[tuple[str, ...], list[outputs.Clash]] = {}
    before = 0
    for part in plan.split(request, descriptor, jobs_per_execution):
        its_jobs = jobs.jobs(part, descriptor)
        for clash in outputs.clashes(descriptor, its_jobs):
            counted = replace(clash, jobs=tuple(number + before for number in clash.jobs))
            kinds.setdefault((clash.output, *clash.differ), []).append(counted)
        before += len(its_jobs)
    return [_clash_problem(alike, request, descriptor, key) for alike in kinds.values()]


def _clash_problem(
    alike: list[outputs.Clash], request: Request, descriptor: Descriptor, key: str
) -> Problem:
    clash, more = alike[0], len(alike) - 1
    shown = ", ".join(map(str, clash.jobs[:_JOBS_SHOWN])) + " ..." * (len(clash.jobs) > _JOBS_SHOWN)
    what = (
        f"makes jobs {shown} write one file {clash.name!r} (output {clash.output}): they share a "
        "results folder, where VIP would keep the file of one of them"
    )
    if more:
        what += f"; so it is with {_many(more, 'more name')}"
    remedy = _clash_remedy(clash, descriptor)
    first = next((name for name in clash.differ if name in request.values), None)
    return Problem(f"{key}.{first}" if first else key, what, f"{remedy[0].upper()}{remedy[1:]}.")


def _clash_remedy(clash: outputs.Clash, descriptor: Descriptor) -> str:
    if not clash.differ:
        return "these jobs are the same: name each combination of values once"
    zipped = descriptor.zipped or ()
    renamed = [n for n in clash.made_of if n in clash.differ and _is_file(descriptor, n)]
    beside = [
        name
        for name in clash.made_of
        if name in zipped and name not in renamed and any(n in zipped for n in clash.differ)
    ]
    remedies = [f"rename the files of {n} so that their last parts differ" for n in renamed]
    remedies += [f"give {name} a value of its own for each job" for name in beside]
    if not remedies:
        made_of = " and ".join(clash.made_of) or "no parameter"
        remedies.append(
            f"the name is made of {made_of}: make a session for each value of {clash.differ[0]}"
        )
    if descriptor.results_suffix != "":
        remedies.append("set jobs_per_execution: 1, then each job has a folder of its own")
    return "; or ".join(remedies)


def _broken_group(group: Group, set_names: set[str], present: set[str], key: str) -> list[Problem]:
    chosen = [name for name in group.members if name in set_names]
    lacking = [name for name in group.members if name not in present]
    members = ", ".join(group.members)
    told = f"sets {', '.join(chosen) or 'none'} of the group {group.name!r}"
    problems: list[Problem] = []
    if group.mutually_exclusive and len(chosen) > 1:
        problems.append(Problem(key, told, f"The pipeline takes one of them only: {members}."))
    if group.one_is_required and len(lacking) == len(group.members):
        problems.append(Problem(key, told, f"The pipeline needs one of them: {members}."))
    if group.all_or_none and chosen and lacking:
        problems.append(Problem(key, told, f"The pipeline needs all of them or none: {members}."))
    return problems


def _is_set(value: Any) -> bool:
    return value is not None and value is not False and value != "false"


def _is_file(descriptor: Descriptor, name: str) -> bool:
    parameter = descriptor.parameter(name)
    return parameter is not None and parameter.type is ParameterType.FILE


def _length(name: str, value: Values, descriptor: Descriptor) -> int:
    """How many values the engine makes of what it is given."""
    if name in descriptor.integer_inputs and isinstance(value, str) and value.isdecimal():
        return int(value)
    return len(as_tuple(value))


def _many(number: int, thing: str) -> str:
    return f"{number} {thing}{'s' * (number != 1)}"
