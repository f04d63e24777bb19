"""What is true of a session on VIP, folded from the events of its journal."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from snakemake_vip.rest.models import Execution, Job, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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
    values
        ``inputValues`` of the whole request.
    parts
        ``inputValues`` of each execution.
    repairs
        Of executions that run failed jobs again: the name of the other, and the numbers there.
    """

    request: str
    run: int
    names: tuple[str, ...]
    values: Mapping[str, Values]
    parts: tuple[Mapping[str, Values], ...]
    repairs: Mapping[str, tuple[str, tuple[int, ...]]] = field(
        default_factory=dict[str, "tuple[str, tuple[int, ...]]"]
    )

    def repaired(self, name: str) -> frozenset[int]:
        """Return the jobs of an execution that another runs again."""
        of = [numbers for other, numbers in self.repairs.values() if other == name]
        return frozenset(number for numbers in of for number in numbers)


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
        Seconds since the epoch when it was last to be sent.
    values
        ``inputValues``.
    execution
        VIP's identifier, or none while it is not known.
    status
        The last word of VIP.
    start
        Seconds since the epoch, as VIP has it.
    ended
        The execution in full, once it is over.
    over
        Seconds since the epoch when that was seen.
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
    over: float | None = None


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
    users
        Other sessions that have used the inputs of this one, whatever the configuration now says.
    """

    upload: Upload | None = None
    plans: Mapping[tuple[int, str], Plan] = field(default_factory=dict[tuple[int, str], Plan])
    requests: Mapping[int, str] = field(default_factory=dict[int, str])
    launches: Mapping[str, Launch] = field(default_factory=dict[str, Launch])
    inputs_removed: bool = False
    outputs_removed: bool = False
    users: frozenset[str] = frozenset()

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
    def open_intents(self) -> list[Launch]:
        """Launches whose outcome is not known: a process ended between asking and noting."""
        return [launch for launch in self.launches.values() if not launch.execution]

    @property
    def unfinished(self) -> list[Launch]:
        """Launches that VIP has, of whatever request, whose end is not known."""
        return [one for one in self.launches.values() if one.execution and not one.ended]

    @property
    def present(self) -> list[Launch]:
        """Launches of the present plans of all runs."""
        return [launch for run in sorted(self.requests) for launch in self.of_run(run)]


def fold(events: Iterable[Mapping[str, Any]]) -> State:
    """Return what is true after `events`.

    An event of a later version, or about a launch whose beginning was lost, changes nothing.
    """
    folding = Folding()
    for event in events:
        folding.add(event)
    return folding.state()


class Folding:
    """A state in the making."""

    def __init__(self) -> None:
        self._upload: Upload | None = None
        self._plans: dict[tuple[int, str], Plan] = {}
        self._requests: dict[int, str] = {}
        self._launches: dict[str, Launch] = {}
        self._removed = {"inputs": False, "outputs": False}
        self._users: set[str] = set()

    def state(self) -> State:
        """Return what is true after the events so far; later ones do not change it."""
        return State(
            upload=self._upload,
            plans=dict(self._plans),
            requests=dict(self._requests),
            launches=dict(self._launches),
            inputs_removed=self._removed["inputs"],
            outputs_removed=self._removed["outputs"],
            users=frozenset(self._users),
        )

    def add(self, event: Mapping[str, Any]) -> None:
        """Take one more event into account."""
        match event:
            case {"event": "uploaded"}:
                self._upload = Upload(event["generation"], event["fingerprint"])
                self._removed["inputs"] = False
            case {"event": "planned"}:
                plan = _as_plan(event)
                self._plans[plan.run, plan.request] = plan
                self._requests[plan.run] = plan.request
            case {"event": "removed", "what": "inputs" | "outputs" as what}:
                self._removed[what] = True
            case {"event": "used"}:
                self._users.add(event["session"])
            case {"event": "launching"}:
                self._intend(event)
            case {"event": "launched" | "refused" | "seen" | "ended", "name": str(name)}:
                if name in self._launches:
                    self._go_on(name, self._launches[name], event)
            case _:
                pass

    def _intend(self, event: Mapping[str, Any]) -> None:
        self._removed["outputs"] = False
        known = self._launches.get(event["name"])
        plan = self._plans.get((event["run"], event["request"]))
        if known is None and plan:
            self._launches[event["name"]] = _as_launch(event, plan)
        elif known and known.execution is None:
            # Asked for once more: VIP needs its time to show it from now on.
            self._launches[known.name] = replace(known, intended=event["time"])

    def _go_on(self, name: str, known: Launch, event: Mapping[str, Any]) -> None:
        match event["event"]:
            case "launched":
                self._launches[name] = replace(known, execution=event["execution"])
            case "seen":
                status = Status.read(event["status"])
                self._launches[name] = replace(known, status=status, start=event["start"])
            case "ended":
                end = _as_execution(event)
                self._launches[name] = replace(
                    known, status=end.status, start=end.start, ended=end, over=event.get("time")
                )
            case _:
                del self._launches[name]


def _as_plan(event: Mapping[str, Any]) -> Plan:
    return Plan(
        request=event["request"],
        run=event["run"],
        names=tuple(event["names"]),
        values=_as_values(event["values"]),
        parts=tuple(map(_as_values, event["parts"])),
        repairs={
            name: (of, tuple(numbers)) for name, (of, numbers) in event.get("repairs", {}).items()
        },
    )


def _as_launch(event: Mapping[str, Any], plan: Plan) -> Launch:
    part: int = event["part"]
    return Launch(
        name=event["name"],
        request=event["request"],
        run=event["run"],
        part=part,
        pipeline=event["pipeline"],
        results=event["results"],
        intended=event["time"],
        values=plan.parts[part - 1],
    )


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


def _as_values(values: Mapping[str, str | list[str]]) -> dict[str, Values]:
    return {
        name: value if isinstance(value, str) else tuple(value) for name, value in values.items()
    }
