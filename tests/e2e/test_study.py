"""A study from its configuration to its results, by the real snakemake against the real sandbox."""

from __future__ import annotations

import hashlib
import os
import shutil
import time

import pytest

NOTHING = "Nothing to be done"


@pytest.fixture
def shared(study):
    """Two sessions on one upload, the second with the files of a glob."""
    study.sessions["b"] = {
        "pipeline_id": "Count/1.0",
        "inputs_from": "a",
        "input_settings": {"file": {"glob": "*/in.txt"}, "label": ["x2", "y2"]},
    }
    study.configure()
    return study


def test_two_sessions_share_one_upload_and_all_results_are_right(shared):
    shared.snakemake()
    assert shared.text("a/run-1/x.tgz/out/bytes.txt").strip() == "4"
    assert shared.text("a/run-1/y.tgz/out/bytes.txt").strip() == "8"
    assert shared.text("b/run-1/y2.tgz/out/copy") == "two two\n"
    puts = [change for change in shared.vip.changes() if change.endswith("in.txt")]
    assert len(puts) == 2
    assert len(shared.vip.executions()) == 2
    assert "uploaded" in shared.cli("status", "--json")


def test_the_manifest_lists_each_file_with_size_checksum_and_job(shared):
    shared.snakemake()
    manifest = shared.json("a/run-1.json")
    assert {file["path"] for file in manifest["files"]} == {
        f"{label}.tgz/out/{name}" for label in "xy" for name in ("bytes.txt", "copy")
    }
    for file in manifest["files"]:
        content = (shared.folder / "vip_outputs/a/run-1" / file["path"]).read_bytes()
        assert len(content) == file["bytes"]
        assert hashlib.sha256(content).hexdigest() == file["sha256"]
        assert file["vip_path"].startswith("/vip/Home/API/a/OUTPUTS/")
        assert file["job"] == (1 if file["path"].startswith("x") else 2)


def test_the_table_of_jobs_has_a_row_a_job(shared):
    shared.snakemake()
    header, *rows = [line.split("\t") for line in shared.text("a/jobs.tsv").splitlines()]
    assert len(rows) == 2
    first = dict(zip(header, rows[0], strict=True))
    assert first["status"] == "COMPLETED"
    assert first["exit_code"] == "0"
    assert first["outputs"].endswith("/x.tgz")
    assert "s1/in.txt" in first["inputs"]


def test_a_second_call_does_nothing_and_asks_nothing(shared):
    shared.snakemake()
    shared.vip.forget()
    assert NOTHING in shared.snakemake()
    assert shared.vip.requests() == []


def test_dates_comments_and_the_order_of_keys_do_not_matter(shared):
    shared.snakemake()
    for path in (shared.folder / "data").rglob("*.txt"):
        os.utime(path, (time.time() + 5, time.time() + 5))
    sessions = {
        name: dict(reversed(session.items())) for name, session in reversed(shared.sessions.items())
    }
    sessions["a"]["input_settings"] = dict(reversed(sessions["a"]["input_settings"].items()))
    shared.sessions = sessions
    shared.configure()
    text = (shared.folder / "config/config.yaml").read_text()
    shared.configure(f"# a comment\n{text}")
    assert NOTHING in shared.snakemake()


def test_a_changed_input_is_sent_again_and_only_what_uses_it_is_launched_again(shared):
    shared.sessions["b"]["input_settings"] = {"file": "s2/in.txt", "label": "y2"}
    shared.configure()
    shared.snakemake()
    shared.vip.forget()
    shared.write("data/s1/in.txt", "three three three\n")
    shared.snakemake()
    assert [c for c in shared.vip.changes() if "INPUTS" in c] == [
        "DELETE /rest/path/vip/Home/API/a/INPUTS/s1/in.txt",
        "PUT /rest/path/vip/Home/API/a/INPUTS/s1/in.txt",
    ]
    assert shared.vip.changes().count("POST /rest/executions") == 1
    assert shared.text("a/run-1/x.tgz/out/bytes.txt").strip() == "18"
    assert NOTHING in shared.snakemake()


def test_changed_settings_are_launched_again_and_going_back_is_not(shared):
    shared.snakemake()
    before = shared.sessions["b"]["input_settings"]["label"]
    shared.sessions["b"]["input_settings"]["label"] = ["x3", "y3"]
    shared.configure()
    shared.snakemake()
    assert (shared.folder / "vip_outputs/b/run-1/x3.tgz").exists()
    assert not (shared.folder / "vip_outputs/b/run-1/x2.tgz").exists()
    assert len(shared.vip.executions()) == 3
    shared.sessions["b"]["input_settings"]["label"] = before
    shared.configure()
    shared.snakemake()
    assert (shared.folder / "vip_outputs/b/run-1/x2.tgz").exists()
    assert len(shared.vip.executions()) == 3


