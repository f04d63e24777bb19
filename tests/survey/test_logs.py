"""What jobs wrote, and why they failed."""

from __future__ import annotations

import pytest

from snakemake_vip.errors import OutageError, UsageError
from snakemake_vip.session import launch, monitor
from snakemake_vip.survey import logs


@pytest.fixture
def failed(quick):
    quick.write("data/s2/in.txt", "bad\n")
    quick.sessions["a"]["pipeline_id"] = "Picky/1.0"
    bench = quick.bench()
    launch.launch(bench, 1)
    monitor.monitor(bench, 1)
    return bench


def test_logs_of_failed_jobs_say_where_they_failed(failed):
    (log,) = logs.logs(failed)
    assert (log.run, log.job.number, log.job.exit_code) == (1, 2, 50)
    assert (log.stage, log.meaning) == ("the application", "")
    assert log.inputs == {"file": "s2/in.txt", "label": "y"}
    assert log.stderr.startswith("this is bad\n")


def test_logs_of_the_job_that_is_asked_for(failed):
    (log,) = logs.logs(failed, 1)
    assert (log.job.exit_code, log.stage, log.meaning) == (0, "", "")


def test_a_job_that_there_is_not_is_wrong_use(failed):
    with pytest.raises(UsageError, match="there is no job 3 of a"):
        list(logs.logs(failed, 3))


def test_logs_of_one_run_only(failed):
    assert len(list(logs.logs(failed, run=1))) == 1
    with pytest.raises(UsageError, match="nothing of a, run 2, was launched"):
        list(logs.logs(failed, run=2))


def test_before_the_launch_there_are_no_logs(quick):
    with pytest.raises(UsageError, match="nothing of a was launched"):
        list(logs.logs(quick.bench()))


def test_logs_need_vip(failed, quick):
    quick.vip.fault(kind="page", status=503, times=0)
    with pytest.raises(OutageError):
        list(logs.logs(failed))
