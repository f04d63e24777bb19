"""Writes a report as one HTML page that needs no network: styles, script and pictures inside."""

from __future__ import annotations

import base64
import hashlib
from functools import cache, partial
from importlib import resources
from typing import TYPE_CHECKING
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from snakemake_vip import words
from snakemake_vip.report import timeline, wording
from snakemake_vip.report.model import Phase

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snakemake_vip.report.model import Picture, Report, Sheet, Span

_MOST_JOBS = 10_000
_MOST_BARS = 400
_TICKS = 5


def rendered(report: Report) -> str:
    """Return the page of a report."""
    extent = timeline.extent(report.bars)
    jobs = sorted(report.jobs, key=lambda job: job.exit_code in {0, None})
    totals = timeline.totals(report.bars)
    return (
        _environment()
        .get_template("page.html.jinja")
        .render(
            report=report,
            jobs=jobs[:_MOST_JOBS],
            jobs_left_out=max(0, len(jobs) - _MOST_JOBS),
            statuses=sorted({job.status or "not told" for job in jobs}),
            bars=report.bars[:_MOST_BARS],
            bars_left_out=max(0, len(report.bars) - _MOST_BARS),
            phases=_phases(report),
            totals=totals,
            whole=sum(totals.values()) or 1,
            extent=extent,
            ticks=list(ticks(*extent)) if extent else [],
            place=partial(_place, extent),
            style=_asset("page.css"),
            script=_asset("page.js"),
            script_hash=_hash(_asset("page.js")),
        )
    )


def _phases(report: Report) -> list[Phase]:
    """Return the phases that occur, in their order."""
    spans = [span for bar in report.bars for span in bar.spans]
    spans += [span for bar in report.bars for job in bar.watched for span in job.spans]
    found = {span.phase for span in spans}
    return [phase for phase in Phase if phase in found]


def rendered_sheet(sheet: Sheet) -> str:
    """Return one table as a page of its own."""
    template = _environment().get_template("sheet.html.jinja")
    script = _asset("page.js")
    style = _asset("page.css")
    return template.render(sheet=sheet, style=style, script=script, script_hash=_hash(script))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("snakemake_vip.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "size": words.size,
        "duration": wording.duration,
        "moment": wording.moment,
        "short": wording.short,
        "data_uri": _data_uri,
        "link": quote,
    }
    return environment


@cache
def _asset(name: str) -> Markup:
    """Return a file of this package, to stand in the page as it is."""
    text = resources.files("snakemake_vip.report").joinpath("templates", name).read_text("utf-8")
    return Markup(text)  # noqa: S704 - our own file, nothing of a user's in it


def _hash(script: str) -> str:
    """Return what the page's security policy knows its one script by."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _data_uri(picture: Picture) -> str:
    return f"data:{picture.mime};base64,{base64.b64encode(picture.content).decode()}"


def place(span: Span, begin: float, end: float) -> tuple[float, float]:
    """Return where a span lies between two moments: left edge and width, in per cent."""
    left = 100 * (span.begin - begin) / (end - begin)
    width = 100 * span.seconds / (end - begin)
    left = min(max(left, 0.0), 100.0)
    return round(left, 3), round(min(width, 100 - left), 3)


def _place(extent: tuple[float, float] | None, span: Span) -> tuple[float, float]:
    return place(span, *extent) if extent else (0.0, 0.0)


def ticks(begin: float, end: float) -> Iterator[tuple[float, str]]:
    """Yield marks of the time axis: place in per cent, and the time since the beginning."""
    for number in range(_TICKS):
        share = number / (_TICKS - 1)
        yield round(100 * share, 3), wording.duration(share * (end - begin)) if number else "0"
