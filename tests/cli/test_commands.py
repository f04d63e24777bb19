"""The commands as a user calls them."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
import yaml

import snakemake_vip


def test_help_lists_every_command(study):
    printed = study.cli("--help")
    for command in ("pipelines", "init", "check", "status", "logs", "cancel", "upload", "sandbox"):
        assert f"  {command} " in printed
    assert "SESSION" in study.cli("download", "--help")


def test_pipelines_match_in_part_and_in_any_case(study):
    assert study.cli("pipelines", "cOu").splitlines() == ["Count/1.0"]
    assert "Slow/1.0" in json.loads(study.cli("pipelines", "--json"))


def test_no_matching_pipeline_is_told(study):
    assert "no pipeline matches 'zzz'" in study.cli("pipelines", "zzz", code=2)


def test_a_pipeline_is_shown_in_full_within_80_columns(study):
    printed = study.cli("pipelines", "show", "Slow/1.0")
    assert "seconds" in printed
    assert "read side by side" in printed.replace("\n", " ").replace("  ", " ")
    assert max(map(len, printed.splitlines())) <= 80
    shown = json.loads(study.cli("pipelines", "show", "Slow/1.0", "--json"))
    assert {parameter["name"] for parameter in shown["parameters"]} == {"file", "label", "seconds"}


def test_a_nearly_right_pipeline_gets_a_suggestion(study):
    assert "Count/1.0" in study.cli("pipelines", "show", "Count/1.1", code=2)


def test_pipelines_need_no_configuration_but_a_url(study):
    (study.folder / "config/config.yaml").unlink()
    options = ["--url", study.vip.url, "--api-key", str(study.vip.key_file)]
    assert "Count/1.0" in study.cli("pipelines", *options)


def test_init_writes_a_configuration_whose_blanks_check_finds(study):
    (study.folder / "config/config.yaml").unlink()
    options = ["--url", study.vip.url, "--api-key", str(study.vip.key_file)]
    study.cli("init", "Count/1.0", *options)
    written = yaml.safe_load((study.folder / "config/config.yaml").read_text())
    (session,) = written["sessions"].values()
    assert session["pipeline_id"] == "Count/1.0"
    assert set(session["input_settings"]) == {"file", "label"}
    assert written["vip"]["api_key"] == str(study.vip.key_file)
    printed = study.cli("check", code=2)
    assert "input_settings.file" in printed
    assert "input_settings.label" in printed


def test_looking_at_pipelines_leaves_nothing_behind(study):
    before = sorted(study.folder.rglob("*"))
    study.cli("pipelines")
    study.cli("pipelines", "show", "Count/1.0")
    assert sorted(study.folder.rglob("*")) == before


def test_pipelines_are_found_while_the_sessions_of_the_configuration_are_not_sound(study):
    study.sessions["a"] = {"pipelin_id": None}
    study.configure()
    assert "Count/1.0" in study.cli("pipelines")


def test_init_writes_over_nothing(study):
    printed = study.cli("init", "Count/1.0", code=2)
    assert "config/config.yaml would be written over" in printed


def test_check_tells_jobs_executions_bytes_and_results(study):
    printed = study.cli("check")
    assert printed.splitlines() == [
        "a: Count/1.0",
        "  runs         1 run of 2 jobs in 1 execution",
        "  to send      2 of 2 files, 12 bytes of 12 bytes",
        "  results      x.tgz, y.tgz",
        "  time         not known: no earlier execution of Count/1.0 here",
        "config/config.yaml: no mistake found in 1 session",
    ]
    (outlook,) = json.loads(study.cli("check", "--json"))
    assert outlook["jobs"] == 2
    study.sessions["a"] |= {"nb_runs": 3, "jobs_per_execution": 1}
    study.configure()
    runs = "  runs         3 runs, each of 2 jobs in 2 executions: 6 jobs in 6 executions"
    assert runs in study.cli("check").splitlines()


def test_each_step_can_be_called_alone_and_again(study):
    for step in ("upload", "launch", "monitor", "download", "finish"):
        study.cli(step, "a")
        study.cli(step, "a")
    assert study.text("a/run-1/x.tgz/out/copy") == "one\n"
    assert len(study.vip.executions()) == 1


def test_a_step_before_its_time_says_what_comes_first(study):
    assert "Run first: snakemake-vip launch a" in study.cli("monitor", "a", code=2)


def test_finish_tells_what_it_would_remove(study):
    for step in ("upload", "launch", "download"):
        study.cli(step, "a")
    printed = study.cli("finish", "a", "--dry-run")
    assert "would be removed: /vip/Home/API/a/INPUTS" in printed
    assert "would be removed: /vip/Home/API/a/OUTPUTS" in printed
    assert study.vip.listing("/vip/Home/API/a/INPUTS")


def _await_running(study):
    until = time.monotonic() + 300
    while time.monotonic() < until:
        (session,) = json.loads(study.cli("status", "--json"))
        if session["executions"][0]["status"] == "Running":
            return session
    pytest.fail("the execution did not run within half a minute")


def test_a_running_execution_is_seen_and_cancelled(study):
    study.sessions["a"]["pipeline_id"] = "Slow/1.0"
    study.sessions["a"]["input_settings"]["seconds"] = 60
    study.configure()
    study.cli("upload", "a")
    study.cli("launch", "a")
    session = _await_running(study)
    assert session["uploaded"]
    assert f"  run 1: {session['executions'][0]['execution']} Running for " in study.cli("status")
    identifier = session["executions"][0]["execution"]
    assert f"killed: {identifier}" in study.cli("cancel", "a")
    printed = study.cli("monitor", "a", code=1)
    assert f"{identifier}" in printed
    assert "Killed" in printed
    assert "snakemake-vip launch a --again" in printed
    assert "no running execution of a" in study.cli("cancel", "a")


def test_an_execution_that_was_killed_is_launched_again_when_asked(study):
    study.sessions["a"]["pipeline_id"] = "Slow/1.0"
    study.sessions["a"]["input_settings"]["seconds"] = 60
    study.configure()
    study.cli("upload", "a")
    study.cli("launch", "a")
    study.cli("cancel", "a")
    study.cli("monitor", "a", code=1)
    study.cli("launch", "a", "--again")
    assert len(study.vip.executions()) == 2
    study.cli("cancel", "a")


def test_logs_of_failed_jobs_and_of_one_job(study):
    study.write("data/s2/in.txt", "bad news\n")
    study.sessions["a"]["pipeline_id"] = "Picky/1.0"
    study.configure()
    study.cli("upload", "a")
    study.cli("launch", "a")
    study.cli("download", "a", code=1)
    printed = study.cli("logs", "a")
    assert "job 2: ERROR" in printed
    assert "this is bad" in printed
    assert "job 1" not in printed
    assert "job 1: COMPLETED" in study.cli("logs", "a", "1")
    (log,) = json.loads(study.cli("logs", "a", "2", "--json"))
    assert "this is bad" in log["stderr"]
    assert "there is no job 7 of a" in study.cli("logs", "a", "7", code=2)


def test_paths_of_packaged_things_are_printed(study):
    assert study.cli("snakefile").strip() == snakemake_vip.snakefile()
    assert study.cli("profile").strip() == snakemake_vip.profile("vip")
    assert study.cli("profile", "sandbox").strip() == snakemake_vip.profile("sandbox")
    assert "The profiles are: sandbox, vip" in study.cli("profile", "slurm", code=2)


def test_an_installed_profile_is_found_by_its_name(study):
    printed = study.cli("install-profile").strip()
    assert Path(printed, "config.yaml").is_file()
    assert Path(printed).is_relative_to(study.folder / "home")
    command = ["snakemake", "-s", snakemake_vip.snakefile(), "--profile", "vip", "-n"]
    assert "rule upload" in study.run(*command)
    assert "exists" in study.cli("install-profile", code=2)
    study.cli("install-profile", "--force")
