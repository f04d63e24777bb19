"""The five steps of a session, one command each."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from snakemake_vip.cli import options
from snakemake_vip.errors import ExecutionError, VipError

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from snakemake_vip.api import Session

_run = click.option("--run", type=click.IntRange(min=1), help="This run only.")


def _session(configfile: Path, name: str) -> Session:
    from snakemake_vip.api import Session

    return Session.on(options.session(configfile, name))


@contextmanager
def _shown(configfile: Path, name: str, *, results: bool = False) -> Generator[Session, None, None]:
    """Bring pages and records up to date after a step, also after one that failed."""
    from snakemake_vip.api import Session
    from snakemake_vip.report import pages

    bench = options.session(configfile, name)
    changed = name if results else None
    try:
        yield Session.on(bench)
    except VipError as error:
        if isinstance(error, ExecutionError):
            from snakemake_vip.provenance import failed

            failed.write(bench)
        pages.refresh(bench.bench, changed, is_news=True)
        raise
    pages.refresh(bench.bench, changed)


@click.command(short_help="Bring the inputs of SESSION to VIP.")
@click.argument("session")
@options.configfile
def upload(session: str, configfile: Path) -> None:
    """Bring the inputs of SESSION to VIP: what it has not, and what changed."""
    _session(configfile, session).upload()


@click.command(short_help="Start the runs of SESSION.")
@click.argument("session")
@_run
@click.option("--again", is_flag=True, help="Also what ended without results.")
@options.configfile
def launch(session: str, run: int | None, *, again: bool, configfile: Path) -> None:
    """Start each run of SESSION that was not started, as soon as VIP has room."""
    _session(configfile, session).launch(run, again=again)


@click.command()
@click.argument("session")
@_run
@options.configfile
def monitor(session: str, run: int | None, configfile: Path) -> None:
    """Wait until the executions of SESSION are over."""
    with _shown(configfile, session) as steps:
        steps.monitor(run)


@click.command(short_help="Bring the results of SESSION here.")
@click.argument("session")
@_run
@options.configfile
def download(session: str, run: int | None, configfile: Path) -> None:
    """Bring the results of SESSION here, complete and verified."""
    with _shown(configfile, session, results=True) as steps:
        steps.download(run)


@click.command(short_help="Remove from VIP what is proven to be here.")
@click.argument("session")
@click.option("-n", "--dry-run", is_flag=True, help="Tell what would be removed.")
@options.as_json
@options.configfile
def finish(session: str, *, dry_run: bool, as_json: bool, configfile: Path) -> None:
    """Remove the data of SESSION from VIP: what is proven to be here and nobody needs there."""
    plan = _session(configfile, session).finish(dry_run=dry_run)
    if as_json:
        from snakemake_vip.session.finish import as_json as jsonable

        options.print_json(jsonable(plan))
        return
    verb = "would be removed" if dry_run else "removed"
    for path in plan.deletions:
        click.echo(f"{verb}: {path}")
    for item in plan.kept:
        click.echo(f"stays: {item.path}: {item.why}")
    if not plan.deletions and not plan.kept:
        click.echo(f"nothing of {session} is on VIP")


@click.command("session-data", short_help="Write SESSION's session_data.json now.")
@click.argument("session")
@options.configfile
def session_data(session: str, configfile: Path) -> None:
    """Write session_data.json of SESSION now, for the official client to go on from."""
    from snakemake_vip.session import views

    views.write_session_data(options.session(configfile, session))


@click.command(hidden=True)
@click.argument("session")
@options.configfile
def jobs(session: str, configfile: Path) -> None:
    """Write jobs.tsv of SESSION."""
    from snakemake_vip.session import views

    views.write_jobs(options.session(configfile, session))
