"""One request, one execution: whatever VIP answers, and whoever asks."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest

from snakemake_vip.errors import (
    AuthenticationError,
    ExecutionError,
    OutageError,
    PlatformError,
    TransferError,
)
from snakemake_vip.executions import journal, lookup
from snakemake_vip.executions.claim import Claim
from snakemake_vip.executions.launcher import Launcher
from snakemake_vip.session import download, finish, launch, monitor, upload

POST = {"method": "POST", "path": "/rest/executions"}


def _launch(study, **options):
    return launch.launch(study.bench(**options), 1)


def _posts(study):
    return study.vip.changes().count("POST /rest/executions")


LOST_ANSWERS = {
    "500": {"kind": "error", "when": "after"},
    "502 page": {"kind": "page", "status": 502, "when": "after"},
    "reset": {"kind": "reset", "when": "after"},
    "cut": {"kind": "truncate", "size": 20},
    "8000": {"kind": "error", "status": 400, "code": 8000, "when": "after"},
    "2004": {"kind": "error", "status": 400, "code": 2004, "when": "after"},
    "a page with status 200": {"kind": "page", "status": 200, "when": "after"},
}


@pytest.mark.parametrize("fault", LOST_ANSWERS.values(), ids=LOST_ANSWERS)
def test_an_execution_whose_answer_was_lost_is_found_by_its_name(quick, fault):
    quick.vip.fault(**POST, **fault)
    (one,) = _launch(quick)
    (there,) = quick.vip.executions()
    assert one.execution == there["identifier"]
    assert one.name == there["name"]
    assert _posts(quick) == 1


NO_EFFECT = {
    "500": {"kind": "error", "when": "before"},
    "503 page": {"kind": "page", "status": 503, "when": "before"},
    "reset": {"kind": "reset", "when": "before"},
    "2000": {"kind": "error", "status": 400, "code": 2000},
    "2001": {"kind": "error", "status": 400, "code": 2001},
    "2003": {"kind": "error", "status": 400, "code": 2003},
}


@pytest.mark.parametrize("fault", NO_EFFECT.values(), ids=NO_EFFECT)
def test_a_launch_without_effect_is_repeated_once(quick, fault):
    quick.vip.fault(**POST, **fault)
    (one,) = _launch(quick)
    assert [e["identifier"] for e in quick.vip.executions()] == [one.execution]
    assert _posts(quick) == 2


def test_an_execution_that_shows_late_is_waited_for(quick):
    quick.vip.fault(**POST, kind="reset", when="after")
    bench = quick.bench()
    looks = []
    listed = bench.client.executions

    def late():
        looks.append(time.monotonic())
        return [] if len(looks) < 5 else listed()

    bench.client.executions = late
    launch.launch(bench, 1)
    assert len(quick.vip.executions()) == 1
    assert _posts(quick) == 1


def test_a_launch_that_never_works_ends_with_patience(quick):
    quick.platform["patience"] = 0.5
    quick.vip.fault(**POST, kind="error", when="before", times=0)
    with pytest.raises(OutageError, match="HTTP 500"):
        _launch(quick)
    assert quick.vip.executions() == []
    quick.vip.heal()
    (one,) = _launch(quick)
    assert [e["identifier"] for e in quick.vip.executions()] == [one.execution]


def test_an_unexplained_refusal_is_looked_up_and_then_told(quick, events):
    quick.vip.fault(**POST, kind="error", status=400, code=8000)
    with pytest.raises(PlatformError) as told:
        _launch(quick)
    assert told.value.code == 8000
    assert events(quick.bench())[-1] == "refused"
    assert _posts(quick) == 1
    assert len(_launch(quick)) == 1


def test_a_refusal_with_a_reason_is_told_at_once(quick, times):
    quick.vip.fault(**POST, kind="error", status=400, code=8018)
    begun = time.monotonic()
    with pytest.raises(PlatformError) as told:
        _launch(quick, times=replace(times, refusal=30, settling=30))
    assert told.value.code == 8018
    assert time.monotonic() - begun < 10


def test_a_refused_key_is_told_at_once(quick, times):
    upload.upload(quick.bench())
    quick.vip.fault(kind="unauthorized", times=0, path="/rest/executions")
    begun = time.monotonic()
    with pytest.raises(AuthenticationError):
        _launch(quick, times=replace(times, refusal=30, settling=30))
    assert time.monotonic() - begun < 10
    assert _posts(quick) == 0


def test_without_a_list_nothing_is_launched_blindly(quick):
    quick.platform["patience"] = 0.3
    quick.vip.fault(
        kind="error", status=400, code=8000, method="GET", path="/rest/executions$", times=0
    )
    with pytest.raises(OutageError, match="listing the executions"):
        _launch(quick)
    assert _posts(quick) == 0


def test_a_list_that_is_refused_for_a_while_is_waited_for(quick):
    quick.vip.fault(
        kind="error", status=400, code=8000, method="GET", path="/rest/executions$", times=4
    )
    assert len(_launch(quick)) == 1
    assert len(quick.vip.executions()) == 1


def _interrupted_before_the_answer(study, bench):
    """Make the process end between the intention and the answer."""

    def launched(*_):
        raise KeyboardInterrupt

    bench.journal.launched = launched
    with pytest.raises(KeyboardInterrupt):
        launch.launch(bench, 1)


def test_a_restart_looks_for_what_the_process_before_it_asked_for(quick, events):
    _interrupted_before_the_answer(quick, quick.bench())
    assert events(quick.bench())[-1] == "launching"
    (one,) = _launch(quick)
    assert [e["identifier"] for e in quick.vip.executions()] == [one.execution]
    assert _posts(quick) == 1


def test_a_restart_waits_for_what_vip_does_not_show_yet_however_often_it_was_tried(quick, times):
    """The time that VIP needs counts from the last try, not from the first."""
    bench = quick.bench(times=replace(times, settling=0.8))
    upload.upload(bench)
    bench.client.launch = _raise_interrupt
    with pytest.raises(KeyboardInterrupt):
        launch.launch(bench, 1)
    time.sleep(1)
    again = quick.bench(times=replace(times, settling=0.8))
    again.client.launch = _raise_interrupt
    with pytest.raises(KeyboardInterrupt):
        launch.launch(again, 1)
    begun = time.monotonic()
    _launch(quick, times=replace(times, settling=0.8))
    assert time.monotonic() - begun > 0.5


def _raise_interrupt(*_):
    raise KeyboardInterrupt


def test_a_clock_that_was_set_back_does_not_make_it_wait(quick):
    _interrupted_before_the_answer(quick, quick.bench())
    bench = quick.bench()
    (intent,) = bench.journal.read().open_intents
    ahead = replace(intent, name="never asked for", intended=time.time() + 3600)
    begun = time.monotonic()
    assert not lookup.settle(bench, ahead)
    assert time.monotonic() - begun < 5


def test_another_machine_takes_the_execution_that_is_there(quick):
    (first,) = _launch(quick)
    (second,) = _launch(quick, output_dir="elsewhere")
    assert first.execution == second.execution
    assert _posts(quick) == 1


def test_another_machine_cuts_the_request_as_the_first_one_did(quick):
    quick.sessions["a"]["jobs_per_execution"] = 1
    bench = quick.bench()
    launch.launch(bench, 1)
    quick.sessions["a"]["jobs_per_execution"] = 200
    second = _launch(quick, output_dir="elsewhere")
    assert [one.part for one in second] == [1, 2]
    assert len(quick.vip.executions()) == 2


def test_another_machine_goes_on_where_the_first_one_stopped(quick):
    quick.sessions["a"]["jobs_per_execution"] = 1
    quick.vip.fault(**POST, kind="error", status=400, code=8018, skip=1)
    with pytest.raises(PlatformError):
        _launch(quick)
    second = _launch(quick, output_dir="elsewhere")
    names = {execution["name"] for execution in quick.vip.executions()}
    assert names == {one.name for one in second}
    assert len(quick.vip.executions()) == 2


def _two_machines(study):
    here, there = study.bench(), study.bench(output_dir="elsewhere")
    upload.upload(here)
    upload.upload(there)
    return here, there


def test_of_two_machines_at_the_same_moment_one_launches(quick):
    """Both have looked at the list, and found nothing there."""
    here, there = _two_machines(quick)
    both_have_looked = threading.Barrier(2, timeout=10)
    for bench in (here, there):
        bench.client.upload = _once_after(both_have_looked, bench.client.upload)
    found = _in_threads(lambda: launch.launch(here, 1), lambda: launch.launch(there, 1))
    assert _posts(quick) == 1
    (one,) = quick.vip.executions()
    assert {launched.execution for (launched,) in found} == {one["identifier"]}


def test_of_two_executions_in_spite_of_all_the_younger_gives_way(quick, monkeypatch):
    """As where a platform lets the second write over the claim of the first."""
    here, there = _two_machines(quick)
    both_have_looked = threading.Barrier(2, timeout=10)
    for bench in (here, there):
        bench.client.launch = _once_after(both_have_looked, bench.client.launch)
    monkeypatch.setattr(Claim, "take", lambda _: True)
    found = _in_threads(lambda: launch.launch(here, 1), lambda: launch.launch(there, 1))
    alive = [e for e in quick.vip.executions() if e["status"] != "Killed"]
    assert len(alive) == 1
    assert {one.execution for (one,) in found} == {alive[0]["identifier"]}


def _once_after(barrier, act):
    first = iter([True])

    def wait(*arguments):
        if next(first, False):
            barrier.wait()
        return act(*arguments)

    return wait


def _in_threads(*acts):
    results = []
    threads = [
        threading.Thread(target=lambda act=act: results.append(act()), daemon=True) for act in acts
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(results) == len(acts)
    return results


def test_two_processes_at_once_launch_once(quick):
    first, second = quick.bench(), quick.bench()
    found = _in_threads(lambda: launch.launch(first, 1), lambda: launch.launch(second, 1))
    assert len(quick.vip.executions()) == 1
    assert found[0] == found[1]


def test_a_repeated_launch_sends_nothing(quick):
    first = _launch(quick)
    quick.vip.forget()
    assert _launch(quick) == first
    assert quick.vip.changes() == []


def test_a_launch_brings_the_inputs_that_are_not_there(quick):
    _launch(quick)
    assert "/vip/Home/API/a/INPUTS/s1/in.txt" in quick.vip.listing("/vip/Home/API/a/INPUTS/s1")


def test_another_number_of_jobs_an_execution_launches_nothing_later(quick):
    first = _launch(quick)
    quick.sessions["a"]["jobs_per_execution"] = 1
    assert _launch(quick) == first
    assert _posts(quick) == 1


def test_a_file_that_changes_while_it_is_sent_is_told(quick):
    bench = quick.bench()
    now = launch.wanted(bench, 1)
    quick.write("data/s1/in.txt", "another content\n")
    with pytest.raises(TransferError, match="1 inputs of a changed meanwhile"):
        upload.ensure(quick.bench(), now.contents)


def test_inputs_that_a_clean_up_took_meanwhile_are_sent_again(quick, done):
    """The clean-up of the owner comes between the look at the inputs and the launch."""
    user = {
        "pipeline_id": "Count/1.0",
        "inputs_from": "a",
        "input_settings": {"file": "s1/in.txt", "label": "z"},
    }
    done(quick.bench("a"))
    alone = quick.bench("a")
    quick.sessions["b"] = user
    bench = quick.bench("b")
    now = launch.wanted(bench, 1)
    (one,) = launch._launches(bench, 1, now, launch._plan(bench, 1, now))
    upload.ensure(bench.owner, now.contents)
    finish.finish(alone)
    assert quick.vip.listing("/vip/Home/API/a/INPUTS/s1") == []
    Launcher(bench, one, now.contents).ensure()
    assert quick.vip.listing("/vip/Home/API/a/INPUTS/s1")
    monitor.monitor(bench, 1)


def test_room_counts_what_runs_and_is_waited_for(new_quick):
    study = new_quick(capacity=10)
    study.sessions["a"] |= {"pipeline_id": "Slow/1.0", "nb_runs": 2}
    study.platform["max_executions"] = 1
    launch.launch(study.bench(), 1)
    launch.launch(study.bench(), 2)
    first, second = sorted(study.vip.executions(), key=lambda e: e["startDate"])
    assert first["status"] == "Finished"
    assert "run-2" in second["name"]


def test_a_full_platform_is_waited_for_without_end(new_quick):
    study = new_quick(capacity=1)
    study.sessions["a"] |= {"pipeline_id": "Slow/1.0"}
    study.sessions["a"]["input_settings"]["seconds"] = 1.5
    study.platform["patience"] = 0.1
    for run in (1, 2):
        study.sessions["a"]["nb_runs"] = run
        launch.launch(study.bench(), run)
    assert len(study.vip.executions()) == 2


def test_again_launches_only_what_ended_without_results_under_a_new_name(quick):
    quick.sessions["a"] |= {"pipeline_id": "Picky/1.0", "jobs_per_execution": 1}
    quick.write("data/s2/in.txt", "bad\n")
    bench = quick.bench()
    first = launch.launch(bench, 1)
    with pytest.raises(ExecutionError, match="1 execution"):
        monitor.monitor(bench, 1)
    second = launch.launch(bench, 1, again=True)
    assert second[0].name == first[0].name
    assert second[1].name == f"{first[1].name} attempt-2"
    assert len(quick.vip.executions()) == 3
    with pytest.raises(ExecutionError):
        monitor.monitor(bench, 1)
    third = launch.launch(quick.bench(), 1, again=True)
    assert third[1].name == f"{first[1].name} attempt-3"


def test_again_knows_of_an_end_that_nobody_has_looked_at(quick):
    quick.sessions["a"] |= {"pipeline_id": "Slow/1.0"}
    quick.sessions["a"]["input_settings"]["seconds"] = 30
    bench = quick.bench()
    (one,) = launch.launch(bench, 1)
    bench.client.kill(one.execution)
    (second,) = launch.launch(bench, 1, again=True)
    assert second.execution != one.execution


def test_again_is_refused_where_there_are_results(quick, done):
    bench = quick.bench()
    done(bench)
    with pytest.raises(ExecutionError, match="no execution of a, run 1, has ended without"):
        launch.launch(bench, 1, again=True)
    assert len(quick.vip.executions()) == 1


def test_again_is_refused_while_it_runs(quick):
    quick.sessions["a"] |= {"pipeline_id": "Slow/1.0"}
    bench = quick.bench()
    launch.launch(bench, 1)
    with pytest.raises(ExecutionError, match="has ended without results"):
        launch.launch(bench, 1, again=True)


def test_again_launches_what_lost_its_results(quick, done):
    """Elsewhere they were cleaned up, and here they never were."""
    done(quick.bench())
    finish.finish(quick.bench())
    other = quick.bench(output_dir="elsewhere")
    launch.launch(other, 1)
    with pytest.raises(TransferError, match="VIP no longer has") as told:
        download.download(other, 1)
    assert "launch a --again" in told.value.remedy
    launch.launch(other, 1, again=True)
    assert download.download(other, 1).is_complete
    assert len(quick.vip.executions()) == 2


def test_going_back_to_an_earlier_request_takes_its_execution(quick):
    first = _launch(quick)
    quick.sessions["a"]["input_settings"]["label"] = ["p", "q"]
    _launch(quick)
    quick.sessions["a"]["input_settings"]["label"] = ["x", "y"]
    assert _launch(quick) == first
    assert len(quick.vip.executions()) == 2


def test_a_pipeline_without_a_folder_of_its_launch_gets_one_of_its_request(quick, pipelines):
    bench = quick.bench()
    descriptor = replace(bench.descriptor(), results_suffix="")
    bench.bench._descriptors["Count/1.0"] = descriptor
    (one,) = launch.launch(bench, 1)
    assert one.results == f"/vip/Home/API/a/OUTPUTS/run-1/{one.request[:12]}"


def test_a_full_list_is_told(quick, caplog):
    bench = quick.bench()
    vars(bench.bench)["execution_list_limit"] = 0
    launch.launch(bench, 1)
    assert "VIP lists only your newest 0 executions" in caplog.text


def test_the_journal_stays_small_while_it_waits(new_quick, events):
    """Whole lists of values stand in it once."""
    study = new_quick(capacity=1)
    study.sessions["a"]["input_settings"] = {
        "file": ["s1/in.txt"] * 100,
        "label": [f"label{number}" for number in range(100)],
    }
    study.sessions["a"]["pipeline_id"] = "Slow/1.0"
    study.vip.fault(**POST, kind="error", status=400, code=2001, times=20)
    bench = study.bench()
    launch.launch(bench, 1)
    assert events(bench).count("launching") == 21
    assert bench.folder.journal.read_text().count("label99") == 2


def test_the_journal_is_read_where_it_was_written(quick):
    bench = quick.bench()
    found = launch.launch(bench, 1)
    assert journal.Journal(bench.folder.journal).read().of_run(1) == found
