"""What a key may run, and a configuration to begin with."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from snakemake_vip import words
from snakemake_vip.cli import options
from snakemake_vip.errors import PlatformError, UsageError, harmless

if TYPE_CHECKING:
    from snakemake_vip.pipelines.descriptor import Descriptor
    from snakemake_vip.rest.client import Client
    from snakemake_vip.study.model import PlatformConfig

_url = click.option("--url", help="The portal, or 'sandbox'.  [env: VIP_URL]")
_api_key = click.option("--api-key", help="NAME of a variable, or path of a file, with the key.")

SNAKEFILE = """\
# Runs the sessions of config/config.yaml on VIP: snakemake --profile vip
import snakemake_vip


module vip:
    snakefile:
        snakemake_vip.snakefile()


use rule * from vip
"""


def _platform(configfile: Path, url: str | None, api_key: str | None) -> PlatformConfig:
    """Return the platform of the options, of the configuration, or of the environment.

    Of a configuration only this part is read: to mend the rest one may have to look up pipelines.
    """
    from snakemake_vip.study import document
    from snakemake_vip.study.platform import platform

    section: Any = None
    # The key of a configuration is for its own portal.
    if url is None and configfile.exists():
        content = document.load(configfile)
        section = cast("dict[str, Any]", content).get("vip") if isinstance(content, dict) else None
    return platform({"url": url, "api_key": api_key}, section)


def _client(platform: PlatformConfig) -> Client:
    """Return a client for a person who waits for the answer: an outage is told at once."""
    from snakemake_vip.study.connection import connect

    return connect(replace(platform, patience=0))


@click.command(short_help="List the pipelines you may use, or show one.")
@click.argument("asked", nargs=-1, metavar="[PATTERN] | show ID")
@_url
@_api_key
@options.as_json
@options.configfile
def pipelines(
    asked: tuple[str, ...],
    *,
    url: str | None,
    api_key: str | None,
    as_json: bool,
    configfile: Path,
) -> None:
    """List the pipelines that the key may use, or show one in full.

    PATTERN is any part of an identifier, in any case.
    """
    client = _client(_platform(configfile, url, api_key))
    if asked[:1] == ("show",):
        _show(client, " ".join(asked[1:]), as_json=as_json)
        return
    pattern = " ".join(asked).casefold()
    found = sorted(
        pipeline.identifier
        for pipeline in client.pipelines()
        if pattern in pipeline.identifier.casefold()
    )
    if as_json:
        options.print_json(found)
        return
    for identifier in found:
        click.echo(harmless(identifier))
    if found and sys.stdout.isatty():
        count = words.count(len(found), "pipeline")
        click.echo(f"{count}; one in full: snakemake-vip pipelines show ID", err=True)
    if not found:
        what = f"no pipeline {'matches ' + repr(pattern) if pattern else 'is yours to use'}"
        raise UsageError(what, "You may have to join the pipeline's group on the portal.")


def _show(client: Client, identifier: str, *, as_json: bool) -> None:
    from snakemake_vip.pipelines import show

    if not identifier:
        msg = "which pipeline?"
        raise UsageError(msg, "Give its identifier: snakemake-vip pipelines show NAME/VERSION")
    descriptor = _descriptor(client, identifier)
    if as_json:
        options.print_json(show.as_json(descriptor))
    else:
        click.echo(show.describe(descriptor), nl=False)


def _descriptor(client: Client, identifier: str) -> Descriptor:
    from snakemake_vip.pipelines import catalogue

    try:
        return catalogue.served(client, identifier)[0]
    except PlatformError as error:
        what, remedy = catalogue.unknown(client, identifier, error)
    raise UsageError(what, remedy)


@click.command(short_help="Write a configuration with blanks to fill in.")
@click.argument("pipeline_id")
@_url
@_api_key
@click.option("--force", is_flag=True, help="Write over what is there.")
@options.configfile
def init(
    pipeline_id: str, *, url: str | None, api_key: str | None, force: bool, configfile: Path
) -> None:
    """Write a configuration for PIPELINE_ID with its blanks to fill in, and a Snakefile."""
    from snakemake_vip import durable
    from snakemake_vip.pipelines import template

    snakefile = Path("workflow/Snakefile")
    if not force and (there := [str(p) for p in (configfile, snakefile) if p.exists()]):
        what = f"{' and '.join(there)} would be written over"
        raise UsageError(what, "Go to an empty folder, or give --force.")
    platform = _platform(configfile, url, api_key)
    descriptor = _descriptor(_client(platform), pipeline_id)
    durable.write(configfile, template.configuration(descriptor, platform.url, platform.api_key))
    durable.write(snakefile, SNAKEFILE)
    click.echo(f"{configfile}\n{snakefile}")
    click.echo(
        f"Fill in the blanks of {configfile}, then: snakemake-vip check, and: "
        'snakemake --profile "$(snakemake-vip profile)"',
        err=True,
    )
