"""What a soak runs: sessions of every kind, and what there must be of them in the end."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

_WORK = "mkdir out; cp [FILE] out/copy; tar czf [LABEL].tgz out; cp [FILE] [LABEL].txt"
# Each run of a job leaves a file of its own, whatever VIP's lists may tell.
_MARK = "mktemp {marks}/[LABEL].XXXXXXXX; sleep [SECONDS]; "
_COMMANDS = {
    "Work": _MARK + _WORK,
    "Picky": _MARK + "case [LABEL] in bad*) echo this is bad >&2; exit 7;; esac; " + _WORK,
    "Flaky": _MARK + "case [LABEL] in flaky*) "
    "[ $(ls {marks} | grep -c ^[LABEL]\\\\.) -gt 1 ] || exit 3;; esac; " + _WORK,
}
_SIZES = (1, 1000, 70_000, 3_000_000)


@dataclass(frozen=True)
class Planned:
    """One session of a soak.

    Attributes
    ----------
    name
        Of the session.
    owner
        Whose inputs it uses; its own name if it has some.
    pipeline
        A key of the commands: ``Work``, ``Picky`` (a bad job fails), ``Flaky`` (a job fails once).
    labels
        One a job; the job's input is the file of that number.
    runs
        How often.
    jobs_per_execution
        At most.
    unzip, finish
        As in the configuration.
    """

    name: str
    owner: str
    pipeline: str
    labels: tuple[str, ...]
    runs: int = 1
    jobs_per_execution: int = 200
    unzip: bool = True
    finish: bool = False

    @property
    def good(self) -> dict[str, str]:
        """Label to input of the jobs that give results."""
        inputs = {label: f"f{number}.dat" for number, label in enumerate(self.labels)}
        return {label: path for label, path in inputs.items() if not label.startswith("bad")}

    @property
    def repairs(self) -> int:
        """Executions for jobs that fail once."""
        return sum(label.startswith("flaky") for label in self.labels)

    @property
    def executions(self) -> int:
        """Executions that VIP must have had of it."""
        return self.runs * -(-len(self.labels) // self.jobs_per_execution) + self.repairs

    def job_runs(self, label: str) -> int:
        """How often a job must have been run."""
        return self.runs + label.startswith("flaky")

    def as_configuration(self, seconds: float) -> dict[str, Any]:
        """Return the session as the configuration has it."""
        is_own = self.owner == self.name
        return {
            "pipeline_id": f"{self.pipeline}/1.0",
            **({"input_dir": f"data/{self.name}"} if is_own else {"inputs_from": self.owner}),
            "input_settings": {
                "file": [f"f{number}.dat" for number in range(len(self.labels))],
                "label": list(self.labels),
                "seconds": seconds,
            },
            "nb_runs": self.runs,
            "jobs_per_execution": self.jobs_per_execution,
            "unzip": self.unzip,
            "finish": self.finish,
            "repair": 1 if self.pipeline == "Flaky" else 0,
            "on_failed_jobs": "accept" if self.pipeline == "Picky" else "error",
        }


class Study:
    """The study in a folder.

    Parameters
    ----------
    folder
        Where it is made.
    dice
        What is drawn, is drawn from them.
    sessions
        How many.
    seconds
        Of a job.
    """

    def __init__(self, folder: Path, dice: random.Random, sessions: int, seconds: float) -> None:
        self.folder = folder
        self._dice = dice
        self._seconds = {
            name: round(seconds * dice.uniform(0.5, 1.5), 1) for name in _names(sessions)
        }
        self.sessions = list(_planned(dice, sessions))
        self.grown = 0

    @property
    def outputs(self) -> Path:
        """Where the results come."""
        return self.folder / "vip_outputs"

    @property
    def marks(self) -> Path:
        """Where each run of a job leaves a file."""
        return self.folder / "marks"

    @property
    def pipelines(self) -> Path:
        """The folder of the descriptors."""
        return self.folder / "pipelines"

    @property
    def executions(self) -> int:
        """Executions that VIP must have had."""
        return sum(session.executions for session in self.sessions)

    def prepare(self) -> None:
        """Write inputs and descriptors."""
        self.marks.mkdir(parents=True)
        self.pipelines.mkdir()
        for name in _COMMANDS:
            text = json.dumps(_descriptor(name, str(self.marks)))
            (self.pipelines / f"{name}.json").write_text(text)
        for session in self.sessions:
            needed = [len(one.labels) for one in self.sessions if one.owner == session.name]
            for number in range(max(needed, default=0)):
                path = self.folder / "data" / session.name / f"f{number}.dat"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(self._dice.randbytes(self._dice.choice(_SIZES) + number))

    def configure(self, url: str, key_file: Path) -> None:
        """Write the configuration as the study is now."""
        vip = {"url": url, "api_key": str(key_file), "max_executions": 6, "max_transfers": 4}
        sessions = {
            session.name: session.as_configuration(self._seconds[session.name])
            for session in self.sessions
        }
        document = {"vip": {**vip, "refresh_time": 5, "patience": 300}, "sessions": sessions}
        target = self.folder / "config" / "config.yaml"
        target.parent.mkdir(exist_ok=True)
        target.write_text(json.dumps(document, indent=1))

    def grow(self) -> None:
        """Ask for one more run of some sessions, finished ones too."""
        self.grown += 1
        some = set(self._dice.sample(range(len(self.sessions)), max(1, len(self.sessions) // 5)))
        self.sessions = [
            replace(session, runs=session.runs + 1) if number in some else session
            for number, session in enumerate(self.sessions)
        ]

    def input(self, session: Planned, path: str) -> bytes:
        """Return the content of an input."""
        return (self.folder / "data" / session.owner / path).read_bytes()


def _names(sessions: int) -> Sequence[str]:
    return [f"s{number:02}" for number in range(sessions)]


def _planned(dice: random.Random, sessions: int) -> Iterator[Planned]:
    kinds: Sequence[Mapping[str, Any]] = (
        {"jobs": 1},
        {"jobs": 3},
        {"jobs": 5, "jobs_per_execution": 2},
        {"jobs": 1, "runs": 3},
        {"jobs": 3, "first": "bad", "pipeline": "Picky"},
        {"jobs": 3, "first": "flaky", "pipeline": "Flaky"},
        {"jobs": 2, "unzip": False},
        {"jobs": 2, "runs": 2},
        {"jobs": 4, "jobs_per_execution": 2, "runs": 2},
    )
    owner = ""
    for number, name in enumerate(_names(sessions)):
        owner = owner if number % 5 not in {0, 3} else name
        kind = dict(kinds[number % len(kinds)])
        jobs, first = kind.pop("jobs"), kind.pop("first", "")
        labels = [f"{name}-{job}" for job in range(jobs)]
        labels[0] = f"{first}{labels[0]}"
        plan = {"pipeline": "Work", **kind, "finish": dice.random() < 0.5}
        yield Planned(name, owner, labels=tuple(labels), **plan)


def _descriptor(name: str, marks: str) -> dict[str, Any]:
    def parameter(key: str, kind: str) -> dict[str, Any]:
        return {"id": key, "name": key, "type": kind, "value-key": f"[{key.upper()}]"}

    return {
        "name": name,
        "tool-version": "1.0",
        "description": "an archive and a file",
        "schema-version": "0.5",
        "command-line": _COMMANDS[name].replace("{marks}", marks),
        "inputs": [
            parameter("file", "File"),
            parameter("label", "String"),
            parameter("seconds", "Number"),
        ],
        "output-files": [
            {"id": "archive", "name": "archive", "path-template": "[LABEL].tgz"},
            {"id": "text", "name": "text", "path-template": "[LABEL].txt"},
        ],
        "error-codes": [{"code": 7, "description": "The label is bad."}],
        "custom": {"vip:dot": ["file", "label"]},
    }
