"""Before and during a study: check, logs, cancel."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from snakemake_vip import words
from snakemake_vip.cli import facts, options
from snakemake_vip.errors import ConfigurationError, harmless

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from snakemake_vip.session.workbench import Workbench
    from snakemake_vip.study.model import PlatformConfig, Study
    from snakemake_vip.survey.check import Outlook
    from snakemake_vip.survey.logs import JobLog

_PREDICTED = 6
_FEW = 3
_LISTED = 1000
_LAST_LINES = 20


@click.command(short_help="Find mistakes; tell what the study will do.")
@options.as_json
@options.configfile
def check(*, as_json: bool, configfile: Path) -> None:
    """Find what could fail later, before a byte is sent; tell what the study will do.

    With --json a list of sessions, or, where there are mistakes, an object of problems.
    """
    from snakemake_vip.survey.check import check_file

    try:
        outlooks = check_file(configfile, _bench)
    except ConfigurationError as error:
        if not as_json:
            raise
        options.print_json({"problems": [asdict(problem) for problem in error.problems]})
        raise click.exceptions.Exit(error.exit_code) from None
    if as_json:
        options.print_json([asdict(outlook) for outlook in outlooks])
        return
    for outlook in outlooks:
        _print_outlook(outlook)
    known = [outlook.estimate for outlook in outlooks if outlook.estimate]
    if len(known) > 1:
        told = words.between(max(e.least for e in known), sum(e.most for e in known))
        click.echo(f"all sessions together: {told}; they share max_executions")
    sessions = words.count(len(outlooks), "session")
    click.echo(f"{configfile}: no mistake found in {sessions}")


def _bench(study: Study) -> Workbench:
    from snakemake_vip.session.workbench import hasty

    _tell_where_the_key_goes(study.platform)
    return hasty(options.at_work(study))


def _tell_where_the_key_goes(platform: PlatformConfig) -> None:
    """Warn of a portal that the author of the configuration chose, and not the package's."""
    from snakemake_vip.rest import address
    from snakemake_vip.study import schema
    from snakemake_vip.study.model import SANDBOX

    usual = schema.filled({"sessions": {}})["vip"]["url"]
    if platform.url not in {SANDBOX, usual} and not address.is_local(platform.url):
        told = f"{platform.url}, which is not {usual}, gets the key of {platform.api_key}."
        click.echo(f"Note: {harmless(told)} Go on only if you trust it.", err=True)


def _print_outlook(outlook: Outlook) -> None:
    click.echo(f"{outlook.session}: {outlook.pipeline}")
    for line in facts.lines(_facts(outlook)):
        click.echo(line)


def _facts(outlook: Outlook) -> Iterator[tuple[str, str]]:
    """Yield what there is to say of a session, each with its label."""
    yield "runs", _runs(outlook)
    if outlook.files:
        sizes = f"{words.size(outlook.bytes_to_send)} of {words.size(outlook.bytes)}"
        yield "to send", f"{outlook.files_to_send} of {words.count(outlook.files, 'file')}, {sizes}"
    if outlook.unnamed.files:
        names = facts.some(outlook.unnamed.names, _FEW, outlook.unnamed.files)
        count = f"{words.count(outlook.unnamed.files, 'file')}, {words.size(outlook.unnamed.bytes)}"
        yield "not named", f"{count}, that no setting names: {names}. To keep them here: ignore"
    if outlook.left_out:
        yield "left out", facts.some(outlook.left_out, _FEW)
    for sentence in outlook.sensitive:
        yield "sensitive", sentence
    if outlook.outputs:
        listed = len(outlook.outputs)
        # Of many jobs only the first thousand are predicted; the others have as many results.
        total = listed * max(outlook.jobs or 0, _LISTED) // _LISTED
        yield "results", facts.some(outlook.outputs, _PREDICTED, total)
    if outlook.estimate:
        yield "time", str(outlook.estimate)
    elif outlook.executions_left == 0:
        yield "time", "all executions have ended"
    else:
        yield "time", f"not known: no earlier execution of {outlook.pipeline} here"
    for note in outlook.notes:
        yield "not checked", note


