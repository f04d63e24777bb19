"""How far a study is: once, or again and again until all is over."""

from __future__ import annotations

import json
import logging
import shutil
import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from snakemake_vip import words
from snakemake_vip.cli import facts, options
from snakemake_vip.errors import AuthenticationError, ConfigurationError
from snakemake_vip.session import headway
from snakemake_vip.session.headway import Headway

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from snakemake_vip.session.workbench import Workbench
    from snakemake_vip.survey.standing import ExecutionStatus, SessionStatus, Standing

_UP_AND_CLEAR = "\x1b[{}F\x1b[J"
_STILL = 30.0
"""Seconds without anything at work: before the first step of a workflow, and between two, there are
some, on the head node of a cluster many."""

_END = {True: "All results are here.", False: "Nothing runs, here or on VIP."}
_RECENT = 5.0


@click.command()
@click.option("--watch", is_flag=True, help="Look again and again, until all is over.")
@options.as_json
@options.configfile
def status(*, watch: bool, as_json: bool, configfile: Path) -> None:
    """Tell how far every session, execution and job is.

    The journals tell what is known here; what is not over is asked of VIP. With --watch a terminal
    is refreshed in place; elsewhere a line is written for each run that has got further. With
    --json each look is an object on one line.
    """
    bench = options.workbench(configfile)
    if watch:
        _watch(bench, as_json=as_json)
        return
    from snakemake_vip.survey.status import status as look

    standing = look(bench)
    if as_json:
        options.print_json(_as_json(standing))
    else:
        click.echo("\n".join(_lines(standing)))
    _tell_trouble(standing)


def _tell_trouble(standing: Standing) -> None:
    """Say that this is what the journals know; a key that is refused is the end of it."""
    trouble = standing.trouble
    if trouble is None:
        return
    click.echo("This is what the journals know: VIP could not be asked.", err=True)
    if isinstance(trouble, (AuthenticationError, ConfigurationError)):
        raise trouble
    click.echo(facts.fitted(f"Warning: {trouble}"), err=True)


def _watch(bench: Workbench, *, as_json: bool) -> None:
    from snakemake_vip.rest.watch import pauses
    from snakemake_vip.survey.status import Watcher

    watcher = Watcher(bench)
    show = _JsonLines() if as_json else _Screen() if sys.stdout.isatty() else _Lines()
    moved = time.monotonic()
    for pause in pauses(bench.platform.refresh_time, 1.0):
        standing = watcher.look()
        show(standing, pause)
        if isinstance(standing.trouble, (AuthenticationError, ConfigurationError)):
            raise standing.trouble
        if standing.is_moving:
            moved = time.monotonic()
        # The results of an earlier request may be here while the next one begins.
        is_over = standing.is_done and not standing.is_moving
        if is_over or time.monotonic() - moved >= _STILL:
            if not as_json:
                click.echo(_END[is_over], err=True)
            return
        time.sleep(pause)


class _Screen:
    """Refreshes a terminal in place."""

    def __init__(self) -> None:
        self._height = 0
        # A line of the log would move what is to be refreshed; trouble is shown all the same.
        logging.getLogger("snakemake_vip").setLevel(logging.ERROR)

    def __call__(self, standing: Standing, pause: float) -> None:
        if self._height:
            click.echo(_UP_AND_CLEAR.format(self._height), nl=False)
        size = shutil.get_terminal_size((80, 24))
        lines = [line[: size.columns - 1] for line in _lines(standing)]
        room = size.lines - 3
        if len(lines) > room:
            lines = [*lines[: room - 1], f"... and {len(lines) - room + 1} lines more"]
        clock = time.strftime("%H:%M:%S")
        if standing.trouble:
            lines.append(
                f"{clock}  VIP could not be asked: {standing.trouble.what}"[: size.columns - 1]
            )
        lines.append(
            f"{clock}  next look in {words.duration(max(1, pause))}; Ctrl-C ends the watch"
        )
        click.echo("\n".join(lines))
        self._height = len(lines)


class _Lines:
    """Writes a line for what has got further."""

    def __init__(self) -> None:
        self._told: dict[str, str] = {}

    def __call__(self, standing: Standing, pause: float) -> None:  # noqa: ARG002 - as the others
        clock = time.strftime("%H:%M:%S")
        for what, news, line in _news(standing):
            if self._told.get(what) != news:
                self._told[what] = news
                click.echo(f"{clock} {line}")


class _JsonLines:
    """Writes each look as JSON on one line."""

    def __call__(self, standing: Standing, pause: float) -> None:  # noqa: ARG002 - as the others
        click.echo(json.dumps(_as_json(standing), ensure_ascii=False))


def _news(standing: Standing) -> Iterator[tuple[str, str, str]]:
    """Yield of what, what is new of it, and the line that tells."""
    for session in standing.sessions:
        for work in session.at_work:
            yield work.what, "", f"{work.what} is under way"
        for run in sorted({one.run for one in session.executions}):
            ours = [one for one in session.executions if one.run == run]
            what, statuses = f"{session.session} run {run}", [one.status for one in ours]
            far = sum((one.headway for one in ours), start=Headway(total=0))
            news = headway.line(what, far, statuses)
            since = max((one.seconds for one in ours if one.seconds is not None), default=None)
            yield what, news, headway.line(what, far, statuses, since)
        if session.is_done:
            yield f"{session.session} done", "", f"{session.session}: {_here(session)}"
    if standing.trouble:
        yield "trouble", standing.trouble.what, f"VIP could not be asked: {standing.trouble.what}"


def _as_json(standing: Standing) -> list[dict[str, Any]]:
    return [asdict(session) for session in standing.sessions]


def _here(session: SessionStatus) -> str:
    return f"{session.downloaded} of {words.count(session.runs, 'run')} here"


def _lines(standing: Standing) -> Iterator[str]:
    for session in standing.sessions:
        inputs = ["inputs on VIP" if session.uploaded else "inputs not on VIP"]
        if session.finished:
            inputs = ["nothing left on VIP"]
        elif not session.sends:
            inputs = []
        yield f"{session.session}: {', '.join([session.pipeline, *inputs, _here(session)])}"
        for work in session.at_work:
            since = words.duration(time.time() - work.since)
            yield f"  {work.what}: under way for {since} (process {work.process} on {work.host})"
        for one in session.executions:
            yield from _execution_lines(one)
        if any(one.headway.failed for one in session.executions):
            yield f"  why jobs failed: snakemake-vip logs {session.session}"


def _execution_lines(one: ExecutionStatus) -> Iterator[str]:
    run = f"run {one.run}" + (f", {one.part} of {one.parts}" if one.parts > 1 else "")
    running = "" if one.seconds is None else _since(one.status, one.seconds)
    age = time.time() - one.word if one.word and not one.is_over else 0.0
    # What VIP said just now needs no date; what it said hours ago does.
    word = f" (VIP's last word: {words.duration(age)} ago)" if age > _RECENT else ""
    told = " ".join(filter(None, (one.execution, one.status)))
    yield f"  {run}: {told}{running}{word}"
    if one.headway.total or one.jobs:
        yield f"    {one.headway}"


def _since(status: str, seconds: float) -> str:
    time_in_words = words.duration(seconds)
    return f" {time_in_words} ago" if status == "launched" else f" for {time_in_words}"
