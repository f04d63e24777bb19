"""The memory of a sandbox: executions, jobs and outputs in SQLite. It survives a restart."""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping
    from pathlib import Path

_SCHEMA = """
create table if not exists executions (
    number integer primary key autoincrement, id text not null unique, name text not null,
    pipeline text not null, status text not null, started integer not null,
    request text not null, inputs text, expanded integer not null default 0);
create table if not exists jobs (
    execution text not null, number integer not null, inputs text not null,
    status text not null, exit_code integer, primary key (execution, number)) without rowid;
create table if not exists outputs (
    execution text not null, job integer not null, output text not null, path text not null,
    stored integer not null default 0, primary key (execution, path)) without rowid;
create index if not exists running on executions (status);
"""

RUNNING, FINISHED, FAILED, KILLED, CLEANED = (
    "Running",
    "Finished",
    "ExecutionFailed",
    "Killed",
    "Cleaned",
)
QUEUED_JOB, RUNNING_JOB, DONE_JOB, FAILED_JOB, DELETED_JOB = (
    "QUEUED",
    "RUNNING",
    "COMPLETED",
    "ERROR",
    "DELETED",
)


@dataclass(frozen=True)
class Execution:
    """One execution.

    Attributes
    ----------
    status
        ``Running``, ``Finished``, ``ExecutionFailed``, ``Killed``, or ``Cleaned`` once deleted.
    started
        Milliseconds since the epoch.
    request
        Input name to its values, as they were sent, defaults added.
    inputs
        Input name to the one value that VIP shows; none until the engine has started.
    expanded
        Whether its jobs have been made.
    """

    id: str
    name: str
    pipeline: str
    status: str
    started: int
    request: dict[str, list[str]]
    inputs: dict[str, str] | None
    expanded: bool


@dataclass(frozen=True)
class Job:
    """One job: its number in the execution (from 1), its inputs, and how it stands."""

    execution: str
    number: int
    inputs: dict[str, str]
    status: str
    exit_code: int | None

    @property
    def is_over(self) -> bool:
        """Whether it runs no more."""
        return self.status not in {QUEUED_JOB, RUNNING_JOB}


@dataclass(frozen=True)
class Output:
    """One output file of a job: Boutiques id and VIP path."""

    job: int
    output: str
    path: str


