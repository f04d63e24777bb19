"""What the tests of the records share: quick studies, and the validators where they are."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from snakemake_vip.api import Session

if TYPE_CHECKING:
    from collections.abc import Callable

# The validator reads the context of RO-Crate from the web, or from a cache that it is given.
_FILL_CACHE = """
import io, sys
from pathlib import Path
from requests.adapters import BaseAdapter, HTTPAdapter
from requests_cache import CachedSession
from urllib3 import HTTPResponse

class Shelf(BaseAdapter):
    def send(self, request, **options):
        body = io.BytesIO(Path(sys.argv[2]).read_bytes())
        raw = HTTPResponse(body, {"Content-Type": "application/ld+json"}, 200,
                           preload_content=False)
        return HTTPAdapter().build_response(request, raw)
    def close(self):
        pass

session = CachedSession(sys.argv[1], backend="sqlite", expire_after=-1)
session.mount("https://w3id.org/", Shelf())
session.get("https://w3id.org/ro/crate/1.1/context").raise_for_status()
"""


@pytest.fixture
def ran() -> Callable[..., Any]:
    """Carry a session out; return its bench. Failed jobs are for the tests to accept."""

    def run(study: Any, name: str = "a") -> Any:
        bench = study.bench(name)
        Session.on(bench).upload().run()
        return bench

    return run


@pytest.fixture
def entities() -> Callable[[Path], dict[str, Any]]:
    """Return the entities of a crate by their ids."""

    def read(folder: Path) -> dict[str, Any]:
        metadata = json.loads((folder / "ro-crate-metadata.json").read_text())
        return {entity["@id"]: entity for entity in metadata["@graph"]}

    return read


def _command(name: str, variable: str) -> str:
    beside = shutil.which(name, path=str(Path(sys.executable).parent))
    found = os.environ.get(variable) or beside or shutil.which(name)
    if not found:
        pytest.skip(f"there is no {name}; {variable} may name it")
    return found


@pytest.fixture(scope="session")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], dict[str, set[str]]]:
    """Return what roc-validator has against a crate: its messages by severity, offline."""
    command = _command("rocrate-validator", "ROCRATE_VALIDATOR")
    rocrate = pytest.importorskip("rocrate", reason="it has the context of RO-Crate 1.1")
    context = Path(rocrate.__file__).parent / "data" / "ro-crate.jsonld"
    folder = tmp_path_factory.mktemp("validator")
    cache = folder / "cache"
    python = Path(command).parent / "python"
    fill = [str(python), "-c", _FILL_CACHE, str(cache), str(context)]
    subprocess.run(fill, check=True, timeout=300)

    def run(crate: Path) -> dict[str, set[str]]:
        out = folder / "verdict.json"
        options = f"--offline --cache-path {cache} -p process-run-crate-0.5 -l recommended -f json"
        arguments = ["-y", "validate", *options.split(), "-o", str(out), str(crate)]
        done = subprocess.run(
            [command, *arguments], capture_output=True, text=True, timeout=120, check=False
        )
        verdict = json.loads(out.read_text())
        assert verdict["meta"]["version"], done.stderr
        found: dict[str, set[str]] = {}
        for issue in verdict["issues"]:
            found.setdefault(issue["severity"], set()).add(issue["message"])
        return found

    return run


@pytest.fixture(scope="session")
def bids_verdict() -> Callable[[Path], tuple[int, str]]:
    """Return exit code and text of the official BIDS validator."""
    command = _command("bids-validator-deno", "BIDS_VALIDATOR")

    def run(folder: Path) -> tuple[int, str]:
        done = subprocess.run(
            [command, str(folder)], capture_output=True, text=True, timeout=120, check=False
        )
        return done.returncode, done.stdout + done.stderr

    return run
