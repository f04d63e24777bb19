"""``python -m benchmarks.soak``: runs a soak, and tells what came of it."""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import benchmarks.soak
from benchmarks.harness import Lab
from benchmarks.soak.run import Soak
from benchmarks.soak.study import Study
from benchmarks.soak.watch import uses

if TYPE_CHECKING:
    from collections.abc import Mapping

_CAPACITY = 4
"""Less than the client is told: a full platform is part of it."""


def main() -> int:
    """Run what the command line asks for; 1 where something was violated."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.soak", description=benchmarks.soak.__doc__
    )
    parser.add_argument("--minutes", type=float, default=60, help="under faults and kills")
    parser.add_argument("--seed", type=int, default=1, help="of all that is drawn")
    parser.add_argument("--sessions", type=int, default=50)
    parser.add_argument("--every", type=float, default=60, help="seconds between two kills")
    parser.add_argument("--job", type=float, default=30, help="seconds that a job takes")
    parser.add_argument("--folder", type=Path, help="where to work; kept. A temporary one if none")
    chosen = parser.parse_args()
    folder = (chosen.folder or Path(tempfile.mkdtemp(prefix="soak-"))).resolve()
    dice = random.Random(chosen.seed)  # noqa: S311 - a seed is asked for
    study = Study(folder / "study", dice, chosen.sessions, chosen.job)
    study.prepare()
    options = {
        "pipelines": (str(study.pipelines),),
        "capacity": _CAPACITY,
        "platform_capacity": 35,
        "workers": 16,
        "transfer_delay": 0.1,
        "delete_delay": 1,
        "idle": 600,
    }
    with Lab(folder).vip(**options) as vip:
        study.configure(vip.url, vip.key_file)
        soak = Soak(study, vip, dice, chosen.every)
        begun = time.monotonic()
        try:
            soak.disturbed(chosen.minutes * 60)
            disturbed = time.monotonic() - begun
            soak.undisturbed()
        finally:
            soak.end()
        soak.judge()
        _tell(soak, disturbed, time.monotonic() - begun)
    soak.watch.write(folder / "samples.tsv")
    if soak.found or chosen.folder:
        sys.stdout.write(f"\nWhat was printed and the samples are in {folder}\n")
    else:
        shutil.rmtree(folder, ignore_errors=True)
    return 1 if soak.found else 0


def _tell(soak: Soak, disturbed: float, whole: float) -> None:
    """Print what was done, used and violated."""
    asked = Counter(one["method"] for one in soak.vip.requests())
    study = soak.study
    rows = {
        "minutes under faults and kills": f"{disturbed / 60:.1f}",
        "minutes in all": f"{whole / 60:.1f}",
        "sessions": len(study.sessions),
        "runs": sum(session.runs for session in study.sessions),
        "executions": study.executions,
        "jobs run": sum(1 for _ in study.marks.iterdir()),
        "times that the study was made larger": study.grown,
        "starts of Snakemake": soak.starts,
        "kills": _counted(soak.kills),
        "ends by itself, by exit code": _counted(soak.ends),
        "requests": _counted(asked),
        "requests struck by faults": _counted(soak.faults.struck),
        "looks at all documents": soak.looks,
        "violations": _counted(Counter(text.partition(":")[0] for text in soak.found)),
    }
    lines = [f"| {name} | {value} |" for name, value in rows.items()]
    lines += ["", "| process | seen | peak RSS, MiB | first third | last third |"]
    lines[-1] += " peak files | first third | last third |"
    lines += ["|---|---|---|---|---|---|---|---|"]
    lines += [
        f"| {what} | {use.processes} | {use.rss:.0f} | {use.rss_early:.0f} | {use.rss_late:.0f} |"
        f" {use.files} | {use.files_early} | {use.files_late} |"
        for what, use in uses(soak.watch.samples).items()
    ]
    sys.stdout.write("\n".join(["| what | how much |", "|---|---|", *lines, ""]))
    for text, count in Counter(soak.found).items():
        sys.stdout.write(f"{text}" + (f" ({count} times)" if count > 1 else "") + "\n")


def _counted(counts: Mapping[str, int]) -> str:
    total = sum(counts.values())
    parts = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
    return f"{total} ({parts})" if parts else "0"


if __name__ == "__main__":
    sys.exit(main())
