"""What a page shows, apart from how: plain data that rendering only has to write down."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from snakemake_vip.report import tabular

if TYPE_CHECKING:
    from collections.abc import Mapping


class Phase(StrEnum):
    """What an execution, or a session, was about at a time."""

    UPLOADING = "uploading"
    WAITING = "waiting for a slot"
    QUEUED = "queued on VIP"
    RUNNING = "running"
    UNSEEN = "queued or running"
    RESTING = "over, not fetched"
    DOWNLOADING = "downloading"


@dataclass(frozen=True)
class Span:
    """A stretch of time, in seconds since the epoch.

    Attributes
    ----------
    note
        What else there is to say: files and bytes of a transfer.
    is_open
        Whether it goes on; its end is then the time of the report.
    """

    phase: Phase
    begin: float
    end: float
    note: str = ""
    is_open: bool = False

    @property
    def seconds(self) -> float:
        """How long it is."""
        return max(0.0, self.end - self.begin)


@dataclass(frozen=True)
class JobSpans:
    """One job of an execution, as the few looks at it found it."""

    job: int
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class Bar:
    """One line of the timeline: an execution, or the uploads of a session.

    Attributes
    ----------
    run, execution
        None and empty for uploads.
    jobs
        How many jobs ended with which status.
    watched
        Its jobs, where somebody has looked at them while it went on.
    """

    session: str
    run: int | None
    execution: str
    name: str
    status: str
    spans: tuple[Span, ...]
    jobs: Mapping[str, int] = field(default_factory=dict[str, int])
    watched: tuple[JobSpans, ...] = ()


@dataclass(frozen=True)
class JobRow:
    """One job, as it was told last.

    Attributes
    ----------
    inputs
        Parameter to value.
    outputs
        Names of the files that it gave.
    """

    session: str
    run: int
    execution: str
    job: int
    inputs: Mapping[str, str]
    status: str
    exit_code: int | None
    message: str
    outputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Failure:
    """A job that did not end well.

    Attributes
    ----------
    stage
        Where it failed.
    meaning
        What the pipeline's descriptor says of the exit code.
    tail
        The last lines that it wrote.
    is_repaired
        Whether another execution has run it again.
    """

    session: str
    run: int
    execution: str
    job: int
    status: str
    exit_code: int
    message: str
    stage: str
    meaning: str
    tail: tuple[str, ...]
    is_repaired: bool = False


@dataclass(frozen=True)
class Picture:
    """A picture among the results.

    Attributes
    ----------
    path
        Below the folder of the results, for a link.
    title
        What it shows, for those who do not see it as well.
    content, mime
        Of the thumbnail.
    width, height
        Of the thumbnail, in pixels.
    bytes
        Of the file itself.
    """

    session: str
    run: int
    job: int | None
    path: str
    title: str
    content: bytes
    mime: str
    width: int
    height: int
    bytes: int


@dataclass(frozen=True)
class Sheet:
    """A table to be shown.

    Attributes
    ----------
    left_out
        Rows that are not shown.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left_out: int = 0

    @cached_property
    def numeric(self) -> tuple[bool, ...]:
        """Which columns have numbers, as far as they have anything."""
        cells = [[row[n] for row in self.rows] for n in range(len(self.columns))]
        told = [[cell for cell in column if cell != tabular.MISSING] for column in cells]
        return tuple(bool(column) and None not in map(tabular.number, column) for column in told)


@dataclass(frozen=True)
class Overview:
    """One session in a line."""

    session: str
    pipeline: str
    runs: int
    downloaded: int
    executions: int
    jobs: int
    failed: int
    bytes: int


@dataclass(frozen=True)
class Report:
    """A study to look at.

    Attributes
    ----------
    made
        Seconds since the epoch.
    notes
        What the reader should know about what is not there.
    """

    title: str
    made: float
    version: str
    sessions: tuple[Overview, ...]
    bars: tuple[Bar, ...]
    jobs: tuple[JobRow, ...]
    failures: tuple[Failure, ...]
    pictures: tuple[Picture, ...]
    sheets: tuple[Sheet, ...]
    notes: tuple[str, ...] = ()
