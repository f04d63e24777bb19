"""``snakemake-vip sandbox``: the local VIP that ships with the package."""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from snakemake_vip.sandbox.manager import Endpoint
    from snakemake_vip.sandbox.options import Options

_folder = click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    show_default="the current folder",
    help="The folder that the sandbox belongs to; its state lies in .vip-sandbox there.",
)
_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def _behaviour(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that say how the sandbox behaves."""
    wrap = partial(click.option, default=None)
    options = [
        wrap(
            "--pipelines",
            multiple=True,
            type=click.Path(exists=True, file_okay=False, path_type=Path),
            help="A folder of Boutiques descriptors (.json files) to offer as well; repeatable.",
        ),
        wrap("--port", type=click.IntRange(0, 65535), help="TCP port; a free one by default."),
        wrap("--capacity", type=click.IntRange(1), help="Executions that may run at once (1)."),
        wrap("--workers", type=click.IntRange(0), help="Jobs that run at once (processors)."),
        wrap("--max-jobs", type=click.IntRange(1), help="Jobs of one execution (1000)."),
        wrap("--latency", type=click.FloatRange(0), help="Seconds every answer waits (0)."),
        wrap(
            "--transfer-delay",
            type=click.FloatRange(0),
            help="Seconds every transfer of a file takes at least (0; on VIP 2).",
        ),
        wrap(
            "--idle",
            type=click.FloatRange(0),
            help="Seconds without a request after which it ends; 0: never (900).",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@click.group(short_help="The local VIP: start, stop, status, run.")
def sandbox() -> None:
    """Run a local VIP: Boutiques pipelines on this machine, behind VIP's REST API.

    An option that is not given is what it was at the last start.
    """


@sandbox.command()
@_folder
@_behaviour
@_as_json
def start(folder: Path, as_json: bool, **options: Any) -> None:
    """Start the sandbox in the background, unless it runs already, and print where it is."""
    from snakemake_vip.sandbox import manager

    try:
        endpoint = manager.start(folder, _chosen(folder, options))
    except manager.SandboxError as error:
        _fail(str(error))
    else:
        _show(endpoint, as_json)


@sandbox.command()
@_folder
@_as_json
def status(folder: Path, as_json: bool) -> None:
    """Print where the sandbox is; exit code 1 if it does not run."""
    from snakemake_vip.sandbox import manager

    endpoint = manager.status(folder)
    if endpoint is None:
        if as_json:
            click.echo(json.dumps({"running": False}))
        _fail(f"no sandbox runs in {folder.resolve()}; start it: snakemake-vip sandbox start")
    else:
        _show(endpoint, as_json)


@sandbox.command()
@_folder
@_as_json
def stop(folder: Path, as_json: bool) -> None:
    """Stop the sandbox. What runs goes on at its next start."""
    from snakemake_vip.sandbox import manager

    try:
        stopped = manager.stop(folder)
    except manager.SandboxError as error:
        _fail(str(error))
        return
    if as_json:
        click.echo(json.dumps({"stopped": stopped}))
    told = "stopped the sandbox in" if stopped else "no sandbox runs in"
    click.echo(f"{told} {folder.resolve()}", err=True)


@sandbox.command()
@_folder
@_behaviour
def run(folder: Path, **options: Any) -> None:
    """Run the sandbox in the foreground until Ctrl-C: to try one's own pipeline before VIP has it.

    Mistakes in the descriptors of --pipelines are told before it starts.
    """
    from snakemake_vip.sandbox import manager

    try:
        manager.require_extra()
    except manager.SandboxError as error:
        _fail(str(error))
    from snakemake_vip.sandbox.descriptors import DescriptorError
    from snakemake_vip.sandbox.server import LOOPBACK, AlreadyServedError, serve
    from snakemake_vip.sandbox.state import StateFolder

    state = StateFolder(folder.resolve())
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if not logging.getLogger("snakemake_vip").hasHandlers():
        logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("snakemake_vip.sandbox").setLevel(logging.INFO)

    def ready(port: int) -> None:
        endpoint = manager.Endpoint(
            f"http://{LOOPBACK}:{port}", state.key_file, os.getpid(), state.folder
        )
        _show(endpoint, as_json=False)
        click.echo("Ctrl-C ends it.", err=True)

    chosen = _chosen(folder, options)
    try:
        # who sits before it ends it; left alone it runs on, unless asked otherwise
        serve(state, replace(chosen, idle=options["idle"] or 0.0), ready, kept=chosen)
    except (AlreadyServedError, DescriptorError, OSError) as error:
        _fail(str(error))
    except KeyboardInterrupt:
        click.echo("the sandbox has ended", err=True)


def _chosen(folder: Path, options: dict[str, Any]) -> Options:
    """Return the options of the last start with those that were given now."""
    from snakemake_vip.sandbox.options import Options
    from snakemake_vip.sandbox.state import StateFolder

    given = {name: value for name, value in options.items() if value not in {None, ()}}
    if "pipelines" in given:
        given["pipelines"] = [str(path.resolve()) for path in given["pipelines"]]
    return Options.read(StateFolder(folder.resolve()).options_file).changed(given)


def _show(endpoint: Endpoint, as_json: bool) -> None:
    """Print where a sandbox is: the file of its key, never the key."""
    if as_json:
        told = {"running": True, "url": endpoint.url, "key_file": str(endpoint.key_file)}
        click.echo(json.dumps(told | {"pid": endpoint.pid, "folder": str(endpoint.folder)}))
        return
    click.echo(f"url: {endpoint.url}")
    click.echo(f"api_key: {endpoint.key_file}")


def _fail(text: str) -> None:
    click.echo(f"Error: {text}", err=True)
    sys.exit(1)
