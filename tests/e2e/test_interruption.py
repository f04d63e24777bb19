"""Snakemake is killed in the middle of a phase; the same command again ends as if nothing was."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections import Counter

import pytest

FILES = 6
PHASES = {
    "upload": ("PUT", "/rest/path/vip/Home/API/a/INPUTS/f"),
    "run": ("POST", "/rest/executions"),
    "download": ("GET", "/OUTPUTS/run-1/"),
}
KILLS = {
    "ctrl-c": (signal.SIGINT, True),
    "sigterm": (signal.SIGTERM, False),
    "sigkill": (signal.SIGKILL, False),
    "sigkill of all": (signal.SIGKILL, True),
}


@pytest.fixture
def slow_study(start_vip, new_study):
    study = new_study(start_vip(transfer_delay=0.4))
    for number in range(FILES):
        study.write(f"data/f{number}.txt", f"{number}\n" * (number + 1))
    study.sessions["a"] |= {
        "pipeline_id": "Slow/1.0",
        "input_settings": {
            "file": [f"f{number}.txt" for number in range(FILES)],
            "label": [f"l{number}" for number in range(FILES)],
            "seconds": 0.3,
        },
    }
    study.platform["max_transfers"] = 2
    study.configure()
    return study


def _await(vip, method, path):
    until = time.monotonic() + 300
    while time.monotonic() < until:
        log = vip.requests()
        if any(item["method"] == method and path in item["path"] for item in log):
            return
        time.sleep(0.02)
    pytest.fail(f"no {method} {path} within five minutes")


@pytest.mark.slow
@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("kill", KILLS)
def test_the_same_command_goes_on_after_a_kill(slow_study, phase, kill):
    number, whole_group = KILLS[kill]
    process = slow_study.start(*slow_study.snakemake_command(), start_new_session=True)
    try:
        _await(slow_study.vip, *PHASES[phase])
        (os.killpg if whole_group else os.kill)(process.pid, number)
        process.wait(timeout=300)
        slow_study.snakemake()
        for index in range(FILES):
            kept = slow_study.text(f"a/run-1/l{index}.tgz/out/copy")
            assert kept == f"{index}\n" * (index + 1)
        assert len(slow_study.vip.executions()) == 1
        assert not _sent_twice(slow_study.vip)
        assert slow_study.json("a/session_data.json")["workflows"]
        assert "Nothing to be done" in slow_study.snakemake()
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def _sent_twice(vip):
    created = 201
    sent = Counter(
        item["path"]
        for item in vip.requests()
        if item["method"] == "PUT" and item["status"] == created and item["path"].endswith(".txt")
    )
    return [path for path, count in sent.items() if count > 1]


MANY = """
rule all:
    input: expand("{n}.txt", n=range(40))

rule wait:
    output: "{n}.txt"
    threads: 0
    localrule: True
    shell: "echo {wildcards.n} >> begun; sleep 600"
"""


def test_what_waits_for_its_turn_does_not_begin_after_ctrl_c(new_study, vip):
    study = new_study(vip)
    snakefile, begun = study.write("Snakefile", MANY), study.folder / "begun"
    command = ["snakemake", "-s", str(snakefile), "--executor", "vip", "--cores", "1"]
    process = study.start(*command, start_new_session=True)
    try:
        until = time.monotonic() + 60
        while not begun.exists() or len(begun.read_text().split()) < 6:
            assert time.monotonic() < until, "not all that could begin has begun"
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)
        printed, _ = process.communicate(timeout=60)
        assert len(begun.read_text().split()) == 6
        assert "Traceback" not in printed
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
