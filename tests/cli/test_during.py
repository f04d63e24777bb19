"""What a user sees while a study is under way."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time

import pytest


def _slow(study, seconds, **more):
    study.sessions["a"]["pipeline_id"] = "Slow/1.0"
    study.sessions["a"]["input_settings"]["seconds"] = seconds
    study.sessions["a"] |= more
    study.configure()


def test_status_of_a_full_platform_says_what_waits_and_watch_ends_with_the_study(study):
    _slow(study, 3, jobs_per_execution=1)
    # The second launch meets a full platform until it is healed.
    study.vip.fault(
        kind="error", status=400, code=2001, method="POST", path="/executions$", skip=1, times=0
    )
    launch = study.start("snakemake-vip", "launch", "a")
    until = time.monotonic() + 300
    while "waits for room" not in (printed := study.cli("status")) and time.monotonic() < until:
        time.sleep(0.2)
    head, work, first, counts, second, none = printed.splitlines()
    assert head == "a: Slow/1.0, inputs on VIP, 0 of 1 run here"
    assert re.fullmatch(
        r"  the launch of a, run 1: under way for \d+ s \(process \d+ on .*\)", work
    )
    assert re.fullmatch(r"  run 1, 1 of 2: workflow-\w+ (Running for \d+ s|Finished)", first)
    assert re.fullmatch(r"    (0 of 1 job done, 1 (running|queued)|1 of 1 job done)", counts)
    assert second == "  run 1, 2 of 2: waits for room on VIP"
    assert none == "    0 of 1 job done, 1 queued"
    watch = study.start("snakemake-vip", "status", "--watch")
    study.vip.heal()
    launch.communicate(timeout=300)
    study.cli("download", "a")
    lines = watch.communicate(timeout=300)[0].splitlines()
    assert watch.returncode == 0
    assert lines[-1] == "All results are here."
    assert re.fullmatch(r"[\d:]{8} a: 1 of 1 run here", lines[-2])
    assert any("2 of 2 jobs done (VIP: 2 Finished)" in line for line in lines)


def test_watch_writes_a_look_a_line_for_programs(study):
    study.cli("launch", "a")
    study.cli("download", "a")
    (look,) = study.cli("status", "--watch", "--json").splitlines()
    (session,) = json.loads(look)
    assert session["downloaded"] == 1
    assert session["executions"][0]["headway"]["done"] == 2


def test_watch_ends_with_ctrl_c_and_the_study_goes_on(study):
    _slow(study, 60)
    study.cli("launch", "a")
    watch = study.start("snakemake-vip", "status", "--watch", stderr=subprocess.STDOUT)
    line = watch.stdout.readline()
    assert " a run 1: 0 of 2 jobs done" in line
    watch.send_signal(signal.SIGINT)
    watch.communicate(timeout=300)
    assert watch.returncode == 130
    study.cli("cancel", "a")


def test_a_terminal_is_refreshed_in_place(study):
    study.cli("launch", "a")
    study.cli("download", "a")
    printed = _at_a_terminal(study, "status", "--watch")
    assert "a: Count/1.0, inputs on VIP, 1 of 1 run here" in printed
    assert "Ctrl-C ends the watch" in printed
    assert "All results are here." in printed


def test_without_vip_the_journals_answer(study):
    _slow(study, 60)
    study.cli("launch", "a")
    study.vip.fault(kind="page", status=503, times=0)
    printed = study.cli("status")
    assert "This is what the journals know: VIP could not be asked." in printed
    assert "Warning: " in printed
    assert re.search(r"  run 1: workflow-\w+ launched \d+ s ago.*\n    2 jobs\n", printed)
    study.vip.heal()
    study.cli("cancel", "a")


@pytest.mark.parametrize("command", [["status"], ["status", "--watch"]])
def test_a_wrong_key_is_told_after_what_the_journals_know(study, command):
    _slow(study, 60)
    study.cli("launch", "a")
    study.platform["api_key"] = str(study.write("wrong.txt", "nokey"))
    study.configure()
    printed = study.cli(*command, code=1)
    assert "run 1" in printed
    assert "401" in printed or "key" in printed.splitlines()[-1]
    assert "nokey" not in printed


def _at_a_terminal(study, *command, answer=""):
    """Run a command with a terminal for its input and output; return what it showed."""
    outer, inner = os.openpty()
    environment = study.environment() | {"TERM": "xterm"}
    process = subprocess.Popen(
        ["snakemake-vip", *command],
        cwd=study.folder,
        env=environment,
        stdin=inner,
        stdout=inner,
        stderr=inner,
    )
    os.close(inner)
    os.write(outer, answer.encode())
    shown = b""
    try:
        while piece := os.read(outer, 4096):
            shown += piece
    except OSError:
        pass  # the terminal of a process that has ended
    os.close(outer)
    process.wait(timeout=300)
    return shown.decode()


def test_cancel_asks_at_a_terminal_and_nowhere_else(study):
    _slow(study, 60)
    study.cli("launch", "a")
    (execution,) = (e["identifier"] for e in study.vip.executions())
    asked = f"Kill 1 execution of a ({execution})? [y/N]: "
    assert asked in _at_a_terminal(study, "cancel", "a", answer="n\n")
    assert [e["status"] for e in study.vip.executions()] == ["Running"]
    printed = _at_a_terminal(study, "cancel", "a", answer="y\n")
    assert f"killed: {execution}" in printed
    assert "no running execution of a" in _at_a_terminal(study, "cancel", "a", "--yes")


def test_logs_of_a_failed_job_say_where_it_failed(study):
    study.write("data/s2/in.txt", "bad news\n")
    study.sessions["a"]["pipeline_id"] = "Picky/1.0"
    study.configure()
    study.cli("launch", "a")
    study.cli("monitor", "a")
    lines = study.cli("logs", "a", "--lines", "1").splitlines()
    assert re.fullmatch(r"== run 1, workflow-\w+, job 2: ERROR", lines[0])
    assert lines[1:3] == ["   file: s2/in.txt", "   label: y"]
    assert lines[3].startswith("   exit code 50: ")
    assert lines[4] == "   failed in the application"
    assert any(re.fullmatch(r"-- stderr, the last 1 of \d+ lines", line) for line in lines)
    assert "nothing of a, run 2, was launched" in study.cli("logs", "a", "--run", "2", code=2)
