"""Stopping what runs, and nothing else."""

from __future__ import annotations

import pytest

from snakemake_vip import locks
from snakemake_vip.errors import ExecutionError
from snakemake_vip.session import cancel, launch
from snakemake_vip.session.session import Session


def _slow(study):
    study.sessions["a"]["pipeline_id"] = "Slow/1.0"
    study.sessions["a"]["input_settings"]["seconds"] = 30


def _interrupt(*_):
    raise KeyboardInterrupt


def test_cancel_kills_what_runs_and_nothing_else(quick, done):
    done(quick.bench())
    quick.sessions["a"]["nb_runs"] = 2
    _slow(quick)
    (one,) = launch.launch(quick.bench(), 2)
    assert cancel.running(quick.bench()) == [one.execution]
    assert cancel.cancel(quick.bench()) == [one.execution]
    by_id = {e["identifier"]: e["status"] for e in quick.vip.executions()}
    assert by_id.pop(one.execution) == "Killed"
    assert list(by_id.values()) == ["Finished"]
    assert cancel.cancel(quick.bench()) == []


def test_one_that_cannot_be_killed_does_not_save_the_others(quick):
    quick.sessions["a"]["nb_runs"] = 2
    _slow(quick)
    for run in (1, 2):
        launch.launch(quick.bench(), run)
    quick.vip.fault(kind="error", status=400, method="PUT", path="/kill$")
    with pytest.raises(ExecutionError, match="1 of 2 executions of a may go on"):
        cancel.cancel(quick.bench())
    assert sorted(e["status"] for e in quick.vip.executions()) == ["Killed", "Running"]
    assert len(Session.on(quick.bench()).cancel()) == 1
    assert {e["status"] for e in quick.vip.executions()} == {"Killed"}


def test_cancel_finds_what_was_launched_without_an_answer(quick):
    _slow(quick)
    bench = quick.bench()
    bench.journal.launched = _interrupt
    with pytest.raises(KeyboardInterrupt):
        launch.launch(bench, 1)
    (identifier,) = cancel.cancel(quick.bench())
    assert [e["identifier"] for e in quick.vip.executions()] == [identifier]


def test_who_would_launch_more_is_named(quick):
    bench = quick.bench()
    assert cancel.launching(bench) == []
    with locks.held(bench.folder.lock("launch-1"), "the launch of a, run 1"):
        (told,) = cancel.launching(bench)
    assert told.startswith("the launch of a, run 1 (process ")
