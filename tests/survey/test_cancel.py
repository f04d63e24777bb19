"""Stopping what runs, and nothing else."""

from __future__ import annotations

import pytest

from snakemake_vip import locks
from snakemake_vip.api import Session
from snakemake_vip.errors import ExecutionError
from snakemake_vip.session import launch
from snakemake_vip.survey import cancel


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
    assert list(cancel.cancel(quick.bench())) == [one.execution]
    by_id = {e["identifier"]: e["status"] for e in quick.vip.executions()}
    assert by_id.pop(one.execution) == "Killed"
    assert list(by_id.values()) == ["Finished"]
    assert list(cancel.cancel(quick.bench())) == []


def test_cancel_finds_what_was_launched_without_an_answer(quick):
    _slow(quick)
    bench = quick.bench()
    bench.journal.launched = _interrupt
    with pytest.raises(KeyboardInterrupt):
        launch.launch(bench, 1)
    (identifier,) = cancel.cancel(quick.bench())
    assert [e["identifier"] for e in quick.vip.executions()] == [identifier]


def test_one_that_vip_does_not_kill_saves_no_other(quick):
    _slow(quick)
    quick.sessions["a"]["jobs_per_execution"] = 1
    one, two = launch.launch(quick.bench(), 1)
    first, second = sorted([one.execution, two.execution])
    quick.vip.fault(kind="error", status=400, path=f"{first}/kill")
    killing = cancel.cancel(quick.bench())
    assert next(killing) == second
    goes_on = f"1 of 2 executions of a may go on:\n  killing {first}"
    with pytest.raises(ExecutionError, match=goes_on):
        next(killing)
    assert cancel.running(quick.bench()) == [first]
    quick.vip.heal()
    assert Session.on(quick.bench()).cancel() == [first]


def test_who_would_launch_more_is_named(quick):
    bench = quick.bench()
    assert cancel.launching(bench) == []
    with locks.held(bench.folder.lock("launch-1"), "the launch of a, run 1"):
        (told,) = cancel.launching(bench)
    assert told.startswith("the launch of a, run 1 (process ")
