"""After a study: report, compare, table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from snakemake_vip.cli import options

if TYPE_CHECKING:
    from snakemake_vip.compare.model import Compared

_MEBI = 2**20


@click.command(short_help="Write a page that shows the study.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The page; report.html beside the results unless given.",
)
@click.option("--offline", is_flag=True, help="Ask VIP for no logs of failed jobs.")
@click.option(
    "--pictures",
    type=click.FloatRange(min=0),
    default=4.0,
    show_default=True,
    help="MiB of the page that small pictures may take.",
)
@options.configfile
def report(output: Path | None, *, offline: bool, pictures: float, configfile: Path) -> None:
    """Write a page that shows the study: one HTML file that needs no network."""
    from snakemake_vip.report import pages
    from snakemake_vip.report.gather import Budget

    budget = Budget(bytes=round(pictures * _MEBI))
    bench = options.workbench(configfile)
    click.echo(pages.write_page(bench, output, budget, is_asking=not offline))


@click.command("report-results", hidden=True)
@click.argument("session")
@options.configfile
def report_results(session: str, configfile: Path) -> None:
    """Write what snakemake --report shows of the results of SESSION."""
    from snakemake_vip.report import pages

    pages.write_gallery(options.session(configfile, session))


@click.command(short_help="Tell how far the runs of SESSION agree.")
@click.argument("session")
@options.as_json
@options.configfile
def compare(session: str, *, as_json: bool, configfile: Path) -> None:
    """Compare the runs of SESSION, result by result: compare.tsv and compare.svg."""
    from dataclasses import asdict

    from snakemake_vip.compare import written
    from snakemake_vip.compare.session import comparison

    bench = options.session(configfile, session)
    found = comparison(bench)
    paths = written.write(found, bench.folder.root)
    if as_json:
        options.print_json(asdict(found))
        return
    for file in found.files:
        click.echo(_line(file))
    click.echo(f"{found.identical} of {len(found.files)} files are the same in all runs")
    for path in paths:
        click.echo(path)


def _line(file: Compared) -> str:
    """Return what is most worth knowing of a file."""
    from snakemake_vip.compare.model import Measure

    if file.is_identical:
        return f"{file.file}: identical"
    if file.has_equal_values:
        return f"{file.file}: other bytes, the same values"
    told = [file.note] if file.note else []
    if least := file.least_digits:
        told.append(f"{least.value:.1f} significant digits at least, of {least.where or 'numbers'}")
    wholes = [f for f in file.findings if not f.where and f.measure is not Measure.DIGITS]
    told += [
        f"{one.measure} {one.value:.4g}"
        + ("" if one.worst is None else f" (worst {one.worst:.4g})")
        for one in wholes
        if one.value is not None
    ]
    return f"{file.file}: differs" + (f": {'; '.join(told)}" if told else "")


@click.command(short_help="Collect one table out of every job's.")
@click.argument("name", required=False)
@click.option("--pattern", help="Of the paths of the results to collect, below run-N.")
@options.configfile
def table(name: str | None, pattern: str | None, configfile: Path) -> None:
    """Collect a table of every job into one of the study, NAME.tsv.

    Without NAME those that the configuration asks for.
    """
    from snakemake_vip.report import study_tables

    bench = options.workbench(configfile)
    if pattern and not name:
        msg = "--pattern is given without the NAME of the table"
        raise click.UsageError(msg)
    for each in [name] if name else list(bench.study.after.tables):
        wanted = pattern or study_tables.pattern_of(bench, each)
        click.echo(study_tables.write(bench, each, wanted))
    if not name and not bench.study.after.tables:
        click.echo("the configuration names no table (after.tables)", err=True)
