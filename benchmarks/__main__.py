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
import traceback
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
    failed = [name for name in chosen.names or known if not _run(name, chosen)]
    kept = _raw(chosen.docs)
    if kept.exists():
        report.write(chosen.docs, json.loads(kept.read_text()))
    if failed:
        sys.stderr.write(f"These failed, and have their old figures: {', '.join(failed)}\n")
    return 1 if failed else 0


def _run(name: str, chosen: argparse.Namespace) -> bool:
    """Run one benchmark and keep its figures; whether it could be run."""
    sys.stderr.write(f"{name} ...")
    sys.stderr.flush()
    with tempfile.TemporaryDirectory(prefix="benchmarks-", dir=chosen.folder) as folder:
        try:
            found = measure(name, Lab(Path(folder)), chosen.scale)
        except Exception:  # noqa: BLE001 - the others are measured all the same
            traceback.print_exc()
            return False
    sys.stderr.write(f" {found['took']} s\n{report.text_table(found)}\n")
    # Read and written each time, so that single ones can be run again.
    raw = _raw(chosen.docs)
    kept = json.loads(raw.read_text()) if raw.exists() else {}
    kept[name] = found
    raw.parent.mkdir(parents=True, exist_ok=True)
    raw.write_text(json.dumps(dict(sorted(kept.items())), indent=1) + "\n")
    return True


def _raw(docs: Path) -> Path:
    return docs / "performance.json"


if __name__ == "__main__":
    sys.exit(main())
