"""Runs the benchmarks and writes ``docs/performance.md``: ``python -m benchmarks [NAME ...]``."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import pkgutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import benchmarks
from benchmarks import report
from benchmarks.harness import CHECKOUT, Lab

_HELPERS = frozenset({"__main__", "apart", "harness", "report", "plots"})


def names() -> list[str]:
    """Return the benchmarks that there are."""
    found = (module.name for module in pkgutil.iter_modules(benchmarks.__path__))
    return sorted(
        name
        for name in found
        if name not in _HELPERS and hasattr(importlib.import_module(f"benchmarks.{name}"), "run")
    )


def measure(name: str, lab: Lab, scale: float) -> dict[str, Any]:
    """Run one benchmark and return what the raw file keeps of it."""
    module = importlib.import_module(f"benchmarks.{name}")
    begun, load = time.time(), os.getloadavg()[0]
    rows = module.run(lab, scale)
    return {
        "title": module.TITLE,
        "text": module.__doc__,
        "date": time.strftime("%Y-%m-%d", time.gmtime(begun)),
        "took": round(time.time() - begun, 1),
        "load": round(max(load, os.getloadavg()[0]), 1),
        "scale": scale,
        "rows": [row.as_json() for row in rows],
    }


def main() -> int:
    """Run what the command line names."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="benchmarks; all if none is named")
    parser.add_argument("--list", action="store_true", help="name them and end")
    parser.add_argument("--scale", type=float, default=1.0, help="1: the sizes of the report")
    parser.add_argument("--folder", type=Path, help="where to work; a temporary folder if not told")
    parser.add_argument("--docs", type=Path, default=CHECKOUT / "docs", help="where to write")
    chosen = parser.parse_args()
    known = names()
    if chosen.list:
        sys.stdout.write("\n".join(known) + "\n")
        return 0
    if unknown := sorted(set(chosen.names) - set(known)):
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(known)}")
    raw = chosen.docs / "performance.json"
    for name in chosen.names or known:
        with tempfile.TemporaryDirectory(prefix="benchmarks-", dir=chosen.folder) as folder:
            sys.stderr.write(f"{name} ...")
            sys.stderr.flush()
            found = measure(name, Lab(Path(folder)), chosen.scale)
        sys.stderr.write(f" {found['took']} s\n{report.text_table(found)}\n")
        # Read and written each time: single ones can be run again, and none is lost by a failure.
        kept = json.loads(raw.read_text()) if raw.exists() else {}
        kept[name] = found
        raw.parent.mkdir(parents=True, exist_ok=True)
        raw.write_text(json.dumps(dict(sorted(kept.items())), indent=1) + "\n")
    report.write(chosen.docs, json.loads(raw.read_text()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
