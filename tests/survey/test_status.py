"""How far a study is, from the journals and one look at VIP."""

from __future__ import annotations

import time

import pytest

from snakemake_vip import locks
from snakemake_vip.errors import AuthenticationError, OutageError
from snakemake_vip.session import download, finish, launch, monitor, upload
from snakemake_vip.session.headway import Headway
from snakemake_vip.survey import status


def _look(study):
    return status.status(study.bench().bench)


def _status(study):
    return _look(study).sessions[0]


def _slow(study, seconds=30):
    study.sessions["a"]["pipeline_id"] = "Slow/1.0"
    study.sessions["a"]["input_settings"]["seconds"] = seconds


def test_a_session_from_its_beginning_to_its_end(quick, done):
    assert not _status(quick).uploaded
    upload.upload(quick.bench())
    assert _status(quick).uploaded
    done(quick.bench())
    here = _status(quick)
    assert (here.runs, here.downloaded, here.finished) == (1, 1, False)
    (one,) = here.executions
    assert (one.status, one.seconds, one.jobs) == ("Finished", None, {"COMPLETED": 2})
    finish.finish(quick.bench())
    assert _status(quick).finished
    assert not _status(quick).uploaded


def test_what_runs_is_looked_at(quick):
    _slow(quick)
    (launched,) = launch.launch(quick.bench(), 1)
    quick.vip.forget()
    (one,) = _status(quick).executions
    assert (one.execution, one.status) == (launched.execution, "Running")
    assert _gets(quick.vip) == [f"/rest/executions/{launched.execution}"]
    assert one.seconds >= 0
    assert one.headway.total == 2
    assert time.time() - one.word < 5


def test_what_is_over_is_not_asked_for(quick, done):
    done(quick.bench())
    quick.vip.forget()
    _status(quick)
    assert quick.vip.requests() == []


def test_a_launch_without_an_answer_is_being_launched(quick):
    bench = quick.bench()
    bench.client.launch = _interrupt
    with pytest.raises(KeyboardInterrupt):
        launch.launch(bench, 1)
    (one,) = _status(quick).executions
    assert (one.execution, one.status) == ("", "being launched")


def _interrupt(*_):
    raise KeyboardInterrupt


def test_an_execution_that_was_deleted_has_no_jobs(quick):
    bench = quick.bench()
    (one,) = launch.launch(bench, 1)
    _delete(bench, one)
    (shown,) = _status(quick).executions
    assert (shown.jobs, shown.status, shown.is_over) == ({}, "deleted on VIP", True)


def _delete(bench, one):
    bench.client.kill(one.execution)
    bench.client.delete_execution(one.execution, files=False)


def test_a_run_that_is_downloaded_counts_only_while_it_is_here(quick, done):
    bench = quick.bench()
    done(bench)
    bench.folder.manifest(1).unlink()
    assert _status(quick).downloaded == 0
    download.download(bench, 1)
    assert _status(quick).downloaded == 1


def test_the_results_of_an_earlier_request_are_not_those_of_the_present_one(quick, done):
    done(quick.bench())
    quick.sessions["a"]["input_settings"]["label"] = ["x", "z"]
    launch.launch(quick.bench(), 1)
    assert _status(quick).downloaded == 0


def _gets(vip):
    return [item["path"] for item in vip.requests() if item["path"].startswith("/rest/")]


def test_a_watch_of_one_execution_costs_one_request_a_look(quick):
    _slow(quick)
    (launched,) = launch.launch(quick.bench(), 1)
    watcher = status.Watcher(quick.bench().bench)
    watcher.look()
    quick.vip.forget()
    for _ in range(3):
        (one,) = watcher.look().sessions[0].executions
    assert one.status == "Running"
    assert _gets(quick.vip) == [f"/rest/executions/{launched.execution}"] * 3


def test_a_watch_of_many_costs_one_request_a_look(quick, monkeypatch):
    monkeypatch.setattr(status, "_FRESH", 0.0)
    _slow(quick)
    quick.sessions["a"]["nb_runs"] = 3
    for run in (1, 2, 3):
        launch.launch(quick.bench(), run)
    watcher = status.Watcher(quick.bench().bench)
    watcher.look()
    quick.vip.forget()
    for _ in range(6):
        seen = watcher.look().sessions[0].executions
    assert len(_gets(quick.vip)) == 6
    assert _gets(quick.vip).count("/rest/executions") == 3
    assert len(set(_gets(quick.vip))) == 4
    assert [one.headway.total for one in seen] == [2, 2, 2]