def test_what_was_deleted_here_comes_back_without_vip(shared):
    shared.snakemake()
    kept = shared.text("a/run-1/x.tgz/out/copy")
    shutil.rmtree(shared.folder / "vip_outputs/a/run-1")
    (shared.folder / "vip_outputs/b/run-1.json").unlink()
    shutil.rmtree(shared.folder / "vip_outputs/a/.vip/receipts")
    shared.vip.forget()
    shared.snakemake()
    assert shared.text("a/run-1/x.tgz/out/copy") == kept
    assert shared.json("b/run-1.json")["complete"]
    assert shared.vip.changes() == []


def test_more_runs_can_be_asked_for_later(study):
    study.sessions["a"]["nb_runs"] = 2
    study.configure()
    study.snakemake()
    assert len(study.vip.executions()) == 2
    study.sessions["a"]["nb_runs"] = 3
    study.configure()
    study.snakemake()
    names = [execution["name"] for execution in study.vip.executions()]
    assert sorted(name.split()[1] for name in names) == ["run-1", "run-2", "run-3"]
    assert study.text("a/run-3/x.tgz/out/copy") == "one\n"


def test_a_dry_run_shows_the_five_steps_and_changes_nothing(study):
    study.sessions["a"]["finish"] = True
    study.configure()
    printed = study.snakemake("-n")
    for rule in ("upload", "launch", "monitor", "download", "finish"):
        assert f"rule {rule}:" in printed
    assert study.vip.requests() == []


def test_finish_leaves_nothing_on_vip_and_results_stay(shared):
    for session in shared.sessions.values():
        session["finish"] = True
    shared.configure()
    shared.snakemake()
    assert shared.vip.listing("/vip/Home/API") == []
    assert shared.text("b/run-1/x2.tgz/out/copy") == "one\n"
    assert shared.json("a/finished.json")["kept"] == []
    shared.vip.forget()
    assert NOTHING in shared.snakemake()
    shutil.rmtree(shared.folder / "vip_outputs/a/run-1")
    shared.snakemake()
    assert shared.text("a/run-1/x.tgz/out/copy") == "one\n"
    assert shared.vip.requests() == []


def test_finish_of_the_owner_waits_for_the_users_of_its_inputs(shared):
    shared.cli("upload", "a")
    shared.cli("launch", "a")
    shared.cli("download", "a")
    printed = shared.cli("finish", "a", code=1)
    assert "the results of b, run 1, are not proven to be here" in printed
    assert shared.vip.listing("/vip/Home/API/a/INPUTS")


def test_after_finish_a_new_request_sends_its_inputs_again(study):
    study.snakemake("finish_all")
    study.sessions["a"]["nb_runs"] = 2
    study.configure()
    study.snakemake()
    assert study.text("a/run-2/x.tgz/out/copy") == "one\n"
    assert len(study.vip.executions()) == 2


def test_a_long_list_is_split_and_its_results_are_together(study):
    study.sessions["a"] |= {
        "jobs_per_execution": 2,
        "input_settings": {
            "file": ["s1/in.txt", "s2/in.txt", "s1/in.txt"],
            "label": ["x", "y", "z"],
        },
    }
    study.configure()
    study.snakemake()
    assert len(study.vip.executions()) == 2
    assert study.text("a/run-1/z.tgz/out/copy") == "one\n"
    assert len(study.text("a/jobs.tsv").splitlines()) == 4


def test_one_bad_job_is_told_and_the_results_of_the_others_are_kept(study):
    study.write("data/s2/in.txt", "bad news\n")
    study.sessions["a"]["pipeline_id"] = "Picky/1.0"
    study.configure()
    printed = study.snakemake(ok=False)
    assert "job 2: ERROR, exit code 50" in printed
    assert "The file is bad." in printed
    assert "| this is bad" in printed
    assert study.text("a/run-1-incomplete/x.tgz/out/copy") == "one\n"
    assert not (study.folder / "vip_outputs/a/run-1.json").exists()
    assert "\t50\t" in study.text("a/jobs.tsv")
    study.sessions["a"]["on_failed_jobs"] = "accept"
    study.configure()
    study.snakemake()
    assert study.json("a/run-1.json")["executions"][0]["failed_jobs"] == [2]
    assert study.text("a/run-1/x.tgz/out/copy") == "one\n"
    assert len(study.vip.executions()) == 1


def test_capacity_is_waited_for(start_vip, new_study):
    study = new_study(start_vip(capacity=1))
    study.sessions["a"] |= {"pipeline_id": "Slow/1.0", "nb_runs": 3}
    study.platform["max_executions"] = 5
    study.configure()
    study.snakemake()
    assert len(study.vip.executions()) == 3
    assert study.text("a/run-3/y.tgz/out/copy") == "two two\n"
