"""What runs here, in which version: it stands in the journal and in every record of a run."""

from __future__ import annotations

from functools import cache
from importlib import metadata

_PACKAGES = ("snakemake-vip", "snakemake")


@cache
def _versions() -> tuple[tuple[str, str], ...]:
    return tuple((name, metadata.version(name)) for name in _PACKAGES)


def versions() -> dict[str, str]:
    """Return the version of this package and of Snakemake."""
    return dict(_versions())
