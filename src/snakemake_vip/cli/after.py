"""After a study: report."""

from __future__ import annotations

from pathlib import Path

import click

from snakemake_vip.cli import options

_MEBI = 2**20


@click.command()
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
