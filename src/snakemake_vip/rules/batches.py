"""Which jobs go to VIP together, as one execution with lists.

VIP reads the lists of some parameters side by side (``vip:dot``) and crosses all others. So jobs go
together that differ in the former only, whose results go to one folder, and whose results cannot
meet there. What cannot be proven to be the same jobs again goes alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from snakemake_vip.pipelines import combination
from snakemake_vip.pipelines import jobs as iteration
from snakemake_vip.pipelines import outputs as predictions
from snakemake_vip.pipelines.request import Request, Values
from snakemake_vip.pipelines.values import is_at_the_edge

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from snakemake_vip.pipelines.descriptor import Descriptor
    from snakemake_vip.rules.request import Wanted

_Key = tuple[str, ...]


@dataclass(frozen=True)
class Batch:
    """Jobs that are one execution on VIP.

    Attributes
    ----------
    members
        The jobs; the first is VIP's job number 1, and so on. A single one may be several on VIP.
    values
        ``inputValues`` of the execution.
    why_alone
        Why the job goes alone, in words; empty where it has company, or found none.
    """

    members: tuple[Wanted, ...]
    values: Mapping[str, Values]
    why_alone: str = ""


def batches(
    waiting: Iterable[Wanted], descriptor: Descriptor, jobs_per_execution: int
) -> list[Batch]:
    """Return executions that run all of the jobs, each once.

    Parameters
    ----------
    waiting
        Jobs of one pipeline, in the order in which they came.
    descriptor
        The pipeline's.
    jobs_per_execution
        Jobs that one execution has at most.
    """
    found: list[Batch] = []
    groups: dict[_Key, list[_Open]] = {}
    for wanted in waiting:
        why = why_alone(wanted, descriptor)
        if why:
            found.append(Batch((wanted,), wanted.request.values, why))
            continue
        names = {one.name for one in _predicted(wanted, descriptor)}
        opened = groups.setdefault(_key(wanted, descriptor), [])
        # The names of the outputs are the files of one folder.
        place = next(
            (
                o
                for o in opened
                if len(o.members) < jobs_per_execution and o.names.isdisjoint(names)
            ),
            None,
        )
        if place is None:
            place = _Open([], set())
            opened.append(place)
        place.members.append(wanted)
        place.names |= names
    for opened in groups.values():
        for one in opened:
            found += _closed(one.members, descriptor)
    return found


def why_alone(wanted: Wanted, descriptor: Descriptor) -> str:
    """Return why a job can have no company, in words; empty where it can.

    Parameters
    ----------
    wanted
        The job.
    descriptor
        The pipeline's.
    """
    request = wanted.request
    uncertain: list[str] = []
    if descriptor.outputs is not None and iteration.count(request, descriptor) == 1:
        uncertain = [p.output for p in _predicted(wanted, descriptor) if not p.is_certain]
    varying = _varying(descriptor)
    reasons = {
        f"{descriptor.identifier} names no parameters that VIP reads side by side (vip:dot)": (
            descriptor.outputs is None or not descriptor.zipped
        ),
        f"only VIP knows how many jobs {', '.join(request.open_ended)} makes": request.open_ended,
        "it has lists of its own": iteration.count(request, descriptor) != 1,
        "the results folder is one of the lists": descriptor.zips_results,
        f"it cannot be foreseen what {', '.join(dict.fromkeys(uncertain))} will be called": (
            uncertain
        ),
        "it gives none of the parameters that VIP reads side by side": (
            set(varying).isdisjoint(request.values)
        ),
    }
    return next((why for why, holds in reasons.items() if holds), "")


@dataclass
class _Open:
    """A batch in the making."""

    members: list[Wanted]
    names: set[str]


def _varying(descriptor: Descriptor) -> tuple[str, ...]:
    """Parameters that may differ between the jobs of an execution."""
    makes_jobs = set(descriptor.integer_inputs)
    copied = {
        source
        for hidden, source in descriptor.overridden.items()
        if hidden not in (descriptor.zipped or ())
    }
    return tuple(n for n in descriptor.zipped or () if n not in makes_jobs and n not in copied)


def _key(wanted: Wanted, descriptor: Descriptor) -> _Key:
    """Return what jobs of one execution have in common."""
    varying = _varying(descriptor)
    crossed = [f"{n}={v}" for n, v in sorted(wanted.request.values.items()) if n not in varying]
    given = [n for n in varying if n in wanted.request.values]
    return (wanted.results or "", *crossed, "|", *given)


def _predicted(wanted: Wanted, descriptor: Descriptor) -> tuple[predictions.Prediction, ...]:
    (job,) = iteration.jobs(wanted.request, descriptor)
    return predictions.predicted(descriptor, job)


def _closed(members: Sequence[Wanted], descriptor: Descriptor) -> list[Batch]:
    """Return one batch, or one for each job where VIP would not make the same jobs of it."""
    if len(members) == 1:
        return [Batch((members[0],), members[0].request.values)]
    values = _side_by_side(members, descriptor)
    whole = Request(members[0].request.pipeline, values, {})
    alone = tuple(iteration.jobs(member.request, descriptor)[0] for member in members)
    at_edge = any(not isinstance(v, str) and is_at_the_edge(v) is not None for v in values.values())
    if at_edge or iteration.jobs(whole, descriptor) != alone:
        why = "VIP would not read the lists as the same jobs"
        return [Batch((member,), member.request.values, why) for member in members]
    return [Batch(tuple(members), values)]


def _side_by_side(members: Sequence[Wanted], descriptor: Descriptor) -> dict[str, Values]:
    varying = _varying(descriptor)
    merged: dict[str, Values] = {
        name: tuple(str(member.request.values[name]) for member in members)
        if name in varying
        else value
        for name, value in members[0].request.values.items()
    }
    return combination.aligned(merged, descriptor, (), "")[0]
