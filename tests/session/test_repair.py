"""Jobs that fail and are launched again by themselves."""

from __future__ import annotations

import pytest

from snakemake_vip.errors import ExecutionError
from snakemake_vip.session import download, finish, launch, monitor, repair, upload, views


@pytest.fixture
def flaky(quick, tmp_path):
    """Three jobs, of which two fail the first time."""
    marks = tmp_path / "marks"
    marks.mkdir()
    quick.write("data/s3/in.txt", "three\n")
    quick.sessions["a"] |= {
        "pipeline_id": "Flaky/1.0",
        "input_settings": {
            "file": ["s1/in.txt", "s2/in.txt", "s3/in.txt"],
            "label": ["flaky1", "sound", "flaky2"],
            "marks": str(marks),
            "failures": 1,
        },
        "repair": 1,
    }
    return quick


def _run(study):
    bench = study.bench()
    upload.upload(bench)
    launch.launch(bench, 1)
    return download.download(bench, 1)


def test_only_the_failed_jobs_run_again_and_all_results_are_together(flaky):
    manifest = _run(flaky)
    assert manifest.is_complete
    assert flaky.text("a/run-1/flaky1.tgz/out/copy") == "one\n"
    assert flaky.text("a/run-1/sound.tgz/out/copy") == "two two\n"
    assert flaky.text("a/run-1/flaky2.tgz/out/copy") == "three\n"
    whole, repaired = manifest.executions
    assert whole["repaired_jobs"] == [1, 3]
    assert whole["failed_jobs"] == repaired["failed_jobs"] == []
    assert repaired["name"] == f"{whole['name']} repair-1"
    assert repaired["jobs"] == 2
    assert len(flaky.vip.executions()) == 2


def test_the_table_of_jobs_has_the_failed_and_the_repaired(flaky):
    _run(flaky)
    rows = [row[4:6] for row in views.job_rows(flaky.bench())]
    assert sorted(rows) == [("COMPLETED", "0")] * 3 + [("ERROR", "50")] * 2


def test_repairs_end_when_they_are_used_up(flaky):
    flaky.sessions["a"]["input_settings"]["failures"] = 9
    flaky.sessions["a"]["repair"] = 2
    with pytest.raises(ExecutionError, match=r"2 job\(s\) of a, run 1, failed"):
        _run(flaky)
    names = sorted(execution["name"] for execution in flaky.vip.executions())
    assert [name.partition(" repair-")[2] for name in names] == ["", "1", "2"]
    assert flaky.text("a/run-1-incomplete/sound.tgz/out/copy") == "two two\n"


def test_what_a_repair_could_not_mend_can_be_accepted(flaky):
    flaky.sessions["a"]["input_settings"]["failures"] = 9
    flaky.sessions["a"]["on_failed_jobs"] = "accept"
    manifest = _run(flaky)
    assert not manifest.is_complete
    assert flaky.text("a/run-1/sound.tgz/out/copy") == "two two\n"


def test_an_execution_none_of_whose_jobs_succeeded_is_repaired(flaky):
    flaky.sessions["a"]["input_settings"]["label"] = ["flaky1", "flaky2", "flaky3"]
    assert _run(flaky).is_complete
    assert len(flaky.vip.executions()) == 2


def test_failed_jobs_of_crossed_lists_run_again_one_by_one(flaky):
    settings = flaky.sessions["a"]["input_settings"]
    settings |= {"file": "s1/in.txt", "label": "flaky1", "failures": 1}
    # Crossed lists with one output name would be refused: the parts keep them apart.
    settings["failures"] = [1, 2]
    flaky.sessions["a"] |= {"jobs_per_execution": 1, "repair": 2}
    assert _run(flaky).is_complete


def test_a_process_that_ended_after_planning_a_repair_is_followed(flaky):
    bench = flaky.bench()
    upload.upload(bench)
    launch.launch(bench, 1)
    monitor._Watch(bench, 1).until_over()
    assert repair.plan(bench, 1)
    assert download.download(flaky.bench(), 1).is_complete
    assert len(flaky.vip.executions()) == 2


def test_without_repair_nothing_runs_again(flaky):
    flaky.sessions["a"]["repair"] = 0
    with pytest.raises(ExecutionError):
        _run(flaky)
    assert len(flaky.vip.executions()) == 1


def test_a_repair_asked_for_later_mends_what_failed(flaky):
    flaky.sessions["a"]["repair"] = 0
    with pytest.raises(ExecutionError):
        _run(flaky)
    flaky.sessions["a"]["repair"] = 1
    assert download.download(flaky.bench(), 1).is_complete
    assert len(flaky.vip.executions()) == 2


def test_a_repeated_download_launches_nothing(flaky):
    _run(flaky)
    flaky.vip.forget()
    assert download.download(flaky.bench(), 1).is_complete
    assert flaky.vip.requests() == []


def test_another_machine_takes_the_repair_that_is_there(flaky):
    _run(flaky)
    there = flaky.bench(output_dir="elsewhere")
    upload.upload(there)
    launch.launch(there, 1)
    assert download.download(there, 1).is_complete
    assert len(flaky.vip.executions()) == 2


def test_a_repaired_run_can_be_cleaned_up(flaky):
    _run(flaky)
    assert finish.finish(flaky.bench()).kept == ()
    assert flaky.vip.listing("/vip/Home/API") == []
