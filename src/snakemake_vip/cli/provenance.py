"""After a study: the record of a run, and the same study again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from snakemake_vip.cli import options

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.argument("session")
@click.option("--run", type=click.IntRange(min=1), help="This run only.")
@options.configfile
def crate(session: str, run: int | None, configfile: Path) -> None:
    """Write the record of each run of SESSION as an RO-Crate; failed runs too."""
    from snakemake_vip.provenance import folder

    bench = options.session(configfile, session)
    for number in bench.runs if run is None else [run]:
        click.echo(str(folder.write(bench, number)))
