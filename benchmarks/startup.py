"""What the plugins add to each start of Snakemake, which imports them all.

`snakemake --help` by turns with the plugins on Python's path and without; `-S` keeps out what other
packages run at the start of Python. What counts is the median of the seconds on a processor, those
for the system included. The first turn of each is left out: it fills the caches of the disk.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.harness import CHECKOUT, OURS, Row, scaled

if TYPE_CHECKING:
    from benchmarks.harness import Lab

TITLE = "Start of Snakemake"

_CASE = "snakemake --help"
_WITHOUT = "without the plugins"
_PLUGINS = "snakemake_executor_plugin_vip"


def run(lab: Lab, scale: float) -> list[Row]:
    """Start Snakemake by turns."""
    site = sysconfig.get_path("purelib")
    if (Path(site) / _PLUGINS).exists():
        msg = f"{site} has the plugins: install the checkout with -e"
        raise RuntimeError(msg)
    folder = lab.folder("startup")
    (starts,) = scaled(scale, 40)
    paths = {_WITHOUT: [site], OURS: [site, str(CHECKOUT / "src")]}
    taken: dict[str, list[float]] = {who: [] for who in paths}
    for _ in range(starts + 1):
        for who, path in paths.items():
            taken[who].append(_start(path, folder))
    without, ours = (statistics.median(taken[who][1:]) for who in paths)
    return [
        Row(_CASE, _WITHOUT, starts, "starts", without),
        Row(_CASE, OURS, starts, "starts", ours,
            ratio=ours / without, against=_WITHOUT, at_most=1.05),
    ]  # fmt: skip


def _start(path: list[str], folder: Path) -> float:
    """Return the seconds on a processor of one start with these folders on Python's path."""
    before = os.times()
    subprocess.run(
        [sys.executable, "-S", "-m", "snakemake", "--help"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path)},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    after = os.times()
    used = after.children_user - before.children_user
    return used + after.children_system - before.children_system
