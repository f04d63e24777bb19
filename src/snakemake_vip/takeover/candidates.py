"""Which executions of the official client's session stand for which run."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from snakemake_vip.errors import AuthenticationError, PlatformError
from snakemake_vip.rest import watch
from snakemake_vip.rest.models import Execution, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from snakemake_vip.rest.client import Client
    from snakemake_vip.takeover.backup import Backup, Workflow

logger = logging.getLogger(__name__)

_USELESS = frozenset({Status.EXECUTION_FAILED, Status.KILLED})


@dataclass(frozen=True)
class Candidate:
    """An execution that may stand for a run: as it was saved, and as VIP has it."""

    workflow: Workflow
    execution: Execution


@dataclass(frozen=True)
class Left:
    """An execution that is not taken over, and why."""

    identifier: str
    why: str


def candidates(client: Client, backup: Backup) -> tuple[list[Candidate], list[Left]]:
    """Return the executions that stand for runs, oldest first, and those that do not.

    What failed or was killed stands for a run only where nothing better does: it is then the
    newest one, to be launched again on demand.

    Parameters
    ----------
    client
        The platform.
    backup
        The official client's session.
    """
    found: list[Candidate] = []
    left: list[Left] = []
    for workflow in backup.workflows:
        execution = _execution(client, workflow.identifier)
        why = "VIP no longer has it" if execution is None else _misfit(backup, execution)
        if execution is None or why:
            left.append(Left(workflow.identifier, why))
        else:
            found.append(Candidate(workflow, execution))
    found.sort(key=lambda one: (one.execution.start or 0, one.workflow.identifier))
    good = [one for one in found if one.execution.status not in _USELESS]
    chosen = good or found[-1:]
    left += [
        Left(one.workflow.identifier, f"it is {one.execution.status}")
        for one in found
        if one not in chosen
    ]
    return chosen, left


def _execution(client: Client, identifier: str) -> Execution | None:
    try:
        return watch.execution(client, identifier)
    except AuthenticationError:
        raise
    except PlatformError as error:
        logger.warning("%s", error.what)
        return None


def _misfit(backup: Backup, execution: Execution) -> str:
    """Return why an execution is not one of the session's present request, if it is not."""
    if execution.pipeline and execution.pipeline != backup.pipeline:
        return f"it ran {execution.pipeline}"
    for name, value in _told(backup.settings or {}):
        # Of a list VIP tells the last value only.
        if name in execution.inputs and execution.inputs[name] != value:
            return f"it ran with {name}: {execution.inputs[name]}"
    return ""


def _told(settings: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    for name, value in settings.items():
        if isinstance(value, list):
            items = cast("list[Any]", value)
            if items:
                yield name, str(items[-1])
        elif isinstance(value, str):
            yield name, value
