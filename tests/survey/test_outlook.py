"""What a session will do."""

from __future__ import annotations

import pytest

from snakemake_vip.session import launch, upload
from snakemake_vip.survey import check


def _check(study):
    return check.check(study.bench().bench)


@pytest.fixture
def two(quick):
    """A second session uses the inputs of the first."""
    quick.write("data/notes.txt", "more\n")
    quick.sessions["a"]["input_settings"] = {"file": "s1/in.txt", "label": "x"}
    quick.sessions["b"] = {
        "pipeline_id": "Count/1.0",
        "inputs_from": "a",
        "input_settings": {"file": "s2/in.txt", "label": "y"},
    }
    return quick


def test_a_file_that_any_user_of_the_folder_names_is_named(two):
    a, b = _check(two)
    assert (a.unnamed.names, a.unnamed.files, a.unnamed.bytes) == (("notes.txt",), 1, 5)
    assert b.unnamed.files == 0


def test_a_path_on_vip_inside_the_folder_names_the_file(two):
    two.sessions["a"]["input_settings"]["file"] = "/vip/Home/API/a/INPUTS/notes.txt"
    a, _ = _check(two)
    assert a.unnamed.names == ("s1/in.txt",)


def test_what_is_sent_already_is_not_to_be_sent_unless_it_changed(quick):
    assert (_check(quick)[0].files_to_send, _check(quick)[0].bytes_to_send) == (2, 12)
    upload.upload(quick.bench())
    assert _check(quick)[0].files_to_send == 0
    quick.write("data/s1/in.txt", "ONE\n")
    assert (_check(quick)[0].files_to_send, _check(quick)[0].bytes_to_send) == (1, 4)


def test_what_stays_here_is_named(quick):
    for path in ("data/.git/config", "data/s1/.DS_Store", "data/raw/1.dcm", "data/.vipignore"):
        quick.write(path, "raw/\n")
    assert _check(quick)[0].left_out == (".git", "s1/.DS_Store", "raw/1.dcm")


def test_the_time_comes_from_earlier_executions_of_the_pipeline(quick, done):
    assert _check(quick)[0].estimate is None
    done(quick.bench())
    (ended,) = _check(quick)
    assert (ended.executions_left, ended.estimate) == (0, None)
    quick.sessions["a"]["nb_runs"] = 3
    (more,) = _check(quick)
    assert more.executions_left == 2
    assert 0 < more.estimate.least <= more.estimate.most < 60


def test_what_runs_is_still_to_end(quick):
    quick.sessions["a"]["pipeline_id"] = "Slow/1.0"
    quick.sessions["a"]["input_settings"]["seconds"] = 30
    launch.launch(quick.bench(), 1)
    assert _check(quick)[0].executions_left == 1


def test_files_that_a_pattern_matches_are_named(quick):
    quick.sessions["a"]["input_dir"] = "later"
    quick.sessions["a"]["input_settings"]["file"] = {"glob": "*.txt"}
    quick.write("later/x.txt", "x")
    quick.write("later/y.txt", "y")
    assert _check(quick)[0].unnamed.files == 0
