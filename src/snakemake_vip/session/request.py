"""What makes two requests the same: session, pipeline, settings, content of the inputs, run.

The digest of it stands in the execution's name on VIP, so that an execution can be found again by
whoever makes the same request, whatever became of this machine.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from snakemake_vip import durable
from snakemake_vip.pipelines.request import as_tuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from snakemake_vip.pipelines.request import Request

_SHOWN = 32


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


def execution_name(
    session: str, run: int, request: str, part: int, parts: int, attempt: int = 1
) -> str:
    """Return the name of an execution on VIP.

    Parameters
    ----------
    session, run
        For people who look at the portal.
    request
        The digest.
    part, parts
        Which execution of how many.
    attempt
        More than 1 where the user asked to launch a failed execution again.
    """
    name = f"{session} run-{run} {request[:_SHOWN]}"
    if parts > 1:
        name += f" part-{part}of{parts}"
    return name if attempt == 1 else f"{name} attempt-{attempt}"


def attempt_of(name: str) -> int:
    """Return which attempt an execution's name stands for."""
    _, found, number = name.rpartition(" attempt-")
    return int(number) if found else 1


def next_attempt(name: str) -> str:
    """Return the name of the next attempt."""
    number = attempt_of(name)
    base = name if number == 1 else name.rpartition(" attempt-")[0]
    return f"{base} attempt-{number + 1}"
