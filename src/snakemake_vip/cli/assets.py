"""Where the packaged things are, and copies of them."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from snakemake_vip import assets
from snakemake_vip.errors import UsageError, VipError


@click.command()
def snakefile() -> None:
    """Print the path of the packaged Snakefile."""
    click.echo(assets.snakefile())


@click.command(short_help="Print the path of a packaged profile.")
@click.argument("name", default="vip")
def profile(name: str) -> None:
    """Print the path of the packaged profile NAME (default: vip)."""
    click.echo(assets.profile(name))


@click.command("install-profile", short_help="Let snakemake --profile vip work anywhere.")
@click.argument("name", default="vip")
@click.option("--force", is_flag=True, help="Write over a profile of that name.")
def install_profile(name: str, *, force: bool) -> None:
    """Copy the packaged profile NAME so that ``snakemake --profile NAME`` works anywhere."""
    import platformdirs

    source = Path(assets.profile(name))
    # Where Snakemake looks for profiles: `get_profile_dir` in its cli.py.
    target = Path(platformdirs.user_config_dir("snakemake", "snakemake")) / name
    if target.exists() and not force:
        msg = f"{target} exists"
        raise UsageError(msg, "Write over it with --force.")
    shutil.copytree(source, target, dirs_exist_ok=True)
    click.echo(str(target))


@click.command("demo-data")
@click.argument("folder", type=click.Path(path_type=Path))
def demo_data(folder: Path) -> None:
    """Write a small BIDS dataset of real MRI volumes to FOLDER."""
    try:
        from snakemake_vip.sandbox import demo

        written = demo.write(folder)
    except ImportError as error:
        msg = f"the sandbox is not installed ({error.name} is missing)"
        raise VipError(msg, "Run: pip install 'snakemake-vip[sandbox]'") from None
    for path in written:
        click.echo(str(path))
