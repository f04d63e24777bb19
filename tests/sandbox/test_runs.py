import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from snakemake_vip.sandbox import manager
from snakemake_vip.sandbox.options import Options


def one_job(execution):
    return execution["status"], execution["jobs"]["1"]["exitCode"]


def log(vip, execution, name, job=None):
    middle = f"/jobs/{job}" if job else ""
    return vip.get(f"/executions/{execution['identifier']}{middle}/{name}")


def pipeline(sandbox, tmp_path, command, inputs=(), outputs=(), **more):
    """Start a sandbox with one pipeline of its own, Tool/1.0."""
    folder = tmp_path / "tool"
    folder.mkdir()
    described = {
        "name": "Tool",
        "tool-version": "1.0",
        "description": "d",
        "schema-version": "0.5",
        "command-line": command,
        "inputs": list(inputs) or [{"id": "x", "name": "x", "type": "String", "optional": True}],
        **({"output-files": list(outputs)} if outputs else {}),
        **more,
    }
    (folder / "tool.json").write_text(json.dumps(described))
    return sandbox(pipelines=(str(folder),))


def output(name, template, **more):
    return {"id": name, "name": name, "path-template": template, **more}


def test_the_streams_of_a_job_are_its_logs(vip):
    ended = vip.run("Exit/1.0", {"code": 0})
    answer = log(vip, ended, "stdout")
    assert (answer.text, answer.headers["Content-Type"]) == ("out", "text/plain;charset=UTF-8")
    assert log(vip, ended, "stderr").text == "err"
    assert log(vip, ended, "stdout", 1).text == "out"


def test_a_failed_command_gives_50_and_says_how_it_ended(vip):
    ended = vip.run("Exit/1.0", {"code": 7})
    assert one_job(ended) == ("ExecutionFailed", 50)
    assert ended["jobs"]["1"]["status"] == "ERROR"
    assert ended["returnedFiles"] is None
    told = log(vip, ended, "stderr").text.splitlines()
    assert told == ["err", "the command ended with exit code 7 (the seventh seal)"]


def test_one_good_job_is_enough_to_be_finished(vip):
    ended = vip.run("Exit/1.0", {"code": [0, 3]})
    assert ended["status"] == "Finished"
    assert [job["exitCode"] for job in ended["jobs"].values()] == [0, 50]


def test_logs_of_many_jobs_are_asked_for_one_by_one(vip):
    ended = vip.run("Exit/1.0", {"code": [0, 3]})
    assert log(vip, ended, "stdout").text == "jobId is required when multiple tasks exist"
    assert log(vip, ended, "stdout", 2).text == "out"
    assert log(vip, ended, "stdout", 3).text == "no log found for job 3"
    assert log(vip, ended, "stdout", "x").status_code == 400


def test_without_a_job_there_is_no_log(vip):
    ended = vip.run("Words/1.0", {"left": "a", "unknown": "b"})
    assert log(vip, ended, "stderr").text == "no log found"


def test_the_log_of_a_running_job_is_not_there_yet(vip, tmp_path):
    identifier = vip.launch("Wait/1.0", {"flag": str(tmp_path / "flag")})
    vip.until((tmp_path / "flag.started").exists)
    assert log(vip, {"identifier": identifier}, "stdout").status_code == 400
    (tmp_path / "flag").touch()
    assert vip.ended(identifier)["status"] == "Finished"


def test_a_missing_input_file_fails_the_job_at_its_download(vip):
    ended = vip.run("Copy/1.0", {"source": f"{vip.folder()}/missing.txt"})
    assert one_job(ended) == ("ExecutionFailed", 1)
    assert "cannot download the input source" in log(vip, ended, "stderr").text


def test_a_value_that_the_descriptor_refuses_fails_the_job(vip):
    ended = vip.run("Exit/1.0", {"code": "-1"})
    assert one_job(ended) == ("ExecutionFailed", 50)
    assert "less than the minimum" in log(vip, ended, "stderr").text


def test_a_missing_output_fails_the_job(sandbox, tmp_path):
    vip = pipeline(sandbox, tmp_path, "true", outputs=[output("o", "nothing.txt")])
    ended = vip.run("Tool/1.0", {})
    assert one_job(ended) == ("ExecutionFailed", 3)
    assert "nothing matches nothing.txt" in log(vip, ended, "stderr").text


def test_an_optional_output_may_be_missing(sandbox, tmp_path):
    vip = pipeline(sandbox, tmp_path, "true", outputs=[output("o", "x.txt", optional=True)])
    assert vip.run("Tool/1.0", {})["returnedFiles"] == {}


