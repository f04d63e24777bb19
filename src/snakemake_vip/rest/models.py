"""What the platform says, as frozen dataclasses.

Each ``read`` takes one JSON object of VIP's REST API and tolerates what the API leaves out or null.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self, cast

Json = Mapping[str, Any]


def _items(answer: Json, key: str) -> Iterable[tuple[str, Any]]:
    return cast("Json", answer.get(key) or {}).items()


class Status(StrEnum):
    """Status of an execution (``ExecutionStatus``)."""

    INITIALIZING = "Initializing"
    READY = "Ready"
    RUNNING = "Running"
    FINISHED = "Finished"
    INITIALIZATION_FAILED = "InitializationFailed"
    EXECUTION_FAILED = "ExecutionFailed"
    UNKNOWN = "Unknown"
    KILLED = "Killed"

    @classmethod
    def read(cls, text: str | None) -> Status:
        """Return the status; one that this package does not know is ``Unknown``, so not over."""
        try:
            return cls(text or "")
        except ValueError:
            return cls.UNKNOWN

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to come. ``Ready``, ``Initializing`` and ``Unknown`` are not."""
        return self in _OVER


_OVER = frozenset(
    {Status.FINISHED, Status.EXECUTION_FAILED, Status.INITIALIZATION_FAILED, Status.KILLED}
)


@dataclass(frozen=True)
class Platform:
    """``GET /platform``.

    Attributes
    ----------
    name, version
        Of the platform and of its API.
    download_limit
        Bytes of the largest file that it gives out, or none.
    execution_list_limit
        Executions that one listing holds at most.
    """

    name: str
    version: str
    download_limit: int | None
    execution_list_limit: int

    @classmethod
    def read(cls, answer: Json) -> Self:
        """Read ``PlatformProperties``."""
        return cls(
            name=answer.get("platformName") or "VIP",
            version=str(answer.get("supportedAPIVersion") or ""),
            download_limit=answer.get("maxSizeDirectTransfer"),
            execution_list_limit=answer.get("defaultLimitListExecutions") or 500,
        )


@dataclass(frozen=True)
class PipelineParameter:
    """One parameter of a pipeline's definition.

    Attributes
    ----------
    name
        The Boutiques input id.
    type
        ``File``, ``String``, ``Boolean``, ``Int64``, ``Double`` or ``List``.
    optional
        Whether it may be left out.
    default
        The descriptor's default value, or none.
    description
        Text or HTML.
    """

    name: str
    type: str
    optional: bool
    default: Any
    description: str

    @classmethod
    def read(cls, answer: Json) -> Self:
        """Read ``PipelineParameter``."""
        return cls(
            name=answer["name"],
            type=answer.get("type") or "String",
            optional=bool(answer.get("isOptional")),
            default=answer.get("defaultValue"),
            description=answer.get("description") or "",
        )


@dataclass(frozen=True)
class PipelineDefinition:
    """``GET /pipelines`` (without parameters) and ``GET /pipelines/{id}``."""

    identifier: str
    name: str
    version: str
    description: str
    parameters: tuple[PipelineParameter, ...]

    @classmethod
    def read(cls, answer: Json) -> Self:
        """Read ``Pipeline``."""
        return cls(
            identifier=answer["identifier"],
            name=answer.get("name") or answer["identifier"].rpartition("/")[0],
            version=answer.get("version") or answer["identifier"].rpartition("/")[2],
            description=answer.get("description") or "",
            parameters=tuple(map(PipelineParameter.read, answer.get("parameters") or ())),
        )


@dataclass(frozen=True)
class Job:
    """One job of an execution, its newest attempt.

    Attributes
    ----------
    number
        The invocation number, from 1.
    status
        A name of VIP's ``TaskStatus``, e.g. ``COMPLETED``, ``ERROR``.
    exit_code
        -1 until the job has ended.
    exit_message
        VIP's text for the exit code.
    """

    number: int
    status: str
    exit_code: int
    exit_message: str

    @property
    def succeeded(self) -> bool:
        """Whether the job ended well."""
        return self.status == "COMPLETED" and self.exit_code == 0

    @classmethod
    def read(cls, number: str, answer: Json) -> Self:
        """Read one entry of an execution's ``jobs``."""
        code = answer.get("exitCode")
        return cls(
            number=int(number),
            status=answer.get("status") or "",
            exit_code=-1 if code is None else int(code),
            exit_message=answer.get("exitMessage") or "",
        )


@dataclass(frozen=True)
class Execution:
    """An execution, as listed (without inputs, outputs and jobs) or in full.

    Attributes
    ----------
    identifier
        ``workflow-`` and six characters.
    start
        Seconds since the epoch (VIP sends milliseconds), or none.
    inputs
        What VIP tells of the inputs: strings, of a list only one value.
    outputs
        Boutiques output id to the paths of its files on VIP.
    jobs
        In the order of their numbers.
    """

    identifier: str
    name: str
    pipeline: str
    status: Status
    start: float | None = None
    inputs: Mapping[str, str] = field(default_factory=dict[str, str])
    outputs: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, "tuple[str, ...]"])
    jobs: tuple[Job, ...] = ()

    @property
    def failed_jobs(self) -> tuple[Job, ...]:
        """Jobs that did not end well."""
        return tuple(job for job in self.jobs if not job.succeeded)

    @classmethod
    def read(cls, answer: Json) -> Self:
        """Read ``Execution``."""
        start = answer.get("startDate")
        jobs = [Job.read(number, job) for number, job in _items(answer, "jobs")]
        return cls(
            identifier=answer["identifier"],
            name=answer.get("name") or answer["identifier"],
            pipeline=answer.get("pipelineIdentifier") or "",
            status=Status.read(answer.get("status")),
            start=None if start is None else start / 1000,
            inputs={name: str(value) for name, value in _items(answer, "inputValues")},
            outputs={name: tuple(paths) for name, paths in _items(answer, "returnedFiles")},
            jobs=tuple(sorted(jobs, key=lambda job: job.number)),
        )


@dataclass(frozen=True)
class PathInfo:
    """A file or folder on VIP (``PathProperties``).

    Attributes
    ----------
    path
        The path on VIP.
    exists
        Whether it is there: VIP answers 200 where it is not.
    is_directory
        Whether it is a folder.
    size
        Bytes of a file; of a folder the number of its children.
    """

    path: str
    exists: bool
    is_directory: bool
    size: int | None

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rstrip("/").rpartition("/")[2]

    @classmethod
    def read(cls, answer: Json) -> Self:
        """Read ``PathProperties``."""
        exists = answer.get("exists")
        return cls(
            path=answer["path"],
            exists=True if exists is None else bool(exists),
            is_directory=bool(answer.get("isDirectory")),
            size=answer.get("size"),
        )
