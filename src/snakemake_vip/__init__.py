"""Pipelines of VIP, the Virtual Imaging Platform, as Snakemake targets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from snakemake_vip.assets import profile, snakefile, wrapper

if TYPE_CHECKING:
    from snakemake_vip.api import Session

__all__ = ["Session", "profile", "snakefile", "wrapper"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    # Snakemake imports this package at each start: what pulls in requests waits until it is used.
    if name == "Session":
        from snakemake_vip.api import Session

        return Session
    msg = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(msg)
