"""Pages on disk: ``report.html`` of the study, and what ``snakemake --report`` shows of a session.

They are views, like ``run-N``: made where they are missing, brought up to date by the steps that
change what they show, and never the only place of anything.
"""

from __future__ import annotations

import logging
import re
import shutil
import time
from typing import TYPE_CHECKING

from snakemake_vip import durable, locks
from snakemake_vip.errors import VipError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from snakemake_vip.report.gather import Budget
    from snakemake_vip.report.results import Result
    from snakemake_vip.session.workbench import SessionBench, Workbench

logger = logging.getLogger(__name__)

_WHOLE = 2 * 2**20
_SESSION_BUDGET = 40 * 2**20
_FEW = 20
_EVERY = 60.0
_UNUSUAL = re.compile(r"[^0-9A-Za-z._/+=-]")


def page(bench: Workbench) -> Path:
    """Return where the page of a study is."""
    return bench.study.output_dir / "report.html"


def gallery(bench: SessionBench) -> Path:
    """Return the folder of what ``snakemake --report`` shows of a session."""
    return bench.folder.root / "report"


def write_page(
    bench: Workbench,
    to: Path | None = None,
    budget: Budget | None = None,
    *,
    is_asking: bool = True,
) -> Path:
    """Write the page of a study.

    Parameters
    ----------
    bench
        The study.
    to
        Where to; the usual place unless given.
    budget
        How much of the results it shows.
    is_asking
        Whether VIP may be asked for logs of failed jobs.

    Returns
    -------
    Path
        Where it is.
    """
    from snakemake_vip.report import gather
    from snakemake_vip.report import page as pages

    target = to or page(bench)
    with locks.held(bench.lock("report"), "the report of this study"):
        report = gather.report(bench, budget or gather.Budget(), is_asking=is_asking)
        durable.write(target, pages.rendered(report))
    return target


def write_gallery(bench: SessionBench) -> Path:
    """Write pictures and tables of a session into the folder of its pages, a file each.

    Below it lies ``run-<N>/<job>/<file>``; tables of one name are one page, in ``all``.
    """
    from snakemake_vip.report.results import Results

    folder = gallery(bench)
    with locks.held(bench.bench.lock("report"), "the report of this study"):
        partial = bench.folder.partial / "report"
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        found = list(Results(bench))
        _put_pictures(found, partial)
        _put_tables(found, partial)
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("run-*"):
            shutil.rmtree(old)
        for new in partial.iterdir():
            new.replace(folder / new.name)
        partial.rmdir()
    return folder


def _put_pictures(found: Sequence[Result], folder: Path) -> None:
    """Copy pictures; large ones made small, and none beyond what a session may take."""
    from snakemake_vip.report import thumbnails

    left, taken = _SESSION_BUDGET, 0
    pictures = [r for r in found if thumbnails.is_picture(r.name) and r.content.exists()]
    for result in pictures:
        target = folder / f"run-{result.run}" / _of_job(result) / _UNUSUAL.sub("_", result.path)
        content = result.content.read_bytes() if result.bytes <= _WHOLE else None
        if content is None:
            small = thumbnails.thumbnail(result.content, result.name)
            if isinstance(small, str):
                logger.warning("%s is not in the report: %s", result.path, small)
                continue
            content, target = small.content, target.with_name(f"{target.name}.jpg")
        if len(content) > left:
            logger.warning("%d pictures are not in the report", len(pictures) - taken)
            return
        left, taken = left - len(content), taken + 1
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def _of_job(result: Result) -> str:
    """Return the name of a folder for a job: its number, and whose data it had."""
    who = [result.subject, result.bids_session]
    return "-".join([str(result.job or "none"), *(part for part in who if part)])


def _put_tables(found: Sequence[Result], folder: Path) -> None:
    from snakemake_vip.report import gather
    from snakemake_vip.report import page as pages

    for run in sorted({result.run for result in found}):
        notes: list[str] = []
        for sheet in gather.sheets([r for r in found if r.run == run], notes):
            name = _UNUSUAL.sub("_", sheet.title)
            target = folder / f"run-{run}" / "all" / f"{name}.html"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(pages.rendered_sheet(sheet), encoding="utf-8")
        for note in notes:
            logger.warning("%s", note)


def refresh(bench: Workbench, session: str | None = None, *, is_news: bool = False) -> None:
    """Bring the pages that exist already up to date; a failure is told, and stops nothing.

    The page of many sessions is not written again after every step of each of them, but now and
    then, and when all results are here.

    Parameters
    ----------
    bench
        The study.
    session
        The session whose results have changed, or none where only the journals have.
    is_news
        Whether the page cannot wait: something went wrong.
    """
    try:
        for act in _due(bench, session, is_news=is_news):
            act()
    except (VipError, OSError) as error:
        logger.warning("the report is not up to date: %s", error)


def _due(bench: Workbench, session: str | None, *, is_news: bool) -> Iterator[Callable[[], object]]:
    if session and gallery(bench.session(session)).is_dir():
        yield lambda: write_gallery(bench.session(session))
    if page(bench).exists() and (is_news or _is_page_due(bench)):
        yield lambda: write_page(bench)


def _is_page_due(bench: Workbench) -> bool:
    sessions = [bench.session(name) for name in bench.study.sessions]
    written = page(bench).stat().st_mtime
    if len(sessions) <= _FEW or not 0 <= time.time() - written < _EVERY:
        return True
    manifests = [one.folder.manifest(run) for one in sessions for run in one.runs]
    try:
        return max(manifest.stat().st_mtime for manifest in manifests) > written
    except FileNotFoundError:
        return False  # there are steps to come