def test_a_watch_of_many_tells_an_end_together_with_its_jobs(quick, monkeypatch):
    monkeypatch.setattr(status, "_FRESH", 0.0)
    _slow(quick)
    quick.sessions["a"]["nb_runs"] = 2
    launched = [one for run in (1, 2) for one in launch.launch(quick.bench(), run)]
    watcher = status.Watcher(quick.bench().bench)
    watcher.look()
    for one in launched:
        quick.bench().client.kill(one.execution)
    quick.vip.forget()
    looks = [watcher.look().sessions[0].executions for _ in range(5)]
    assert len(_gets(quick.vip)) == 5
    assert [one.is_over for one in looks[-1]] == [True, True]
    over = [one for look in looks for one in look if one.is_over]
    assert [one.headway for one in over] == [Headway(failed=2, total=2)] * len(over)


def test_what_begins_under_a_watch_costs_no_second_look_at_the_others(quick):
    _slow(quick)
    quick.sessions["a"]["nb_runs"] = 3
    for run in (1, 2):
        launch.launch(quick.bench(), run)
    watcher = status.Watcher(quick.bench().bench)
    watcher.look()
    launch.launch(quick.bench(), 3)
    quick.vip.forget()
    seen = [watcher.look().sessions[0].executions[-1] for _ in range(2)]
    assert len(_gets(quick.vip)) == 2
    assert [one.status for one in seen] == ["Running", "Running"]
    assert seen[-1].jobs


def test_a_watch_sees_the_end(quick):
    _slow(quick, seconds=0)
    launch.launch(quick.bench(), 1)
    watcher = status.Watcher(quick.bench().bench)
    until = time.monotonic() + 300
    while (standing := watcher.look()).is_moving and time.monotonic() < until:
        time.sleep(0.1)
    (one,) = standing.sessions[0].executions
    assert (one.status, one.seconds) == ("Finished", None)
    assert one.headway == Headway(done=2, total=2)


def test_failed_jobs_are_counted(quick):
    quick.write("data/s2/in.txt", "bad\n")
    quick.sessions["a"]["pipeline_id"] = "Picky/1.0"
    launch.launch(quick.bench(), 1)
    monitor.monitor(quick.bench(), 1)
    (one,) = _status(quick).executions
    assert one.headway == Headway(done=1, failed=1, total=2)


def test_without_vip_the_journals_answer_at_once_and_say_so(quick):
    _slow(quick)
    (launched,) = launch.launch(quick.bench(), 1)
    quick.platform["patience"] = 3600
    quick.vip.fault(kind="page", status=503, times=0)
    began = time.monotonic()
    standing = _look(quick)
    assert time.monotonic() - began < 10
    assert isinstance(standing.trouble, OutageError)
    (one,) = standing.sessions[0].executions
    assert (one.execution, one.is_over) == (launched.execution, False)
    assert one.word <= time.time()


def test_with_a_wrong_key_the_journals_answer_too(quick):
    _slow(quick)
    launch.launch(quick.bench(), 1)
    quick.vip.fault(kind="unauthorized", times=0)
    standing = _look(quick)
    assert isinstance(standing.trouble, AuthenticationError)
    assert len(standing.sessions[0].executions) == 1


def test_what_is_planned_and_not_sent_waits_for_room_while_somebody_launches(quick):
    quick.sessions["a"]["jobs_per_execution"] = 1
    bench = quick.bench()
    bench.client.launch = _interrupt
    with pytest.raises(KeyboardInterrupt):
        launch.launch(bench, 1)
    parts = [(one.part, one.parts, one.status) for one in _status(quick).executions]
    assert parts == [(1, 2, "being launched"), (2, 2, "not launched")]
    with locks.held(bench.folder.lock("launch-1"), "the launch of a, run 1"):
        seen = _status(quick)
    assert [one.status for one in seen.executions] == ["being launched", "waits for room on VIP"]
    (work,) = seen.at_work
    assert work.what == "the launch of a, run 1"
    assert seen.is_moving
    assert not _status(quick).is_moving
