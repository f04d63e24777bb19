"""The harness of the benchmarks: what is bound, how growth is found, what the report says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def found(monkeypatch):
    monkeypatch.syspath_prepend(CHECKOUT)


def row(size=100.0, value=2.0, **more):
    from benchmarks.harness import Row

    return Row("a case", "somebody", size, "files", value, **more)


def kept(*rows):
    found = {"title": "A title", "text": "How it is measured.", "date": "2026-01-01"}
    found |= {"took": 1.0, "load": 0.5, "scale": 1, "rows": [one.as_json() for one in rows]}
    return {"some": found}


@pytest.mark.parametrize(
    ("more", "is_met"),
    [
        ({}, True),
        ({"at_most": 2}, True),
        ({"at_most": 1.9}, False),
        ({"at_least": 2.1}, False),
        ({"ratio": 1.1, "at_most": 1.15}, True),
        ({"ratio": 1.2, "at_most": 1.15}, False),
        ({"ratio": 0.0, "at_most": 0}, True),
    ],
)
def test_a_bound_is_on_the_ratio_or_on_the_value(more, is_met):
    assert row(**more).is_met is is_met


def test_a_row_is_read_as_it_was_written():
    from benchmarks.harness import Row

    one = row(ratio=0.0, against="the floor", at_most=1.0)
    assert Row.read(json.loads(json.dumps(one.as_json()))) == one


@pytest.mark.parametrize("exponent", [0, 1, 2])
def test_growth_is_the_exponent_over_three_sizes(exponent):
    from benchmarks import report

    rows = [row(size, 3 * size**exponent) for size in (10, 100, 1000)]
    ((_, grown),) = report.exponents(rows).items()
    assert grown == pytest.approx(exponent)
    assert report.exponents(rows[:2]) == {}


def test_the_report_has_the_figures_and_what_is_not_met(tmp_path):
    from benchmarks import report

    rows = [row(size, size / 10, ratio=1.3, against="the floor") for size in (10, 100)]
    rows.append(row(1000, 100, ratio=1.3, against="the floor", at_most=1.15))
    report.write(tmp_path, kept(*rows))
    text = (tmp_path / "performance.md").read_text()
    assert "| a case, 1 000 files | 1.3 x the floor | at most 1.15 | **not met** |" in text
    assert "- a case, somebody, s: size^1.00" in text
    assert "How it is measured." in text


def test_a_picture_is_drawn_of_three_sizes_and_is_the_same_again(tmp_path):
    pytest.importorskip("matplotlib")
    from benchmarks import plots

    path, rows = tmp_path / "img" / "a.svg", [row(size, size) for size in (1, 2, 4)]
    assert not plots.draw(path, rows[:2])
    assert plots.draw(path, rows)
    first = path.read_bytes()
    assert plots.draw(path, rows)
    assert path.read_bytes() == first
    assert len(first) < 200_000


def test_every_benchmark_is_named():
    command = [sys.executable, "-m", "benchmarks", "--list"]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    assert {"uploads", "downloads", "large", "unchanged"} <= set(done.stdout.split())
