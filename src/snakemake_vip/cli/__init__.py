"""The command ``snakemake-vip``: parse, call one function of the library, print."""

from __future__ import annotations

import importlib
import logging
import os
import sys

import click

from snakemake_vip import __version__
from snakemake_vip.cli import facts
from snakemake_vip.errors import VipError, harmless

_COMMANDS = {
    "pipelines": "pipelines",
    "init": "pipelines",
    "check": "study",
    "status": "status",
    "logs": "study",
    "cancel": "study",
    "upload": "steps",
    "launch": "steps",
    "monitor": "steps",
    "download": "steps",
    "finish": "steps",
    "report": "after",
    "compare": "after",
    "table": "after",
    "crate": "provenance",
    "rerun": "provenance",
    "adopt": "adoption",
    "session-data": "steps",
    "jobs": "steps",
    "report-results": "after",
    "snakefile": "assets",
    "profile": "assets",
    "install-profile": "assets",
    "demo-data": "assets",
    "sandbox": "sandbox",
}
_INTERRUPTED = 130


class _Harmless(logging.Formatter):
    """Writes nothing that a terminal would obey: names and texts of VIP are a stranger's."""

    def format(self, record: logging.LogRecord) -> str:
        return harmless(super().format(record))


class _LazyGroup(click.Group):
    """Imports a command's module only when it is called: each step of a workflow is a process."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return super().get_command(ctx, cmd_name)
        module = importlib.import_module(f"snakemake_vip.cli.{_COMMANDS[cmd_name]}")
        return getattr(module, cmd_name.replace("-", "_"))


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("-v", "--verbose", is_flag=True, help="Tell each request.")
@click.option("-q", "--quiet", is_flag=True, help="Tell only what went wrong.")
@click.version_option(__version__, prog_name="snakemake-vip")
def cli(*, verbose: bool, quiet: bool) -> None:
    """Run pipelines of VIP, the Virtual Imaging Platform, as Snakemake targets."""
    level = logging.DEBUG if verbose else logging.WARNING if quiet else logging.INFO
    handler = logging.StreamHandler()
    handler.setFormatter(_Harmless("%(message)s"))
    logger = logging.getLogger("snakemake_vip")
    logger.handlers[:] = [handler]
    logger.setLevel(level)


def main() -> None:
    """Run the command line; an error that a user can cause is a message, never a traceback."""
    try:
        code = cli.main(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except VipError as error:
        click.echo(facts.fitted(f"Error: {error}"), err=True)
        sys.exit(error.exit_code)
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        click.echo(f"Error: {error.strerror or error}{where}", err=True)
        sys.exit(1)
    except (KeyboardInterrupt, click.Abort):
        click.echo("Interrupted. The same command goes on from here.", err=True)
        sys.stdout.flush()
        # Transfers under way are not waited for: whatever they leave, the next call goes on from.
        os._exit(_INTERRUPTED)
