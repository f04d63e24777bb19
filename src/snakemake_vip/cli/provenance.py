"""After a study: the record of a run, and the same study again."""

from __future__ import annotations

from pathlib import Path

import click

from snakemake_vip.cli import options


@click.command(short_help="Write the record of each run as an RO-Crate.")
@click.argument("session")
@click.option("--run", type=click.IntRange(min=1), help="This run only.")
@options.configfile
def crate(session: str, run: int | None, configfile: Path) -> None:
    """Write the record of each run of SESSION as an RO-Crate; failed runs too."""
    from snakemake_vip.provenance import folder

    bench = options.session(configfile, session)
    for number in bench.runs if run is None else [run]:
        click.echo(str(folder.write(bench, number)))


@click.command(short_help="Prepare a recorded study to be run again.")
@click.argument("crate", type=click.Path(path_type=Path))
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option("--session", help="Name of the new session; the old one with -rerun if not given.")
@click.option(
    "--inputs",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="A folder that may have the inputs; can be given several times.",
)
@click.option("--url", help="Another portal.")
@click.option("--api-key", help="Where the key is.")
def rerun(
    crate: Path,
    folder: Path | None,
    session: str | None,
    inputs: tuple[Path, ...],
    url: str | None,
    api_key: str | None,
) -> None:
    """Prepare the study that CRATE tells of again, in FOLDER, and tell where it differs.

    The inputs are found by their content. Nothing is sent or launched.
    """
    from snakemake_vip.cli.pipelines import SNAKEFILE
    from snakemake_vip.provenance.rerun import rerun

    platform = {key: value for key, value in (("url", url), ("api_key", api_key)) if value}
    made = rerun(
        crate, folder, session=session, look_in=inputs, platform=platform, snakefile=SNAKEFILE
    )
    click.echo(f"{made.folder}: session {made.session}, {made.linked} input(s) linked")
    for one in made.differences:
        click.echo(f"  {'missing' if one.hinders else 'differs'}: {one.what}")
    if not made.differences:
        click.echo("  nothing differs from the record")
    if any(one.hinders for one in made.differences):
        raise click.exceptions.Exit(1)
    click.echo(f"Run it: cd {made.folder} && snakemake --profile vip", err=True)
