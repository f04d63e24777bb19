"""What was done on VIP for one session, one event a line, never changed and never lost.

The journal is written before VIP is asked for anything that cannot be taken back, and again when it
has answered. What is true now is folded from the events.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from snakemake_vip import durable
from snakemake_vip.executions.state import Folding
from snakemake_vip.software import versions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from snakemake_vip.executions.state import Launch, Plan, State, Upload
    from snakemake_vip.rest.models import Execution


class Journal:
    """The journal of one session.

    Parameters
    ----------
    path
        The logbook.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._turn = threading.Lock()
        self._following = durable.Following(path)
        self._folding = Folding()

    def read(self) -> State:
        """Return what is true now. What was read before is not read again."""
        with self._turn:
            is_other, events = self._following.new()
            if is_other:
                self._folding = Folding()
            for event in events:
                self._folding.add(event)
            return self._folding.state()

    def _write(self, event: str, **content: Any) -> None:
        durable.append(self._path, [{"event": event, "time": time.time(), **content}])

    def uploaded(self, upload: Upload) -> None:
        """Note that the inputs are on VIP."""
        self._write("uploaded", generation=upload.generation, fingerprint=upload.fingerprint)

    def planned(self, plan: Plan) -> None:
        """Note how a request is cut into executions, before the first is launched."""
        self._write(
            "planned",
            request=plan.request,
            run=plan.run,
            names=list(plan.names),
            values=dict(plan.values),
            parts=[dict(part) for part in plan.parts],
            **({"repairs": dict(plan.repairs)} if plan.repairs else {}),
        )

    def launching(self, launch: Launch, software: Mapping[str, str] | None = None) -> None:
        """Note that an execution of a plan is about to be asked for, and by which software."""
        self._write(
            "launching",
            name=launch.name,
            request=launch.request,
            run=launch.run,
            part=launch.part,
            pipeline=launch.pipeline,
            results=launch.results,
            software=dict(versions() if software is None else software),
        )

    def launched(self, name: str, execution: str) -> None:
        """Note the identifier that VIP gave."""
        self._write("launched", name=name, execution=execution)

    def refused(self, name: str, why: str) -> None:
        """Note that VIP surely did not start an execution."""
        self._write("refused", name=name, why=why)

    def seen(self, name: str, execution: Execution) -> None:
        """Note VIP's last word on an execution."""
        self._write("seen", name=name, status=execution.status, start=execution.start)

    def ended(self, name: str, execution: Execution, *, alive: float | None = None) -> None:
        """Note how an execution ended, with its outputs and jobs.

        Parameters
        ----------
        name
            Its name.
        execution
            The execution in full.
        alive
            When it was last seen going on, in seconds since the epoch, where somebody watched.
        """
        watched = {} if alive is None else {"alive": alive}
        self._write("ended", name=name, **_as_record(execution), **watched)

    def watched(self, name: str, execution: Execution) -> None:
        """Note the jobs of an execution that goes on; for the timeline."""
        jobs = [[job.number, job.status, job.exit_code] for job in execution.jobs]
        self._write("watched", name=name, jobs=jobs)

    def moved(self, what: str, since: float, **more: Any) -> None:
        """Note that an ``upload`` or ``download`` took from `since` until now; for the timeline."""
        self._write("moved", what=what, since=since, **more)

    def used(self, session: str) -> None:
        """Note that another session is about to use the inputs of this one."""
        self._write("used", session=session)

    def removed(self, what: str) -> None:
        """Note that ``inputs`` or ``outputs`` are no longer on VIP."""
        self._write("removed", what=what)


def _as_record(execution: Execution) -> dict[str, Any]:
    return {
        "execution": execution.identifier,
        "pipeline": execution.pipeline,
        "title": execution.name,
        "status": execution.status,
        "start": execution.start,
        "inputs": dict(execution.inputs),
        "outputs": {name: list(paths) for name, paths in execution.outputs.items()},
        "jobs": [
            [job.number, job.status, job.exit_code, job.exit_message] for job in execution.jobs
        ],
    }
