"""A workflow with VIP rules is killed at some instant; the same command goes on."""

from __future__ import annotations

import contextlib
import os
import signal
import time

import pytest

from snakemake_vip import assets

SNAKEFILE = """
import snakemake_vip

configfile: "config/config.yaml"

rule all:
    input: expand("counted/{s}.tgz", s=list("abc"))

rule count:
    input: file="data/{s}.txt"
    output: result="counted/{s}.tgz"
    params: vip_pipeline="Slow/1.0", label="{s}", seconds=1
    wrapper: snakemake_vip.wrapper("execute")
"""
FOLDER = "/rest/path/vip/Home/snakemake-vip"
INSTANTS = {
    "first input": ("PUT", f"{FOLDER}/INPUTS/", 1),
    "last input": ("PUT", ".txt", 3),
    "list of jobs": ("PUT", f"{FOLDER}/BATCHES/", 1),
    "claim": ("PUT", f"{FOLDER}/CLAIMS/", 1),
    "launch": ("POST", "/rest/executions", 1),
    "look": ("GET", "/rest/executions/", 2),
    "results": ("GET", f"{FOLDER}/OUTPUTS/", 1),
}
CASES = [(instant, signal.SIGKILL) for instant in INSTANTS]
CASES += [(instant, signal.SIGINT) for instant in ("first input", "look", "results")]


def _command():
    return ["snakemake", "--profile", assets.profile("vip"), "--cores", "2"]


def _await(vip, method, path, count):
    until = time.monotonic() + 300
    while time.monotonic() < until:
        if sum(i["method"] == method and path in i["path"] for i in vip.requests()) >= count:
            return
        time.sleep(0.02)
    pytest.fail(f"no {method} {path} within a minute and a half")


@pytest.fixture
def workflow(start_vip, new_study):
    study = new_study(start_vip(transfer_delay=0.3))
    study.sessions.clear()
    study.configure()
    study.write("Snakefile", SNAKEFILE)
    for name in "abc":
        study.write(f"data/{name}.txt", f"{name}\n")
    return study


@pytest.mark.slow
@pytest.mark.parametrize(("instant", "number"), CASES)
def test_no_execution_is_launched_twice_whenever_it_is_killed(workflow, instant, number):
    process = workflow.start(*_command(), start_new_session=True)
    try:
        _await(workflow.vip, *INSTANTS[instant])
        os.killpg(process.pid, number)
        printed, _ = process.communicate(timeout=300)
        if number == signal.SIGINT and instant == "look":
            assert "Left running on VIP: workflow-" in printed
        workflow.run(*_command())
        for name in "abc":
            assert (workflow.folder / f"counted/{name}.tgz").stat().st_size > 0
        assert len(workflow.vip.executions()) == 1
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@pytest.mark.slow
def test_ctrl_c_stops_the_executions_where_that_is_asked_for(workflow):
    text = (workflow.folder / "Snakefile").read_text()
    workflow.write("Snakefile", text.replace("seconds=1", "seconds=30"))
    process = workflow.start(*_command(), "--vip-cancel-on-interrupt", start_new_session=True)
    try:
        _await(workflow.vip, *INSTANTS["look"])
        os.killpg(process.pid, signal.SIGINT)
        printed, _ = process.communicate(timeout=300)
        assert "Stopped on VIP: workflow-" in printed
        assert [one["status"] for one in workflow.vip.executions()] == ["Killed"]
        workflow.write("Snakefile", text)
        workflow.run(*_command())
        assert len(workflow.vip.executions()) == 2
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