def test_outputs_may_be_patterns_folders_and_below_folders(sandbox, tmp_path):
    command = "mkdir -p a/b d; touch a/b/1.txt a/b/2.txt d/in; echo"
    outputs = [output("many", "a/b/*.txt", list=True), output("folder", "d")]
    vip = pipeline(sandbox, tmp_path, command, outputs=outputs)
    ended = vip.run("Tool/1.0", {})
    results = ended["inputValues"]["results-directory"]
    assert ended["returnedFiles"] == {
        "folder": [f"{results}/d"],
        "many": [f"{results}/a/b/1.txt", f"{results}/a/b/2.txt"],
    }
    assert vip.exists(f"{results}/d/in")


def test_an_output_outside_of_the_working_directory_is_refused(sandbox, tmp_path):
    vip = pipeline(sandbox, tmp_path, "touch ../../x", outputs=[output("o", "../../x")])
    assert one_job(vip.run("Tool/1.0", {})) == ("ExecutionFailed", 3)


@pytest.mark.parametrize("name", ["../../../escaped", "/escaped", "a/../../escaped"])
def test_a_value_leads_no_configuration_file_out_of_the_working_directory(sandbox, tmp_path, name):
    given = {"id": "x", "name": "x", "type": "String", "value-key": "[X]"}
    made = output("made", "[X].cfg", **{"file-template": ["[X]"]})
    vip = pipeline(sandbox, tmp_path, "cat [X].cfg", [given], [made])
    name = f"{tmp_path}{name}" if name.startswith("/") else name
    assert one_job(vip.run("Tool/1.0", {"x": name})) == ("ExecutionFailed", 3)
    assert not list(tmp_path.rglob("escaped*"))


@pytest.mark.parametrize(
    "command",
    ["ln -s {other} made", "mkdir made; ln -s {other} made/link", "ln -s made made"],
)
def test_no_result_shows_another_file_by_a_link(sandbox, tmp_path, command):
    other = tmp_path / "secret"
    other.write_text("secret")
    command = command.format(other=other)
    vip = pipeline(sandbox, tmp_path, command, outputs=[output("made", "made")])
    assert one_job(vip.run("Tool/1.0", {})) == ("ExecutionFailed", 3)


def test_equal_outputs_collide(vip):
    ended = vip.run("Wait/1.0", {"flag": ["/dev/null", "/dev/zero"]})
    assert ended["status"] == "Finished"
    assert sorted(job["exitCode"] for job in ended["jobs"].values()) == [0, 32]
    assert len(ended["returnedFiles"]["waited"]) == 1


def test_results_never_replace_a_file(vip):
    base = vip.file("a-b.txt", b"mine").rpartition("/")[0]
    ended = vip.run("Flat/1.0", {"left": "a", "right": "b", "results-directory": base})
    assert one_job(ended) == ("ExecutionFailed", 32)
    assert "result file already exists" in log(vip, ended, "stderr").text
    assert vip.content(f"{base}/a-b.txt") == b"mine"


def test_a_job_cannot_change_its_input_for_others(sandbox, tmp_path):
    file = {"id": "f", "name": "f", "type": "File", "value-key": "[F]"}
    vip = pipeline(sandbox, tmp_path, "echo changed >> [F]", [file], [output("o", "[F]")])
    path = vip.file("a b.txt", b"original")  # stored as a_b.txt
    path = path.replace("a b", "a_b")
    ended = vip.run("Tool/1.0", {"f": path})
    assert vip.content(path) == b"original"
    assert vip.content(ended["returnedFiles"]["o"][0]) == b"originalchanged\n"


def test_a_directory_can_be_an_input(sandbox, tmp_path):
    file = {"id": "f", "name": "f", "type": "File", "value-key": "[F]"}
    vip = pipeline(sandbox, tmp_path, "ls [F] > list.txt", [file], [output("o", "list.txt")])
    folder = vip.file("inside").rpartition("/")[0]
    ended = vip.run("Tool/1.0", {"f": folder})
    assert vip.content(ended["returnedFiles"]["o"][0]) == b"inside\n"


def test_a_job_sees_this_python_first_and_no_secrets(sandbox, tmp_path, monkeypatch):
    monkeypatch.setenv("VIP_API_KEY", "secret")
    command = "command -v python > p.txt; env > e.txt"
    vip = pipeline(sandbox, tmp_path, command, outputs=[output("p", "p.txt"), output("e", "e.txt")])
    files = vip.run("Tool/1.0", {})["returnedFiles"]
    python = Path(sys.executable).parent / "python"
    assert vip.content(files["p"][0]).decode().strip() == str(python)
    assert b"secret" not in vip.content(files["e"][0])


