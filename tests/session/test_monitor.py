"""An execution is over when it is over, and not before."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from snakemake_vip.errors import (
    AuthenticationError,
    ExecutionError,
    OutageError,
    PlatformError,
    UsageError,
)
from snakemake_vip.rest.models import Status
from snakemake_vip.session import download, launch, monitor

LIST = {"method": "GET", "path": r"/rest/executions(\?.*)?$"}
SINGLE = {"method": "GET", "path": r"/rest/executions/workflow-\w+$"}


@pytest.fixture
def launched(quick):
    """A bench whose run is launched and over on VIP."""
    bench = quick.bench()
    launch.launch(bench, 1)
    _await_end(quick.vip)
    return bench


@pytest.fixture
def endless(quick):
    """A bench whose run goes on for minutes."""
    quick.sessions["a"] |= {"pipeline_id": "Slow/1.0"}
    quick.sessions["a"]["input_settings"]["seconds"] = 60
    bench = quick.bench()
    launch.launch(bench, 1)
    return bench


def _await_end(vip):
    until = time.monotonic() + 300
    while any(e["status"] == "Running" for e in vip.executions()):
        assert time.monotonic() < until
        time.sleep(0.02)


def _show(vip, *statuses, times=None):
    """Let the list show these statuses, one at each look."""
    count = len(statuses) if times is None else times
    vip.fault(kind="status", statuses=list(statuses), times=count, **LIST)


@pytest.mark.parametrize("status", ["Ready", "Initializing", "Unknown", "SomethingNew"])
def test_what_is_not_over_is_waited_for(quick, launched, status, events):
    _show(quick.vip, status, status, status)
    quick.vip.forget()
    (one,) = monitor.monitor(launched, 1)
    assert one.status is Status.FINISHED
    looks = [r for r in quick.vip.requests() if r["path"].startswith("/rest/executions")]
    assert len(looks) == 5  # three, the one that finds it finished, and the whole execution


def test_killed_is_believed_after_three_looks_in_a_row(quick, launched):
    """While VIP kills an execution, or loses sight of it, list and execution both flap."""
    statuses = ["Killed", "Killed", "Unknown", "Killed", "Running"]
    quick.vip.fault(
        kind="status", statuses=statuses, times=len(statuses), method="GET", path="/rest/executions"
    )
    (one,) = monitor.monitor(launched, 1)
    assert one.status is Status.FINISHED


def test_killed_in_the_end_is_told_with_what_to_do(quick, endless):
    (one,) = endless.journal.read().of_run(1)
    endless.client.kill(one.execution)
    with pytest.raises(ExecutionError) as told:
        monitor.monitor(endless, 1)
    assert f"{one.execution} (" in told.value.what
    assert "Killed (by you, or by VIP" in told.value.what
    assert "launch a --again" in told.value.remedy


def test_an_execution_that_runs_again_when_it_is_read_is_not_over(quick, launched):
    """The list says finished, the execution itself unknown: its results may not be there yet."""
    quick.vip.fault(kind="status", statuses=["Unknown", "Running"], times=2, **SINGLE)
    (one,) = monitor.monitor(launched, 1)
    assert one.ended.status is Status.FINISHED
    assert one.ended.outputs


@pytest.mark.usefixtures("launched")
def test_what_vip_fills_in_later_is_waited_for(quick, times):
    patient = quick.bench(times=replace(times, settling=300))
    for members in (["returnedFiles"], ["jobs"], ["inputValues", "returnedFiles", "jobs"]):
        quick.vip.fault(kind="untold", members=members, times=2, **SINGLE)
    (one,) = monitor.monitor(patient, 1)
    assert one.ended.outputs
    assert [job.number for job in one.ended.jobs] == [1, 2]


@pytest.mark.parametrize("member", ["returnedFiles", "jobs"])
def test_what_vip_never_fills_in_is_told(quick, launched, member, caplog):
    quick.vip.fault(kind="untold", members=[member], times=0, **SINGLE)
    (one,) = monitor.monitor(launched, 1)
    assert one.status is Status.FINISHED
    what = "results" if member == "returnedFiles" else "jobs"
    assert f"VIP tells nothing of the {what} of {one.execution}" in caplog.text


def test_a_vip_that_tells_of_no_jobs_gives_results_all_the_same(quick, launched):
    quick.vip.fault(kind="untold", members=["jobs"], times=0, **SINGLE)
    assert len(download.download(launched, 1).sources) == 2


def test_an_execution_that_was_deleted_is_told(launched):
    (one,) = launched.journal.read().of_run(1)
    launched.client.delete_execution(one.execution, files=False)
    with pytest.raises(ExecutionError, match="deleted on VIP"):
        monitor.monitor(launched, 1)
    with pytest.raises(ExecutionError, match="deleted on VIP"):
        monitor.monitor(launched, 1)


def test_a_run_without_end_is_told_after_max_wait_and_goes_on(quick, endless):
    quick.sessions["a"]["max_wait"] = 0.3
    with pytest.raises(ExecutionError, match=r"runs for \d+ s; max_wait is 0.3") as told:
        monitor.monitor(quick.bench(), 1)
    assert "cancel a" in told.value.remedy
    assert [e["status"] for e in quick.vip.executions()] == ["Running"]


def test_what_ended_late_is_no_error_of_max_wait(quick, launched):
    quick.sessions["a"]["max_wait"] = 0.001
    assert monitor.monitor(quick.bench(), 1)[0].ended


def test_max_wait_names_only_what_still_runs(quick):
    quick.sessions["a"] |= {
        "pipeline_id": "Slow/1.0",
        "jobs_per_execution": 1,
        "max_wait": 0.2,
        "input_settings": {
            "file": ["s1/in.txt", "s2/in.txt"],
            "label": ["x", "y"],
            "seconds": 30,
        },
    }
    bench = quick.bench()
    first, second = launch.launch(bench, 1)
    bench.client.kill(first.execution)
    bench = quick.bench(times=replace(quick.times, killed_looks=1))
    with pytest.raises(ExecutionError) as told:
        monitor.monitor(bench, 1)
    assert second.execution in told.value.what
    assert first.execution not in told.value.what


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "error", "status": 400, "code": 8000},
        {"kind": "error", "status": 500},
        {"kind": "page", "status": 502},
        {"kind": "reset"},
        {"kind": "truncate", "size": 10},
        {"kind": "page", "status": 200},
    ],
    ids=["refused", "500", "502", "reset", "cut", "page"],
)
def test_a_list_that_fails_for_a_while_is_no_end(quick, launched, fault):
    quick.vip.fault(times=3, method="GET", path="/rest/executions", **fault)
    assert monitor.monitor(launched, 1)[0].status is Status.FINISHED


def test_an_outage_is_waited_out_as_long_as_patience_lasts(quick, endless):
    quick.platform["patience"] = 0.3
    bench = quick.bench()
    quick.vip.fault(kind="page", status=502, times=0)
    with pytest.raises(OutageError, match="HTTP 502"):
        monitor.monitor(bench, 1)


def test_a_refused_key_ends_it_at_once(quick, launched):
    quick.vip.fault(kind="unauthorized", times=0)
    quick.vip.forget()
    with pytest.raises(AuthenticationError):
        monitor.monitor(launched, 1)
    assert len(quick.vip.requests()) == 1


def test_an_execution_that_vip_does_not_know_is_told(quick, launched):
    (one,) = launched.journal.read().of_run(1)
    launched.journal.launched(one.name, "workflow-nosuch")
    with pytest.raises((PlatformError, OutageError)):
        monitor.monitor(launched, 1)


def test_finished_with_failed_jobs_is_an_end(quick):
    quick.write("data/s2/in.txt", "bad\n")
    quick.sessions["a"]["pipeline_id"] = "Picky/1.0"
    bench = quick.bench()
    launch.launch(bench, 1)
    (one,) = monitor.monitor(bench, 1)
    assert [job.exit_code for job in one.ended.failed_jobs] == [50]


def test_a_status_that_get_status_names_is_no_error(quick, endless):
    quick.sessions["a"]["get_status"] = ["Finished", "Killed"]
    (one,) = endless.journal.read().of_run(1)
    endless.client.kill(one.execution)
    assert monitor.monitor(quick.bench(), 1)[0].status is Status.KILLED


def test_an_end_is_looked_at_once(quick, launched):
    monitor.monitor(launched, 1)
    quick.vip.forget()
    monitor.monitor(quick.bench(), 1)
    assert quick.vip.requests() == []


def test_a_run_that_was_not_launched_is_wrong_use(quick):
    with pytest.raises(UsageError, match="a, run 1, is not launched"):
        monitor.monitor(quick.bench(), 1)
