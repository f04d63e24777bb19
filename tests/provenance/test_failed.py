"""The records of runs that failed."""

from __future__ import annotations

import pytest

from snakemake_vip.api import Session
from snakemake_vip.errors import ExecutionError
from snakemake_vip.provenance import failed


@pytest.fixture
def picky(quick):
    """A study one of whose jobs fails."""
    quick.write("data/s1/in.txt", "bad\n")
    quick.sessions["a"]["pipeline_id"] = "Picky/1.0"
    quick.configure()
    return quick


def test_a_run_with_failed_jobs_gets_its_record(picky):
    bench = picky.bench()
    with pytest.raises(ExecutionError):
        Session.on(bench).upload().run()
    (crate,) = failed.write(bench)
    assert crate.name == "run-1.crate"
    assert (crate / "results/y.tgz/out/copy").exists()


def test_a_good_run_and_one_that_is_not_over_get_none_here(quick, ran):
    quick.sessions["a"]["nb_runs"] = 2
    bench = quick.bench()
    assert failed.write(bench) == []
    Session.on(bench).upload().launch()
    assert failed.write(bench) == []
    Session.on(bench).run()
    assert failed.write(bench) == []


def test_results_that_do_not_come_make_no_second_error(picky):
    bench = picky.bench()
    Session.on(bench).upload().launch().monitor()
    assert failed.write(bench) == []


def test_the_step_that_fails_leaves_the_record(picky):
    for step in ("upload", "launch"):
        picky.run("snakemake-vip", step, "a")
    printed = picky.cli("download", "a", code=1)
    assert "1 job(s) of a, run 1, failed" in printed
    assert (picky.folder / "vip_outputs/a/run-1.crate/ro-crate-metadata.json").exists()
