"""The official client's sessions, taken over."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from snakemake_vip.cli import options

if TYPE_CHECKING:
    from snakemake_vip.takeover.adopt import Adopted
    from snakemake_vip.takeover.candidates import Left


@click.command(short_help="Take over a session of the official client.")
@click.argument("session_data", type=click.Path(path_type=Path))
@click.option("--pipeline", help="The pipeline's id, where the session has none yet.")
@click.option("--url", help="The portal, for a new configuration.")
@click.option("--api-key", help="Where the key is, for a new configuration.")
@options.as_json
@options.configfile
def adopt(
    session_data: Path,
    *,
    pipeline: str | None,
    url: str | None,
    api_key: str | None,
    as_json: bool,
    configfile: Path,
) -> None:
    """Take over a session begun by the official client: SESSION_DATA is its session_data.json.

    Writes the configuration for it, or adds it to the one that there is. Nothing is sent, launched
    or removed. Afterwards ``snakemake --profile vip`` goes on with it.
    """
    from snakemake_vip import durable
    from snakemake_vip.cli.pipelines import SNAKEFILE
    from snakemake_vip.takeover.whole import take_over

    platform = {key: value for key, value in (("url", url), ("api_key", api_key)) if value}
    taken = take_over(session_data, configfile, pipeline=pipeline, platform=platform)
    snakefile = Path("workflow/Snakefile")
    if taken.wrote and not snakefile.exists():
        durable.write(snakefile, SNAKEFILE)
    if as_json:
        options.print_json({"configfile": str(configfile), **asdict(taken)})
        return
    click.echo(f"{configfile}: session {taken.name}" + (" (written)" if taken.wrote else ""))
    _print(taken.adopted, taken.left)


def _print(adopted: Adopted, left: list[Left]) -> None:
    for run, identifier in adopted.runs.items():
        click.echo(f"  run {run} is {identifier}")
    for identifier in adopted.known:
        click.echo(f"  {identifier} was known already")
    for one in left:
        click.echo(f"  {one.identifier} is not taken over: {one.why}")
    proof = adopted.proof
    told = {
        "inputs are on VIP with this content": proof.same,
        "inputs are on VIP with other content, and will be sent": proof.other,
        "inputs are not on VIP": proof.absent,
        "inputs are on VIP with this size; VIP does not give them out to be read": proof.unread,
        "results are no longer on VIP, and were taken from the official client's folder": (
            adopted.taken
        ),
        "results are neither on VIP nor here": adopted.lost,
    }
    for what, paths in told.items():
        if paths:
            click.echo(f"  {len(paths)} {what}")
