"""The harness of the benchmarks: what is bound, how growth is found, what the report says."""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
import sys
import tarfile
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


def _soaked(folder):
    """Return a study of a soak, as it is when all went well, and the names of its executions."""
    from benchmarks.soak.study import Study

    study = Study(folder, random.Random(1), sessions=9, seconds=0)
    study.prepare()
    names = []
    for session in study.sessions:
        for label in session.labels:
            for number in range(session.job_runs(label)):
                (study.marks / f"{label}.{number:08}").touch()
        names += [f"{session.name} run {number}" for number in range(session.executions)]
        for run in range(1, session.runs + 1):
            _deliver(study, session, run)
        for name in ("session_data.json", "jobs.tsv", "finished.json"):
            (study.outputs / session.name / name).write_text("{}")
    return study, names


def _deliver(study, session, run):
    results, files = study.outputs / session.name / f"run-{run}", []
    for label, source in session.good.items():
        content = study.input(session, source)
        archive = results / f"{label}.tgz"
        copy = archive / "out/copy" if session.unzip else results.parent / "copy"
        for path in (results / f"{label}.txt", copy):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        if not session.unzip:
            with tarfile.open(archive, "w:gz") as packed:
                packed.add(copy, "out/copy")
        files += [results / f"{label}.txt", copy if session.unzip else archive]
    listed = [
        {
            "path": file.relative_to(results).as_posix(),
            "bytes": file.stat().st_size,
            "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        }
        for file in files
    ]
    results.with_name(f"run-{run}.json").write_text(json.dumps({"files": listed}))


def test_a_soak_in_which_all_went_well_has_no_violation(tmp_path):
    from benchmarks.soak import verdict

    study, names = _soaked(tmp_path)
    assert verdict.launches(study, names) == []
    assert verdict.results(study) == []
    assert verdict.unreadable(study) == []
    assert verdict.left(study, tmp_path / "home") == []


@pytest.mark.parametrize(
    ("path", "content", "kinds"),
    [
        ("s00/run-1/s00-0.txt", None, {"lost", "wrong"}),
        ("s00/run-1/s00-0.txt", "x", {"wrong"}),
        ("s00/run-1/other.txt", "x", {"wrong"}),
        ("s01/run-1.json", '{"files": []}', {"wrong"}),
        ("s01/session_data.json", None, {"lost"}),
        ("s01/session_data.json", "{", {"unreadable"}),
    ],
)
def test_a_soak_finds_wrong_results(tmp_path, path, content, kinds):
    from benchmarks.soak import verdict

    study, _ = _soaked(tmp_path)
    spoilt = study.outputs / path
    spoilt.unlink() if content is None else spoilt.write_text(content)
    found = [*verdict.results(study), *verdict.unreadable(study)]
    assert {text.partition(":")[0] for text in found} == kinds


def test_a_soak_finds_launches_that_are_missing_or_too_many(tmp_path):
    from benchmarks.soak import verdict

    study, names = _soaked(tmp_path)
    assert len(verdict.launches(study, names[1:])) == 1
    assert len(verdict.launches(study, [*names, names[0]])) == 2
    next(study.marks.iterdir()).unlink()
    (found,) = verdict.launches(study, names)
    assert found.startswith("wrong: job ")


def test_a_soak_finds_what_is_left_and_tracebacks(tmp_path):
    from benchmarks.soak import verdict

    study, _ = _soaked(tmp_path)
    (tmp_path / "home/API/s00/INPUTS").mkdir(parents=True)
    (tmp_path / "home/API/s00/INPUTS/f0.dat").touch()
    assert verdict.left(study, tmp_path / "home") == ["left: API/s00/INPUTS/f0.dat"]
    printed = tmp_path / "001.txt"
    printed.write_text("a\nTraceback (most recent call last):\n  File x\nKeyError: 1\n")
    assert verdict.tracebacks([printed]) == ["traceback: 001.txt: KeyError: 1"]


def test_a_soak_has_faults_of_every_kind(tmp_path):
    from benchmarks.soak.disturbance import FAULTS, Faults

    from snakemake_vip.sandbox.faults import KINDS, Fault

    assert {fault["kind"] for fault in FAULTS} == set(KINDS)
    faults = Faults(None, random.Random(1))
    assert all(Fault.read(fault) for _ in range(50) for fault in faults.draw())


def test_a_soak_that_grows_asks_for_more(tmp_path):
    study, _ = _soaked(tmp_path)
    before = study.executions
    study.grow()
    assert study.executions > before
