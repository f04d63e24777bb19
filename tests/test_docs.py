"""What the documentation names is there."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NAMED = re.compile(r"(tests/[\w/]+\.py)(?:::(\w+))?")
PAGES = sorted((ROOT / "docs").rglob("*.md"))


@cache
def _tests(module: Path) -> frozenset[str]:
    return frozenset(re.findall(r"^ *(?:async )?def (test_\w+)", module.read_text(), re.MULTILINE))


def _missing(text: str) -> list[str]:
    """Return what a text names of the tests that is not there."""
    return [
        f"{module}::{test}" if test else module
        for module, test in NAMED.findall(text)
        if not (ROOT / module).is_file() or (test and test not in _tests(ROOT / module))
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_test_that_a_page_names_exists(page):
    assert _missing(page.read_text()) == []


def test_a_test_that_is_not_there_is_found_out():
    here = "tests/test_docs.py::test_a_test_that_is_not_there_is_found_out"
    gone = ["tests/test_docs.py::test_gone", "tests/test_gone.py"]
    assert _missing(f"`{here}` `{gone[0]}`<br>{gone[1]}") == gone


def test_every_defect_has_its_row():
    rows = re.findall(r"^\| D(\d+) \|", (ROOT / "docs/defects.md").read_text(), re.MULTILINE)
    assert sorted(map(int, rows)) == list(range(1, 49))
