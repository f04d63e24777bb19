"""Collects what a page shows: from the journals, the manifests and the results that are here."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from snakemake_vip import __version__, durable
from snakemake_vip.errors import VipError
from snakemake_vip.executions import failures
from snakemake_vip.report import tabular, thumbnails, timeline
from snakemake_vip.report.model import Failure, JobRow, Overview, Picture, Report, Sheet
from snakemake_vip.report.results import Result, Results, by_name, collected
from snakemake_vip.report.tails import Tails
from snakemake_vip.session import views
from snakemake_vip.session.workbench import SessionBench, Workbench, hasty
from snakemake_vip.words import size

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from snakemake_vip.executions.state import State
    from snakemake_vip.report.model import Bar

_PATIENCE = 10
_ROWS = 500
_TABLE_FILES = 2000


@dataclass(frozen=True)
class Budget:
    """How much of the results goes into a page.

    Attributes
    ----------
    bytes
        Of all thumbnails together.
    pictures
        How many of them.
    """

    bytes: int = 4 * 2**20
    pictures: int = 200


def report(
    bench: Workbench,
    budget: Budget = Budget(),
    *,
    is_asking: bool = True,
) -> Report:
    """Return a study to look at.

    Parameters
    ----------
    bench
        The study.
    budget
        How much of the results is shown.
    is_asking
        Whether VIP may be asked for logs of failed jobs that are not here yet.
    """
    bench = hasty(bench, _PATIENCE)
    now = time.time()
    notes: list[str] = []
    sessions = [_Session(bench.session(name), notes, is_asking) for name in bench.study.sessions]
    found = [result for session in sessions for result in session.results]
    return Report(
        title=", ".join(bench.study.sessions),
        made=now,
        version=__version__,
        sessions=tuple(session.overview() for session in sessions),
        bars=tuple(bar for session in sessions for bar in session.bars(now)),
        jobs=tuple(job for session in sessions for job in session.jobs),
        failures=tuple(failure for session in sessions for failure in session.failures),
        pictures=tuple(_pictures(bench, found, sessions, budget, notes)),
        sheets=tuple(sheets(found, notes)),
        notes=tuple(dict.fromkeys(notes)),
    )


class _Session:
    """What is known of one session; what cannot be known becomes a note."""

    def __init__(self, bench: SessionBench, notes: list[str], is_asking: bool) -> None:
        self._bench = bench
        self._state: State = bench.journal.read()
        self._here = Results(bench)
        self.jobs: list[JobRow] = []
        self.failures: list[Failure] = []
        self.results: list[Result] = []
        if not self._state.present:
            return  # nothing to ask VIP for either
        if not is_asking and bench.bench.cached_descriptor(bench.config.pipeline_id) is None:
            notes.append(f"{bench.name}: its jobs are not shown: only VIP can tell of its pipeline")
            return
        try:
            self.jobs = [_job(bench.name, row) for row in views.job_rows(bench)]
            self.failures = list(_failures(bench, self._state, Tails(bench, is_asking=is_asking)))
            self.results = list(self._here)
        except VipError as error:
            notes.append(f"{bench.name}: {error.what}")

    @property
    def name(self) -> str:
        return self._bench.name

    def bars(self, now: float) -> list[Bar]:
        return timeline.bars(self.name, durable.read(self._bench.folder.journal), now)

    def link(self, result: Result) -> str:
        return f"{self.name}/{self._here.folder(result.run)}/{result.path}"

    def overview(self) -> Overview:
        manifests = self._here.manifests.values()
        return Overview(
            session=self.name,
            pipeline=self._bench.config.pipeline_id,
            runs=self._bench.config.nb_runs,
            downloaded=sum(self._bench.folder.manifest(run).exists() for run in self._bench.runs),
            executions=len([one for one in self._state.present if one.execution]),
            jobs=len(self.jobs),
            failed=sum(not failure.is_repaired for failure in self.failures),
            bytes=sum(file.bytes for manifest in manifests for file in manifest.files),
        )


def _job(session: str, row: Sequence[str]) -> JobRow:
    run, execution, number, inputs, status, code, message, outputs = row
    return JobRow(
        session=session,
        run=int(run),
        execution=execution,
        job=int(number),
        inputs=json.loads(inputs),
        status=status,
        exit_code=int(code) if code else None,
        message=message,
        outputs=tuple(path.rpartition("/")[2] for path in outputs.split()),
    )


def _failures(bench: SessionBench, state: State, tails: Tails) -> Iterator[Failure]:
    ended = [one for one in state.present if one.ended]
    if not ended:
        return
    descriptor = bench.bench.cached_descriptor(bench.config.pipeline_id) or bench.descriptor()
    for one in ended:
        plan = state.plan(one.run)
        repaired = plan.repaired(one.name) if plan else frozenset[int]()
        for job in failures.failed_jobs(one, descriptor):
            has_run = (
                any(job.number == other.number for other in one.ended.jobs) if one.ended else False
            )
            yield Failure(
                session=bench.name,
                run=one.run,
                execution=one.execution or "",
                job=job.number,
                status=job.status,
                exit_code=job.exit_code,
                message=job.exit_message,
                stage=failures.stage(job.exit_code),
                meaning=descriptor.error_codes.get(job.exit_code, ""),
                tail=tails.of(one, job) if has_run else ("(it never ran, so there is no log)",),
                is_repaired=job.number in repaired,
            )


def _pictures(
    bench: Workbench,
    found: Sequence[Result],
    sessions: Sequence[_Session],
    budget: Budget,
    notes: list[str],
) -> Iterator[Picture]:
    """Yield thumbnails as far as the budget goes."""
    links = {session.name: session.link for session in sessions}
    folder = bench.inside / "thumbnails"
    spent = shown = 0
    unread: Counter[str] = Counter()
    wanted = [result for result in found if thumbnails.is_picture(result.name)]
    for result in wanted:
        if shown >= budget.pictures or spent >= budget.bytes or not result.content.exists():
            continue
        small = thumbnails.kept(result.content, result.name, result.sha256, folder)
        if isinstance(small, str):
            unread[small] += 1
        elif spent + len(small.content) <= budget.bytes:
            spent, shown = spent + len(small.content), shown + 1
            yield _picture(result, small, links[result.session](result))
    notes += [f"{count} pictures are not shown: {why}" for why, count in unread.items()]
    if shown + unread.total() < len(wanted):
        left = len(wanted) - shown - unread.total()
        limit = f"{budget.pictures} pictures and {size(budget.bytes)}"
        notes.append(f"{left} more pictures are not shown: the page takes {limit}")
    if shown:
        notes.append(f"{shown} pictures are shown, made small: {size(spent)} of the page")


def _picture(result: Result, small: thumbnails.Thumbnail, link: str) -> Picture:
    who = ", ".join(part for part in (result.subject, result.bids_session) if part)
    of = who or (f"job {result.job}" if result.job else "")
    return Picture(
        session=result.session,
        run=result.run,
        job=result.job,
        path=link,
        title=f"{result.path}{f' of {of}' if of else ''}, {result.session}, run {result.run}",
        content=small.content,
        mime=small.mime,
        width=small.width,
        height=small.height,
        bytes=result.bytes,
    )


def sheets(found: Sequence[Result], notes: list[str]) -> Iterator[Sheet]:
    """Yield the tables of each name, all jobs' together."""
    tables = [result for result in found if tabular.is_table(result.name)]
    if len(tables) > _TABLE_FILES:
        left = len(tables) - _TABLE_FILES
        notes.append(f"{left} tables are not shown; snakemake-vip table collects all of a name")
    for name, group in by_name(tables[:_TABLE_FILES]).items():
        table, errors = collected(group)
        notes += [f"not shown: {error}" for error in errors]
        if table.rows:
            yield Sheet(name, table.columns, table.rows[:_ROWS], max(0, len(table.rows) - _ROWS))
