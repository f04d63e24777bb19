"""Before and during a study: check, status, logs, cancel."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from snakemake_vip.cli import options

if TYPE_CHECKING:
    from pathlib import Path

    from snakemake_vip.session.check import Outlook
    from snakemake_vip.session.status import SessionStatus

_PREDICTED = 6
_LAST_LINES = 20
_KIBI = 1024


@click.command()
@options.as_json
@options.configfile
def check(*, as_json: bool, configfile: Path) -> None:
    """Find what could fail later, before a byte is sent; tell what the study will do."""
    from snakemake_vip.session.check import check

    outlooks = check(options.workbench(configfile))
    if as_json:
        options.print_json([asdict(outlook) for outlook in outlooks])
        return
    for outlook in outlooks:
        _print_outlook(outlook)
    click.echo(f"{configfile}: no mistake found in {len(outlooks)} session(s)")


def _print_outlook(outlook: Outlook) -> None:
    click.echo(f"{outlook.session}: {outlook.pipeline}")
    jobs = "jobs that only VIP can count" if outlook.jobs is None else f"{outlook.jobs} job(s)"
    click.echo(f"  {outlook.runs} run(s) of {jobs} in {outlook.executions} execution(s)")
    if outlook.files:
        click.echo(f"  {outlook.files} files to be on VIP, {size(outlook.bytes)}")
    if outlook.outputs:
        shown = ", ".join(outlook.outputs[:_PREDICTED])
        more = len(outlook.outputs) - _PREDICTED
        click.echo(f"  results: {shown}" + (f" and {more} more" if more > 0 else ""))
    for note in outlook.notes:
        click.echo(f"  not checked: {note}")


def size(count: float) -> str:
    """Return a number of bytes for people."""
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if count < _KIBI:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= _KIBI
    return f"{count:.1f} TiB"


@click.command()
@click.option("--watch", is_flag=True, help="Look again and again, until all is over.")
@options.as_json
@options.configfile
def status(*, watch: bool, as_json: bool, configfile: Path) -> None:
    """Tell how far every session, execution and job is."""
    import time

    from snakemake_vip.session.status import status

    bench = options.workbench(configfile)
    while True:
        sessions = status(bench)
        if as_json:
            options.print_json([asdict(session) for session in sessions])
        else:
            if watch:
                click.clear()
            _print_status(sessions)
        waiting = any(e.seconds is not None for s in sessions for e in s.executions)
        if not (watch and waiting):
            return
        time.sleep(bench.study.platform.refresh_time)


def _print_status(sessions: list[SessionStatus]) -> None:
    for session in sessions:
        inputs = "inputs on VIP" if session.uploaded else "inputs not on VIP"
        if session.finished:
            inputs = "nothing left on VIP"
        click.echo(
            f"{session.session}: {session.pipeline}, {inputs}, "
            f"{session.downloaded} of {session.runs} run(s) here"
        )
        for one in session.executions:
            running = "" if one.seconds is None else f" for {duration(one.seconds)}"
            jobs = ", ".join(f"{count} {name}" for name, count in sorted(one.jobs.items()))
            click.echo(
                f"  run {one.run}: {one.execution or one.name} {one.status}{running}"
                + (f" (jobs: {jobs})" if jobs else "")
            )


def duration(seconds: float) -> str:
    """Return a time for people, as ``2:05:09``."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"


@click.command()
@click.argument("session")
@click.argument("job", type=int, required=False)
@options.as_json
@options.configfile
def logs(session: str, job: int | None, *, as_json: bool, configfile: Path) -> None:
    """Print what JOB of SESSION wrote; without JOB the last lines of the failed ones."""
    from snakemake_vip.session.status import logs

    found = list(logs(options.session(configfile, session), job))
    if as_json:
        options.print_json([asdict(log) for log in found])
        return
    if not found:
        click.echo(f"no failed job of {session}", err=True)
    for log in found:
        click.echo(
            f"== run {log.run}, {log.execution}, job {log.job.number}: {log.job.status}, "
            f"exit code {log.job.exit_code} ({log.job.exit_message})"
        )
        for name, text in (("stdout", log.stdout), ("stderr", log.stderr)):
            lines = text.splitlines()
            click.echo(f"-- {name}")
            click.echo("\n".join(lines if job is not None else lines[-_LAST_LINES:]))


@click.command()
@click.argument("session")
@options.as_json
@options.configfile
def cancel(session: str, *, as_json: bool, configfile: Path) -> None:
    """Kill the running executions of SESSION."""
    from snakemake_vip.session.status import cancel

    killed = cancel(options.session(configfile, session))
    if as_json:
        options.print_json(killed)
        return
    for identifier in killed:
        click.echo(f"killed: {identifier}")
    if not killed:
        click.echo(f"no running execution of {session}")
