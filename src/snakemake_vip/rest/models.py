"""What the platform says, as frozen dataclasses.

Each ``read`` takes one JSON object of VIP's REST API and tolerates what the API leaves out or null.
What cannot be VIP's is a :class:`~snakemake_vip.rest.fields.ShapeError`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Self

from snakemake_vip.errors import harmless
from snakemake_vip.rest import fields, names
from snakemake_vip.rest.fields import Json, ShapeError

if TYPE_CHECKING:
    from collections.abc import Mapping

_EXECUTIONS_LISTED = 500
_MILLISECONDS = 1000


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
        answer = fields.record(answer)
        listed = fields.whole(answer, "defaultLimitListExecutions")
        return cls(
            name=fields.text(answer, "platformName") or "VIP",
            version=fields.text(answer, "supportedAPIVersion"),
            download_limit=fields.whole(answer, "maxSizeDirectTransfer"),
            execution_list_limit=listed or _EXECUTIONS_LISTED,
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
        answer = fields.record(answer)
        return cls(
            name=fields.identifier(answer, "name"),
            type=fields.text(answer, "type") or "String",
            optional=fields.flag(answer, "isOptional", default=False),
            default=answer.get("defaultValue"),
            description=fields.text(answer, "description"),
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
        answer = fields.record(answer)
        identifier = fields.identifier(answer, "identifier")
        application, _, version = identifier.rpartition("/")
        return cls(
            identifier=identifier,
            name=fields.text(answer, "name") or application,
            version=fields.text(answer, "version") or version,
            description=fields.text(answer, "description"),
            parameters=tuple(
                map(PipelineParameter.read, fields.items(answer.get("parameters") or []))
            ),
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
        answer = fields.record(answer)
        if not (number.isascii() and number.isdigit()):
            msg = f"{number!r} is no number of a job"
            raise ShapeError(msg)
        code = fields.whole(answer, "exitCode")
        return cls(
            number=int(number),
            status=_line(fields.text(answer, "status")),
            exit_code=-1 if code is None else code,
            exit_message=_line(fields.text(answer, "exitMessage")),
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
        answer = fields.record(answer)
        identifier = fields.identifier(answer, "identifier")
        if not names.is_identifier(identifier):
            msg = f"{identifier!r} is no identifier of an execution"
            raise ShapeError(msg)
        start = fields.number(answer, "startDate")
        jobs = [Job.read(number, job) for number, job in fields.members(answer, "jobs")]
        returned = fields.members(answer, "returnedFiles")
        return cls(
            identifier=identifier,
            name=fields.text(answer, "name") or identifier,
            pipeline=fields.text(answer, "pipelineIdentifier"),
            status=Status.read(fields.text(answer, "status")),
            start=None if start is None else start / _MILLISECONDS,
            inputs={name: str(value) for name, value in fields.members(answer, "inputValues")},
            outputs={name: _paths(paths) for name, paths in returned},
            jobs=tuple(sorted(jobs, key=lambda job: job.number)),
        )


def _paths(value: Any) -> tuple[str, ...]:
    listed = [value] if isinstance(value, str) else fields.items(value or [])
    for path in listed:
        if not isinstance(path, str):
            msg = "a returned file is no path"
            raise ShapeError(msg)
    return tuple(listed)


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
    modified
        When what is in a folder changed last, in seconds since the epoch; none for a file, and for
        a folder as its parent lists it.
    """

    path: str
    exists: bool
    is_directory: bool
    size: int | None
    modified: float | None = None

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rstrip("/").rpartition("/")[2]

    @classmethod
    def read(cls, answer: Json) -> Self:
        """Read ``PathProperties``."""
        answer = fields.record(answer)
        return cls(
            path=fields.identifier(answer, "path"),
            exists=fields.flag(answer, "exists", default=True),
            is_directory=fields.flag(answer, "isDirectory", default=False),
            size=fields.whole(answer, "size"),
            modified=_date(answer.get("lastModificationDate")),
        )


def _line(text: str) -> str:
    """Return a text that stands in tables and on terminals, on one line."""
    return " ".join(harmless(text).split())


def _date(value: Any) -> float | None:
    """Return a date, which only helps: nothing fails for one of another form."""
    return float(value) if isinstance(value, int | float) else None
