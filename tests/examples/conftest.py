"""The examples, each copied to a folder of its own and run as its README says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from snakemake_vip.sandbox import manager

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EXAMPLES = Path(__file__).parents[2] / "examples"
LIMIT = 240
_BLOCK = re.compile(r"^```(sh|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass
class Example:
    """A copy of an example."""

    folder: Path

    @property
    def _blocks(self) -> list[tuple[str, str]]:
        return _BLOCK.findall((self.folder / "README.md").read_text())

    @property
    def commands(self) -> str:
        """The commands of the README, in their order."""
        return "".join(text for kind, text in self._blocks if kind == "sh")

    @property
    def promised(self) -> str:
        """What the README says that they print in the end."""
        (text,) = [text for kind, text in self._blocks if kind == "text"]
        return text

    def run(self, commands: str) -> tuple[str, str]:
        """Run commands in bash, and return what they print and what they tell."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("XDG_", "VIP_"))}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands],
            cwd=self.folder,
            env={**kept, "PATH": path, "HOME": str(self.folder.parent)},
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout, done.stderr

    def requests(self) -> list[dict[str, Any]]:
        """What its sandbox was asked."""
        endpoint = manager.ensure(self.folder)
        headers = {"apikey": endpoint.key_file.read_text().strip()}
        return requests.get(f"{endpoint.url}/control/requests", headers=headers, timeout=10).json()


@pytest.fixture
def example(tmp_path: Path) -> Iterator[Callable[[str], Example]]:
    """Copy an example, and end its sandbox after the test."""
    copies: list[Example] = []

    def copy(name: str) -> Example:
        copies.append(Example(Path(shutil.copytree(EXAMPLES / name, tmp_path / name))))
        return copies[-1]

    yield copy
    for one in copies:
        one.run("snakemake-vip sandbox stop || true")