def test_jobs_run_at_once_but_not_more_than_there_are_workers(sandbox, tmp_path):
    vip = sandbox(workers=2)
    flag = str(tmp_path / "flag")
    identifier = vip.launch("Wait/1.0", {"flag": flag, "name": ["a", "b", "c"]})

    def statuses():
        return sorted(job["status"] for job in vip.execution(identifier)["jobs"].values())

    vip.until(lambda: statuses() == ["QUEUED", "RUNNING", "RUNNING"])
    (tmp_path / "flag").touch()
    assert vip.ended(identifier)["status"] == "Finished"


def test_nothing_is_left_of_the_working_directory(vip):
    ended = vip.run("Words/1.0", {"left": "a"})
    place = vip.portal.state.jobs / ended["identifier"] / "1"
    assert sorted(p.name for p in place.iterdir()) == ["life", "stderr", "stdout"]


def test_what_a_command_leaves_in_the_background_is_ended(sandbox, tmp_path):
    mark = "86421.5"
    vip = pipeline(sandbox, tmp_path, f"sleep {mark} & echo done")
    assert vip.run("Tool/1.0", {})["status"] == "Finished"
    assert not [p for p in psutil.process_iter(["cmdline"]) if mark in (p.info["cmdline"] or [])]


def test_running_jobs_are_run_anew_after_a_stop(sandbox, tmp_path, pipelines):
    flag = tmp_path / "flag"
    options = Options(pipelines=(str(pipelines),), capacity=5, workers=1)
    from snakemake_vip.sandbox.testing import running

    with running(tmp_path, options):
        pass
    first = manager.ensure(tmp_path, options)
    try:
        body = {
            "name": "x",
            "pipelineIdentifier": "Wait/1.0",
            "inputValues": {"flag": str(flag), "name": ["a", "b"]},
        }
        identifier = manager.control(first, "POST", "/rest/executions", body)["identifier"]
        until(flag.with_suffix(".started").exists)
    finally:
        manager.stop(tmp_path)
    flag.with_suffix(".started").unlink()
    flag.touch()
    vip = sandbox()
    ended = vip.ended(identifier)
    assert ended["status"] == "Finished"
    assert len(ended["returnedFiles"]["waited"]) == 2


def test_an_execution_comes_to_its_end_even_if_the_server_was_killed(sandbox, tmp_path, pipelines):
    flag = tmp_path / "flag"
    first = manager.ensure(tmp_path, Options(pipelines=(str(pipelines),)))
    body = {"name": "x", "pipelineIdentifier": "Wait/1.0", "inputValues": {"flag": str(flag)}}
    identifier = manager.control(first, "POST", "/rest/executions", body)["identifier"]
    until(flag.with_suffix(".started").exists)
    os.kill(first.pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(first.pid)], timeout=300)
    assert manager.status(tmp_path) is None
    vip = sandbox()

    def waiting():
        return [p for p in psutil.process_iter(["cmdline"]) if str(flag) in str(p.info["cmdline"])]

    vip.until(lambda: vip.execution(identifier)["jobs"]["1"]["status"] == "RUNNING")
    vip.until(lambda: len({os.getpgid(p.pid) for p in waiting()}) == 1)  # the old ones are ended
    flag.touch()
    ended = vip.ended(identifier)
    assert ended["status"] == "Finished"
    assert vip.content(ended["returnedFiles"]["waited"][0]) == b"waited\n"


def test_kills_at_any_instant_lose_no_job_and_no_file(tmp_path, pipelines):
    import random

    moments = random.Random(7)
    options = Options(pipelines=(str(pipelines),), workers=2)
    endpoint = manager.ensure(tmp_path, options)
    names = [f"n{i}" for i in range(60)]
    body = {"name": "x", "pipelineIdentifier": "Words/1.0", "inputValues": {"left": names}}
    identifier = manager.control(endpoint, "POST", "/rest/executions", body)["identifier"]
    for _ in range(5):
        threading.Event().wait(moments.uniform(0, 0.08))
        os.kill(endpoint.pid, signal.SIGKILL)
        psutil.wait_procs([psutil.Process(endpoint.pid)], timeout=300)
        endpoint = manager.ensure(tmp_path)

    def execution():
        return manager.control(endpoint, "GET", f"/rest/executions/{identifier}")

    until(lambda: execution()["status"] != "Running")
    assert execution()["status"] == "Finished"
    assert {job["exitCode"] for job in execution()["jobs"].values()} == {0}
    files = execution()["returnedFiles"]["words"]
    assert sorted(f.rpartition("/")[2] for f in files) == sorted(f"{n}-r.txt" for n in names)


def until(condition):
    deadline = time.monotonic() + 300
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture(autouse=True)
def ended_servers(tmp_path):
    yield
    manager.stop(tmp_path)
