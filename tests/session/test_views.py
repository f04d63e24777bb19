"""What others read of a session is made from the journal, and never half."""

from __future__ import annotations

import csv
import json
import threading

import pytest

from snakemake_vip.errors import ExecutionError
from snakemake_vip.session import finish, launch, monitor, views

KEYS = [
    "session_name",
    "pipeline_id",
    "local_input_dir",
    "local_output_dir",
    "vip_input_dir",
    "vip_output_dir",
    "input_settings",
    "workflows",
]


def _rows(bench):
    with bench.folder.jobs.open(newline="") as file:
        return list(csv.DictReader(file, dialect="excel-tab"))


def test_session_data_is_vipsessions_backup(quick, done):
    bench = quick.bench()
    done(bench)
    data = views.session_data(bench)
    assert list(data) == KEYS
    assert data["session_name"] == "a"
    assert data["local_input_dir"] == str((quick.folder / "data").resolve())
    assert data["input_settings"] == {
        "file": [f"/vip/Home/API/a/INPUTS/s{n}/in.txt" for n in (1, 2)],
        "label": ["x", "y"],
    }
    ((identifier, flow),) = data["workflows"].items()
    assert identifier.startswith("workflow-")
    assert list(flow) == ["status", "start", "outputs"]
    assert flow["status"] == "Finished"
    assert [output["path"].rpartition("/")[2] for output in flow["outputs"]] == ["x.tgz", "y.tgz"]


def test_before_a_launch_it_says_what_is_wanted(quick):
    data = views.session_data(quick.bench())
    assert data["workflows"] == {}
    assert data["input_settings"] == {
        "file": [f"/vip/Home/API/a/INPUTS/s{n}/in.txt" for n in (1, 2)],
        "label": ["x", "y"],
    }


def test_a_request_in_parts_is_told_as_a_whole(quick):
    """A value that stands in several parts, or twice in a list, too."""
    quick.sessions["a"] |= {
        "jobs_per_execution": 1,
        "input_settings": {"file": ["s1/in.txt"] * 3, "label": ["x", "y", "z"]},
    }
    bench = quick.bench()
    launch.launch(bench, 1)
    data = views.session_data(bench)
    assert data["input_settings"]["file"] == ["/vip/Home/API/a/INPUTS/s1/in.txt"] * 3
    assert data["input_settings"]["label"] == ["x", "y", "z"]
    assert len(data["workflows"]) == 3


def test_after_a_clean_up_the_executions_are_removed(quick, done):
    bench = quick.bench()
    done(bench)
    views.write_session_data(bench)
    finish.finish(bench)
    written = json.loads(bench.folder.session_data.read_text())
    assert [flow["status"] for flow in written["workflows"].values()] == ["Removed"]


def test_the_table_has_a_row_a_job(quick, done):
    quick.sessions["a"]["jobs_per_execution"] = 1
    bench = quick.bench()
    done(bench)
    views.write_jobs(bench)
    rows = _rows(bench)
    assert list(rows[0]) == [
        "run",
        "execution",
        "job",
        "inputs",
        "status",
        "exit_code",
        "exit_message",
        "outputs",
    ]
    assert [json.loads(row["inputs"])["label"] for row in rows] == ["x", "y"]
    assert {row["status"] for row in rows} == {"COMPLETED"}
    assert [row["outputs"].rpartition("/")[2] for row in rows] == ["x.tgz", "y.tgz"]
    assert [row["execution"] for row in rows] == list(views.session_data(bench)["workflows"])


def test_the_table_tells_failed_jobs(quick):
    quick.write("data/s2/in.txt", "bad\n")
    quick.sessions["a"]["pipeline_id"] = "Picky/1.0"
    bench = quick.bench()
    launch.launch(bench, 1)
    monitor.monitor(bench, 1)
    views.write_jobs(bench)
    bad = _rows(bench)[1]
    assert (bad["status"], bad["exit_code"], bad["outputs"]) == ("ERROR", "50", "")


def test_jobs_that_are_still_to_run_have_a_row(quick):
    quick.sessions["a"]["pipeline_id"] = "Slow/1.0"
    bench = quick.bench()
    launch.launch(bench, 1)
    assert [row[2] for row in views.job_rows(bench)] == ["1", "2"]


def test_of_crossed_lists_only_what_is_sure_is_told(quick):
    quick.sessions["a"] = {
        "pipeline_id": "Repeat/1.0",
        "input_dir": "data",
        "input_settings": {"file": "s1/in.txt", "label": ["x", "y"], "times": [1, 2]},
    }
    bench = quick.bench()
    launch.launch(bench, 1)
    monitor.monitor(bench, 1)
    rows = list(views.job_rows(bench))
    assert len(rows) == 4
    assert {row[3] for row in rows} == {"{}"}


def test_a_refresh_makes_nothing_that_was_not_there(quick, done):
    bench = quick.bench()
    done(bench)
    views.refresh(bench)
    assert not bench.folder.session_data.exists()
    assert not bench.folder.jobs.exists()


def test_the_last_word_is_the_newest(quick):
    """A process that has read the journal earlier does not write later."""
    bench = quick.bench()
    launch.launch(bench, 1)
    reading, go_on = threading.Event(), threading.Event()
    slow = quick.bench()
    read = slow.journal.read

    def slowly():
        state = read()
        reading.set()
        go_on.wait(10)
        return state

    slow.journal.read = slowly
    first = threading.Thread(target=views.write_session_data, args=(slow,))
    first.start()
    assert reading.wait(10)
    monitor.monitor(bench, 1)
    second = threading.Thread(target=views.write_session_data, args=(quick.bench(),))
    second.start()
    second.join(0.3)
    go_on.set()
    first.join(10)
    second.join(10)
    data = json.loads(bench.folder.session_data.read_text())
    assert [flow["status"] for flow in data["workflows"].values()] == ["Finished"]


def test_an_execution_that_was_launched_again_stands_beside_the_first(quick):
    quick.sessions["a"]["pipeline_id"] = "Slow/1.0"
    bench = quick.bench()
    (one,) = launch.launch(bench, 1)
    bench.client.kill(one.execution)
    with pytest.raises(ExecutionError):
        monitor.monitor(bench, 1)
    launch.launch(bench, 1, again=True)
    assert len(views.session_data(bench)["workflows"]) == 2
    assert {row[1] for row in views.job_rows(bench)} != {one.execution}


def test_executions_of_an_earlier_request_do_not_stand_under_the_present_settings(quick, done):
    done(quick.bench())
    quick.sessions["a"]["input_settings"]["label"] = ["x", "z"]
    bench = quick.bench()
    (one,) = launch.launch(bench, 1)
    data = views.session_data(bench)
    assert data["input_settings"]["label"] == ["x", "z"]
    assert list(data["workflows"]) == [one.execution]


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "+1", "-1", "@sum"])
def test_a_spreadsheet_takes_no_message_for_a_formula(text):
    assert views._cell(text) == f"'{text}"
    assert views._cell("Failed") == "Failed"
