"""The page on the architecture is true to the code."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import snakemake_vip

ROOT = Path(__file__).parents[1]
PACKAGE = Path(snakemake_vip.__file__).parent
PAGE = (ROOT / "docs/architecture.md").read_text("utf-8")
PICTURE = (ROOT / "docs/img/architecture.svg").read_text("utf-8")
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
LAYERS = [
    {name.removeprefix("snakemake_vip.") for name in layer.split(" | ")}
    for layer in next(c for c in CONTRACTS["contracts"] if c["type"] == "layers")["layers"]
]
NO_ROOMS = {"sandbox", "wrappers", "software"}
"""Apart from the others, scripts of Snakemake's, and versions of what is installed."""


def _rooms() -> set[str]:
    folders = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    modules = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
    return (folders | modules) - NO_ROOMS


def test_every_room_has_a_floor():
    assert set().union(*LAYERS) == _rooms()


def test_the_page_tells_of_the_rooms_from_the_top_as_they_are_checked():
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", PAGE.split("## The road")[0], re.MULTILINE)
    assert [set(re.findall(r"`(\w+)`", row)) for row in rows] == LAYERS


def test_the_picture_shows_every_room_that_is_a_folder():
    shown = set(re.findall(r'class="t">(\w+)/<', PICTURE))
    assert shown == {room for room in _rooms() if (PACKAGE / room).is_dir()} - {"cli"}


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`((?:\w+/)+\w+\.py)`", PAGE))))
def test_every_module_that_the_page_names_is_there(path):
    assert (PACKAGE / path).is_file() or (ROOT / path).is_file()


def test_no_module_has_more_than_350_lines():
    long = {
        str(path.relative_to(ROOT)): count
        for path in sorted((ROOT / "src").rglob("*.py"))
        if (count := len(path.read_text("utf-8").splitlines())) > 350
    }
    assert not long
