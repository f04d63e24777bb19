"""How far a study is, what its jobs wrote, and how to stop it."""

from __future__ import annotations

import pytest

from snakemake_vip.errors import UsageError
from snakemake_vip.session import download, finish, launch, monitor, status, upload


def _status(study):
    return status.status(study.bench().bench)[0]


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
    (one,) = _status(quick).executions
    assert (one.execution, one.status) == (launched.execution, "Running")
    assert one.seconds >= 0


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
    assert shown.jobs == {}


def _delete(bench, one):
    bench.client.kill(one.execution)
    bench.client.delete_execution(one.execution, files=False)


@pytest.fixture
def failed(quick):
    quick.write("data/s2/in.txt", "bad\n")
    quick.sessions["a"]["pipeline_id"] = "Picky/1.0"
    bench = quick.bench()
    launch.launch(bench, 1)
    monitor.monitor(bench, 1)
    return bench


def test_logs_of_failed_jobs_or_of_the_one_that_is_asked_for(failed):
    (log,) = status.logs(failed)
    assert log.job.number == 2
    assert log.stderr.startswith("this is bad\n")
    (first,) = status.logs(failed, 1)
    assert first.job.exit_code == 0


def test_a_job_that_there_is_not_is_wrong_use(failed):
    with pytest.raises(UsageError, match="there is no job 3 of a"):
        list(status.logs(failed, 3))


def test_cancel_kills_what_runs_and_nothing_else(quick, done):
    done(quick.bench())
    quick.sessions["a"]["nb_runs"] = 2
    _slow(quick)
    (one,) = launch.launch(quick.bench(), 2)
    assert status.cancel(quick.bench()) == [one.execution]
    by_id = {e["identifier"]: e["status"] for e in quick.vip.executions()}
    assert by_id.pop(one.execution) == "Killed"
    assert list(by_id.values()) == ["Finished"]
    assert status.cancel(quick.bench()) == []


def test_cancel_finds_what_was_launched_without_an_answer(quick):
    _slow(quick)
    bench = quick.bench()
    bench.journal.launched = _interrupt
    with pytest.raises(KeyboardInterrupt):
        launch.launch(bench, 1)
    (identifier,) = status.cancel(quick.bench())
    assert [e["identifier"] for e in quick.vip.executions()] == [identifier]


def test_a_run_that_is_downloaded_counts_only_while_it_is_here(quick, done):
    bench = quick.bench()
    done(bench)
    bench.folder.manifest(1).unlink()
    assert _status(quick).downloaded == 0
    download.download(bench, 1)
    assert _status(quick).downloaded == 1
