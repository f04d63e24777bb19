"""Options that several commands share, and the study they name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from snakemake_vip.session.workbench import SessionBench, Workbench
    from snakemake_vip.study.model import Study

DEFAULT = Path("config/config.yaml")

configfile = click.option(
    "--configfile",
    type=click.Path(path_type=Path),
    default=str(DEFAULT),
    show_default=True,
    help="The study's configuration.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def workbench(configfile: Path) -> Workbench:
    """Return the study of a configuration file."""
    from snakemake_vip.study import config

    return at_work(config.read(configfile))


def at_work(study: Study) -> Workbench:
    """Return a study at work, with bars where there is a terminal."""
    from snakemake_vip.cli.bar import progress
    from snakemake_vip.session.workbench import Workbench

    return Workbench(study, progress=progress())


def hasty(configfile: Path) -> Workbench:
    """Return the study for a person who waits for the answer: an outage is told at once."""
    from snakemake_vip.session.workbench import hasty

    return hasty(workbench(configfile))


def session(configfile: Path, name: str) -> SessionBench:
    """Return one session of a configuration file."""
    return workbench(configfile).session(name)


def print_json(value: Any) -> None:
    """Print `value` for programs."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))