class Store:
    """The database, for any thread.

    Parameters
    ----------
    path
        The database file.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = normal")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._db.close()

    @contextmanager
    def together(self) -> Generator[sqlite3.Connection]:
        """Make what is written inside happen wholly or not at all, and alone."""
        with self._lock:
            if self._db.in_transaction:
                yield self._db
                return
            self._db.execute("begin immediate")
            try:
                yield self._db
            except BaseException:
                self._db.execute("rollback")
                raise
            self._db.execute("commit")

    def _rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        with self._lock:
            return self._db.execute(query, values).fetchall()

    def add(self, execution: Execution) -> None:
        """Add a new execution."""
        with self.together() as db:
            db.execute(
                "insert into executions (id, name, pipeline, status, started, request)"
                " values (?, ?, ?, ?, ?, ?)",
                (
                    execution.id,
                    execution.name,
                    execution.pipeline,
                    execution.status,
                    execution.started,
                    json.dumps(execution.request),
                ),
            )

    def execution(self, identifier: str) -> Execution | None:
        """Return an execution, deleted ones too, or none."""
        rows = self._rows("select * from executions where id = ?", identifier)
        return _execution(rows[0]) if rows else None

    def executions(self, limit: int = -1) -> list[Execution]:
        """Return the newest `limit` executions that are not deleted; -1: all."""
        query = "select * from executions where status != ? order by number desc limit ?"
        return [_execution(row) for row in self._rows(query, CLEANED, limit)]

    def count(self) -> int:
        """Return how many executions are not deleted."""
        return self._rows("select count(*) from executions where status != ?", CLEANED)[0][0]

    def running(self) -> list[Execution]:
        """Return the executions that run, oldest first."""
        query = "select * from executions where status = ? order by number"
        return [_execution(row) for row in self._rows(query, RUNNING)]

    def rename(self, identifier: str, name: str) -> None:
        """Give an execution another name."""
        with self.together() as db:
            db.execute("update executions set name = ? where id = ?", (name, identifier))

    def set_status(self, identifier: str, status: str) -> None:
        """Set the status whatever it was."""
        with self.together() as db:
            db.execute("update executions set status = ? where id = ?", (status, identifier))

    def end(self, identifier: str, status: str) -> None:
        """Set the final status of an execution that still runs; a killed one stays killed."""
        with self.together() as db:
            db.execute(
                "update executions set status = ? where id = ? and status = ?",
                (status, identifier, RUNNING),
            )

    def expand(
        self, identifier: str, inputs: Mapping[str, str], jobs: Iterable[Mapping[str, str]]
    ) -> None:
        """Keep what the engine made of an execution: the inputs it shows and its jobs."""
        rows = [
            (identifier, number, json.dumps(dict(values)), QUEUED_JOB, None)
            for number, values in enumerate(jobs, 1)
        ]
        with self.together() as db:
            db.execute(
                "update executions set inputs = ?, expanded = 1 where id = ?",
                (json.dumps(dict(inputs)), identifier),
            )
            db.executemany("insert into jobs values (?, ?, ?, ?, ?)", rows)

    def show_inputs(self, identifier: str, inputs: Mapping[str, str]) -> None:
        """Keep the inputs that an execution shows, without making jobs."""
        with self.together() as db:
            db.execute(
                "update executions set inputs = ? where id = ?",
                (json.dumps(dict(inputs)), identifier),
            )

    def jobs(self, identifier: str) -> list[Job]:
        """Return the jobs of an execution in order."""
        query = "select * from jobs where execution = ? order by number"
        return [_job(row) for row in self._rows(query, identifier)]

    def unfinished_jobs(self, identifier: str) -> list[int]:
        """Return the numbers of the jobs that are not over, in order."""
        query = "select number from jobs where execution = ? and status in (?, ?) order by number"
        return [row[0] for row in self._rows(query, identifier, QUEUED_JOB, RUNNING_JOB)]

    def has_success(self, identifier: str) -> bool:
        """Whether at least one job of the execution ended well."""
        query = "select 1 from jobs where execution = ? and status = ? limit 1"
        return bool(self._rows(query, identifier, DONE_JOB))

    def job(self, identifier: str, number: int) -> Job | None:
        """Return one job, or none."""
        query = "select * from jobs where execution = ? and number = ?"
        rows = self._rows(query, identifier, number)
        return _job(rows[0]) if rows else None

    def set_job(self, identifier: str, number: int, status: str, exit_code: int | None) -> None:
        """Set how a job stands."""
        with self.together() as db:
            db.execute(
                "update jobs set status = ?, exit_code = ? where execution = ? and number = ?",
                (status, exit_code, identifier, number),
            )

    def delete_waiting_jobs(self, identifier: str) -> None:
        """Mark the jobs of a killed execution that were not over."""
        with self.together() as db:
            db.execute(
                "update jobs set status = ? where execution = ? and status in (?, ?)",
                (DELETED_JOB, identifier, QUEUED_JOB, RUNNING_JOB),
            )

    def claim_outputs(self, identifier: str, job: int, outputs: Iterable[tuple[str, str]]) -> bool:
        """Reserve paths for the outputs of a job; false where another job has one of them."""
        rows = [(identifier, job, output, path) for output, path in outputs]
        query = "insert into outputs (execution, job, output, path) values (?, ?, ?, ?)"
        try:
            with self.together() as db:
                db.executemany(query, rows)
        except sqlite3.IntegrityError:
            return False
        return True

    def unclaim_outputs(self, identifier: str, job: int) -> list[Output]:
        """Give up, and return, the reserved outputs of a job that were not stored."""
        where = "from outputs where execution = ? and job = ? and stored = 0"
        with self.together() as db:
            rows = db.execute(f"select * {where}", (identifier, job)).fetchall()
            db.execute(f"delete {where}", (identifier, job))
        return [_output(row) for row in rows]

    def complete_job(self, identifier: str, number: int) -> None:
        """Mark a job as done together with its outputs."""
        with self.together() as db:
            db.execute(
                "update outputs set stored = 1 where execution = ? and job = ?",
                (identifier, number),
            )
            self.set_job(identifier, number, DONE_JOB, 0)

    def outputs(self, identifier: str) -> list[Output]:
        """Return the stored outputs of an execution, by job."""
        query = "select * from outputs where execution = ? and stored = 1 order by job, path"
        return [_output(row) for row in self._rows(query, identifier)]

    def clean(self, identifier: str) -> None:
        """Mark an execution as deleted and drop what is known of its inputs and outputs."""
        with self.together() as db:
            db.execute("delete from outputs where execution = ?", (identifier,))
            db.execute(
                "update executions set status = ?, inputs = null where id = ?",
                (CLEANED, identifier),
            )


def _execution(row: sqlite3.Row) -> Execution:
    inputs: Any = json.loads(row["inputs"]) if row["inputs"] is not None else None
    return Execution(
        id=row["id"],
        name=row["name"],
        pipeline=row["pipeline"],
        status=row["status"],
        started=row["started"],
        request=json.loads(row["request"]),
        inputs=inputs,
        expanded=bool(row["expanded"]),
    )


def _job(row: sqlite3.Row) -> Job:
    inputs: dict[str, str] = json.loads(row["inputs"])
    return Job(row["execution"], row["number"], inputs, row["status"], row["exit_code"])


def _output(row: sqlite3.Row) -> Output:
    return Output(row["job"], row["output"], row["path"])
