import json
import signal
import subprocess
import sys

import pytest
from click.testing import CliRunner

from snakemake_vip.cli.sandbox import sandbox
from snakemake_vip.sandbox import manager


@pytest.fixture
def called(tmp_path):
    runner = CliRunner()
    yield lambda command, *more: runner.invoke(
        sandbox, [command, "--folder", str(tmp_path), *map(str, more)]
    )
    manager.stop(tmp_path)


def test_start_prints_where_the_sandbox_is_and_never_the_key(called, tmp_path):
    result = called("start", "--capacity", 2)
    assert result.exit_code == 0
    endpoint = manager.status(tmp_path)
    key_file = tmp_path / ".vip-sandbox" / "key"
    assert result.stdout == f"url: {endpoint.url}\napi_key: {key_file}\n"
    assert endpoint.key not in result.output


def test_start_and_status_speak_json(called, tmp_path):
    started = json.loads(called("start", "--json").stdout)
    assert started == json.loads(called("status", "--json").stdout)
    assert started["url"] == manager.status(tmp_path).url


def test_status_fails_when_nothing_runs(called):
    result = called("status")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "snakemake-vip sandbox start" in result.stderr
    assert json.loads(called("status", "--json").stdout) == {"running": False}


def test_stop_says_what_it_did_on_stderr(called):
    called("start")
    result = called("stop")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "stopped the sandbox" in result.stderr
    assert json.loads(called("stop", "--json").stdout) == {"stopped": False}


def test_options_that_are_not_given_stay(called, tmp_path):
    called("start", "--capacity", 5)
    called("start", "--latency", 0.01)
    options = manager.control(manager.status(tmp_path), "GET", "/control/state")["options"]
    assert (options["capacity"], options["latency"]) == (5, 0.01)


@pytest.mark.parametrize("wrong", [("--capacity", 0), ("--idle", -1), ("--pipelines", "/nowhere")])
def test_wrong_options_are_wrong_use(called, wrong):
    assert called("start", *wrong).exit_code == 2


def test_a_broken_descriptor_is_named(called, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "tool.json").write_text("{")
    for command in ("run", "start"):
        result = called(command, "--pipelines", tmp_path / "mine")
        assert result.exit_code == 1
        assert "tool.json: cannot be read as JSON" in result.stderr


@pytest.mark.parametrize("command", ["start", "run"])
def test_a_missing_extra_is_told_with_the_command_that_installs_it(called, monkeypatch, command):
    monkeypatch.setattr(manager, "find_spec", lambda name: None if name == "starlette" else name)
    result = called(command)
    assert result.exit_code == 1
    assert "not installed (starlette): pip install 'snakemake-vip[sandbox]'" in result.stderr


def test_run_serves_in_the_foreground_until_it_is_interrupted(tmp_path, pipelines):
    program = "from snakemake_vip.cli.sandbox import sandbox; sandbox()"
    options = ["run", "--folder", str(tmp_path), "--pipelines", str(pipelines)]
    process = subprocess.Popen(
        [sys.executable, "-c", program, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    url = process.stdout.readline().removeprefix("url: ").strip()
    endpoint = manager.status(tmp_path)
    assert endpoint.url == url
    assert "Copy/1.0" in str(manager.control(endpoint, "GET", "/rest/pipelines"))
    body = {"name": "x", "pipelineIdentifier": "Exit/1.0", "inputValues": {"code": 7}}
    manager.control(endpoint, "POST", "/rest/executions", body)
    lines = [process.stderr.readline() for _ in range(4)]
    assert "the command ended with exit code 7 (the seventh seal)" in "".join(lines)
    second = CliRunner().invoke(sandbox, options)
    assert (second.exit_code, "runs already" in second.stderr) == (1, True)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    assert "the sandbox has ended" in err
    assert manager.status(tmp_path) is None