def _runs(outlook: Outlook) -> str:
    """Return how many runs of what, and what that makes in all."""
    executions = words.count(outlook.executions, "execution")
    jobs = "as many jobs as VIP finds files for"
    if outlook.jobs is not None:
        jobs = words.count(outlook.jobs, "job")
    if outlook.runs == 1:
        return f"1 run of {jobs} in {executions}"
    every = words.count(outlook.runs * outlook.executions, "execution")
    if outlook.jobs is not None:
        every = f"{words.count(outlook.runs * outlook.jobs, 'job')} in {every}"
    return f"{outlook.runs} runs, each of {jobs} in {executions}: {every}"


@click.command(short_help="Print what jobs wrote, above all failed ones.")
@click.argument("session")
@click.argument("job", type=click.IntRange(min=1), required=False)
@click.option("--run", type=click.IntRange(min=1), help="This run only.")
@click.option(
    "-n",
    "--lines",
    type=click.IntRange(min=1),
    help="The last N lines of each stream [default: all of one job, 20 of several].",
)
@options.as_json
@options.configfile
def logs(
    session: str,
    job: int | None,
    *,
    run: int | None,
    lines: int | None,
    as_json: bool,
    configfile: Path,
) -> None:
    """Print what JOB of SESSION wrote; without JOB the last lines of the failed ones."""
    from snakemake_vip.survey.logs import logs

    bench = options.hasty(configfile).session(session)
    found = list(logs(bench, job, run))
    if as_json:
        options.print_json([asdict(log) for log in found])
        return
    if not found:
        click.echo(f"no failed job of {session}", err=True)
    wanted = lines or (None if job is not None else _LAST_LINES)
    for log in found:
        _print_log(log, wanted)


def _print_log(log: JobLog, wanted: int | None) -> None:
    job = log.job
    click.echo(f"== run {log.run}, {log.execution}, job {job.number}: {job.status}")
    for name, value in log.inputs.items():
        click.echo(f"   {name}: {value}")
    if job.exit_code >= 0:
        click.echo(f"   exit code {job.exit_code}: {job.exit_message}")
    if log.stage:
        meaning = f": {harmless(log.meaning)}" if log.meaning else ""
        click.echo(f"   failed in {log.stage}{meaning}")
    for name, text in (("stdout", log.stdout), ("stderr", log.stderr)):
        every = text.splitlines()
        shown = every[-wanted:] if wanted else every
        cut = f", the last {len(shown)} of {len(every)} lines" if len(shown) < len(every) else ""
        click.echo(f"-- {name}{cut}" + ("" if every else ": empty"))
        for line in shown:
            click.echo(line)


@click.command()
@click.argument("session")
@click.option("-y", "--yes", is_flag=True, help="Do not ask, even at a terminal.")
@options.as_json
@options.configfile
def cancel(session: str, *, yes: bool, as_json: bool, configfile: Path) -> None:
    """Kill the running executions of SESSION.

    At a terminal it asks first; in a script it does not.
    """
    from snakemake_vip.survey import cancel as _cancel

    bench = options.hasty(configfile).session(session)
    if sys.stdin.isatty() and not (yes or as_json):
        found = _cancel.running(bench)
        told = words.count(len(found), "execution")
        if found and not click.confirm(f"Kill {told} of {session} ({', '.join(found)})?"):
            raise click.exceptions.Exit(1)
    killed: list[str] = []
    try:
        for identifier in _cancel.cancel(bench):
            killed.append(identifier)
            if not as_json:
                click.echo(f"killed: {identifier}")
    finally:
        if as_json:
            options.print_json(killed)
    if not (killed or as_json):
        click.echo(f"no running execution of {session}")
    still = _cancel.running(bench) if killed else []
    for identifier in still:
        click.echo(f"Warning: VIP does not call {identifier} over yet: look again.", err=True)
    for who in _cancel.launching(bench):
        click.echo(f"Warning: {who} goes on, and launches what is missing: stop it too.", err=True)
