"""What was done on VIP for one session, one event a line, never changed and never lost.

The journal is written before VIP is asked for anything that cannot be taken back, and again when it
has answered. What is true now is folded from the events each time.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, cast

from snakemake_vip import durable
from snakemake_vip.rest.models import Execution, Job, Status

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from snakemake_vip.pipelines.request import Values


@dataclass(frozen=True)
class Upload:
    """The last complete upload.

    Attributes
    ----------
    generation
        How many different contents there have been, from 1.
    fingerprint
        Of all files and their content.
    """

    generation: int
    fingerprint: str


@dataclass(frozen=True)
class Plan:
    """How a request was cut into executions when it was first launched.

    Attributes
    ----------
    request
        The request's digest.
    run
        The run's number.
    names
        Of each execution. A name is unique to request, run, part and attempt.
    parts
        ``inputValues`` of each execution.
    """

    request: str
    run: int
    names: tuple[str, ...]
    parts: tuple[Mapping[str, Values], ...]


@dataclass(frozen=True)
class Launch:
    """One execution, from the intention to its end.

    Attributes
    ----------
    name
        Its name on VIP.
    request, run, part
        What it runs; parts count from 1.
    pipeline
        The pipeline's id.
    results
        The folder below which VIP puts the results.
    intended
        Seconds since the epoch when it was first to be sent.
    execution
        VIP's identifier, or none while it is not known.
    status
        The last word of VIP.
    ended
        The execution in full, once it is over.
    """

    name: str
    request: str
    run: int
    part: int
    pipeline: str
    results: str
    intended: float
    values: Mapping[str, Values]
    execution: str | None = None
    status: Status = Status.UNKNOWN
    start: float | None = None
    ended: Execution | None = None


@dataclass(frozen=True)
class State:
    """What is true after all events.

    Attributes
    ----------
    upload
        The last complete upload, or none.
    plans
        By run and request: a configuration may go back to an earlier request.
    requests
        The present request of each run.
    launches
        By name, in the order of their first intention.
    inputs_removed, outputs_removed
        Whether the clean-up took them from VIP since they were last there.
    """

    upload: Upload | None = None
    plans: Mapping[tuple[int, str], Plan] = field(default_factory=dict[tuple[int, str], Plan])
    requests: Mapping[int, str] = field(default_factory=dict[int, str])
    launches: Mapping[str, Launch] = field(default_factory=dict[str, Launch])
    inputs_removed: bool = False
    outputs_removed: bool = False

    def plan(self, run: int) -> Plan | None:
        """Return the present plan of a run."""
        return self.plans.get((run, self.requests.get(run, "")))

    def of_run(self, run: int) -> list[Launch]:
        """Return the launches of a run's present plan, by part."""
        plan = self.plan(run)
        names = plan.names if plan else ()
        return [self.launches[name] for name in names if name in self.launches]

    def is_launched(self, run: int) -> bool:
        """Whether VIP has every execution of a run's present plan."""
        plan, launches = self.plan(run), self.of_run(run)
        known = [launch for launch in launches if launch.execution]
        return plan is not None and len(known) == len(plan.names)

    @property
    def present(self) -> list[Launch]:
        """Launches of the present plans of all runs."""
        return [launch for run in sorted(self.requests) for launch in self.of_run(run)]


class Journal:
    """The journal of one session.

    Parameters
    ----------
    path
        The logbook.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> State:
        """Return what is true now."""
        state = State()
        for event in durable.read(self._path):
            state = apply(state, event)
        return state

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
            parts=[dict(part) for part in plan.parts],
        )

    def launching(self, launch: Launch) -> None:
        """Note that an execution is about to be asked for."""
        self._write(
            "launching",
            name=launch.name,
            request=launch.request,
            run=launch.run,
            part=launch.part,
            pipeline=launch.pipeline,
            results=launch.results,
            values=dict(launch.values),
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

    def ended(self, name: str, execution: Execution) -> None:
        """Note how an execution ended, with its outputs and jobs."""
        self._write("ended", name=name, **_as_record(execution))

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


def _as_execution(event: Mapping[str, Any]) -> Execution:
    return Execution(
        identifier=event["execution"],
        name=event["title"],
        pipeline=event["pipeline"],
        status=Status.read(event["status"]),
        start=event["start"],
        inputs=event["inputs"],
        outputs={name: tuple(paths) for name, paths in event["outputs"].items()},
        jobs=tuple(Job(*job) for job in event["jobs"]),
    )


def _as_values(values: Mapping[str, Any]) -> dict[str, Values]:
    return {
        name: tuple(cast("list[str]", value)) if isinstance(value, list) else str(value)
        for name, value in values.items()
    }


def apply(state: State, event: Mapping[str, Any]) -> State:
    """Return the state after one more event; an event of a later version changes nothing."""
    match event["event"]:
        case "uploaded":
            upload = Upload(event["generation"], event["fingerprint"])
            return replace(state, upload=upload, inputs_removed=False)
        case "planned":
            parts = tuple(map(_as_values, event["parts"]))
            plan = Plan(event["request"], event["run"], tuple(event["names"]), parts)
            return replace(
                state,
                plans={**state.plans, (plan.run, plan.request): plan},
                requests={**state.requests, plan.run: plan.request},
            )
        case "removed":
            return replace(state, **{f"{event['what']}_removed": True})
        case "launching" | "launched" | "refused" | "seen" | "ended":
            launches = dict(state.launches)
            _apply_to_launch(launches, event)
            removed = state.outputs_removed and event["event"] != "launching"
            return replace(state, launches=launches, outputs_removed=removed)
        case _:
            return state


def _apply_to_launch(launches: dict[str, Launch], event: Mapping[str, Any]) -> None:
    name = event["name"]
    match event["event"]:
        case "launching" if name not in launches:
            launches[name] = Launch(
                name=name,
                request=event["request"],
                run=event["run"],
                part=event["part"],
                pipeline=event["pipeline"],
                results=event["results"],
                intended=event["time"],
                values=_as_values(event["values"]),
            )
        case "launched":
            launches[name] = replace(launches[name], execution=event["execution"])
        case "refused":
            launches.pop(name, None)
        case "seen":
            status = Status.read(event["status"])
            launches[name] = replace(launches[name], status=status, start=event["start"])
        case "ended":
            ended = _as_execution(event)
            launches[name] = replace(
                launches[name], status=ended.status, start=ended.start, ended=ended
            )
        case _:
            pass
