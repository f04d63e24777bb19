"""What makes two requests the same: session, pipeline, settings, content of the inputs, run.

The digest of it stands in the execution's name on VIP, so that an execution can be found again by
whoever makes the same request, whatever became of this machine.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from snakemake_vip import durable
from snakemake_vip.pipelines.files import is_named
from snakemake_vip.pipelines.request import Request, as_tuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from snakemake_vip.executions.state import Launch
    from snakemake_vip.pipelines.descriptor import Descriptor

_SHOWN = 32
_FOLDER = 12

PLAN = 8
"""Hexadecimal digits that name a plan."""


def digest(session: str, run: int, request: Request, contents: Mapping[str, str]) -> str:
    """Return the identity of one run of a request, in hexadecimal.

    Parameters
    ----------
    session
        The session's name.
    run
        The run's number.
    request
        What VIP is asked to run; how it is cut into executions does not matter.
    contents
        SHA-256 of the local files, by their path on VIP.
    """
    identity = {
        "session": session,
        "run": run,
        "pipeline": request.pipeline,
        "values": {name: list(as_tuple(value)) for name, value in request.values.items()},
        "contents": {path: contents[path] for path in request.files},
    }
    return hashlib.sha256(durable.canonical(identity).encode()).hexdigest()


def launched(launch: Launch, descriptor: Descriptor) -> Request:
    """Return the request that an execution was launched with."""
    open_ended = [
        name
        for name, patterns in descriptor.directory_inputs.items()
        for text in as_tuple(launch.values.get(name, ()))
        # A folder there stands for files that only VIP knows.
        if not is_named(PurePosixPath(text).name, patterns)
    ]
    return Request(launch.pipeline, launch.values, {}, open_ended=tuple(open_ended))


@dataclass(frozen=True)
class Cut:
    """How a request is cut into executions.

    Attributes
    ----------
    parts
        Executions.
    jobs
        Jobs that each has at most, one after the other; without meaning for a single one.
    plan
        Of the plan on VIP that tells what each has, where it is not that: the first digits of its
        SHA-256.
    """

    parts: int = 1
    jobs: int = 0
    plan: str = ""


def execution_name(session: str, run: int, request: str, part: int = 1, cut: Cut = Cut()) -> str:
    """Return the name of an execution on VIP.

    Parameters
    ----------
    session, run
        For people who look at the portal.
    request
        The digest.
    part, cut
        Which execution of how many, and how they came about: whoever else makes the same request
        has to cut it in the same way.
    """
    name = f"{session} run-{run} {request[:_SHOWN]}"
    if cut.parts == 1 and not cut.plan:
        return name
    how = f"plan-{cut.plan}" if cut.plan else f"by{cut.jobs}"
    return f"{name} part-{part}of{cut.parts}{how}"


def cut_of(names: Iterable[str], session: str, run: int, request: str) -> Cut | None:
    """Return how a request was cut by whoever launched it, or none where nobody did.

    Parameters
    ----------
    names
        Of executions on VIP, in any order.
    session, run, request
        As in :func:`execution_name`.
    """
    whole = re.escape(execution_name(session, run, request))
    how = rf"by(\d+)|plan-([0-9a-f]{{{PLAN}}})"
    ours = re.compile(rf"{whole}(?: part-\d+of(\d+)(?:{how}))?(?: attempt-\d+)?")
    found = {match for name in names if (match := ours.fullmatch(name))}
    cuts = {Cut(int(m[1]), int(m[2] or 0), m[3] or "") if m[1] else Cut() for m in found}
    # Where two machines have cut it differently at the same moment, all settle on one.
    return min(cuts, key=lambda cut: (cut.parts, cut.jobs, cut.plan), default=None)


def next_attempt(name: str) -> str:
    """Return the name of an execution that is launched after the one called `name` gave nothing."""
    base, number = _attempt(name)
    return f"{base} attempt-{number + 1}"


def folder_of_attempt(name: str, request: str) -> str:
    """Return the name of a folder that no other request or attempt puts its results into."""
    _, number = _attempt(name)
    return request[:_FOLDER] if number == 1 else f"{request[:_FOLDER]}-{number}"


def _attempt(name: str) -> tuple[str, int]:
    base, found, number = name.rpartition(" attempt-")
    return (base, int(number)) if found else (name, 1)
