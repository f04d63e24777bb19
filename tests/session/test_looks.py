"""However many watch, VIP is asked once a look."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snakemake_vip import locks
from snakemake_vip.errors import AuthenticationError, OutageError
from snakemake_vip.rest.models import Execution, Status
from snakemake_vip.session import launch, looks, monitor
from snakemake_vip.session.looks import Answer, Look, Looks, Wish

URL = "https://vip.example"
ONE = {"w-1": Execution("w-1", "a", "p/1", Status.RUNNING)}
ANSWER = Answer(URL, asked=100, answered=101, executions=ONE)
WISH = Wish(URL, ["w-1"], since=90, oldest=99)
LIST = {"method": "GET", "path": r"/rest/executions(\?.*)?$"}


def asked_for(vip) -> list[str]:
    return [r["path"] for r in vip.requests() if r["path"].startswith("/rest/executions")]


def test_a_young_answer_serves():
    assert WISH.is_met(ANSWER, began=102, now=103)


@pytest.mark.parametrize(
    ("wish", "answer"),
    [
        (WISH, None),
        (WISH, replace(ANSWER, url="https://other.example")),
        (WISH, replace(ANSWER, asked=99)),
        (WISH, replace(ANSWER, asked=104)),
        (replace(WISH, since=101, executions=["w-1", "w-2"]), ANSWER),
        (WISH, replace(ANSWER, outage=("away", ""))),
    ],
    ids=["none", "another platform", "too old", "another clock", "from before", "earlier outage"],
)
def test_an_answer_that_does_not_serve(wish, answer):
    assert not wish.is_met(answer, began=102, now=103)


def test_an_answer_from_before_serves_whoever_is_in_it():
    assert replace(WISH, since=101).is_met(ANSWER, began=102, now=103)


def test_a_refused_list_and_an_outage_of_now_need_not_be_met_again():
    assert WISH.is_met(replace(ANSWER, executions=None), began=102, now=103)
    assert WISH.is_met(replace(ANSWER, outage=("away", "")), began=100.5, now=103)


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0, 1e6))
def test_no_answer_serves_that_was_asked_too_early_or_in_the_future(asked, oldest, now):
    answer = replace(ANSWER, asked=asked, answered=asked)
    if replace(WISH, oldest=oldest, since=0).is_met(answer, began=now, now=now):
        assert oldest < asked <= now


@pytest.fixture
def running(quick):
    """A study with one execution that goes on, and the identifier of that."""
    quick.sessions["a"] |= {"pipeline_id": "Slow/1.0"}
    quick.sessions["a"]["input_settings"]["seconds"] = 60
    bench = quick.bench()
    (one,) = launch.launch(bench, 1)
    quick.vip.forget()
    return quick, one.execution


def new(study) -> Looks:
    """Return the looks of what might be another process."""
    return Looks(study.bench().bench)


def together(act, count):
    """Call `act` in threads, all at one moment; return what came of it."""
    start, found = threading.Barrier(count), []

    def one():
        start.wait()
        try:
            found.append(act())
        except OutageError as error:
            found.append(error)

    threads = [threading.Thread(target=one) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return found


def test_who_looks_leaves_the_answer_to_the_others(running):
    study, key = running
    first = new(study).look([key], 0, 0)
    second = new(study).look([key], 0, 0)
    assert first == second
    assert second.seen[key].status is Status.RUNNING
    assert len(asked_for(study.vip)) == 1


def test_many_at_one_moment_ask_once(running):
    study, key = running
    began = time.time()
    benches = [new(study) for _ in range(6)]
    found = together(lambda: benches.pop().look([key], began, began), 6)
    assert {look.asked for look in found} == {found[0].asked}
    assert len(asked_for(study.vip)) == 1


def test_what_was_seen_before_is_not_taken_for_a_new_look(running):
    study, key = running
    first = new(study).look([key], 0, 0)
    second = new(study).look([key], 0, first.asked)
    assert second.asked > first.asked
    assert len(asked_for(study.vip)) == 2


def test_the_key_is_in_no_answer_that_is_left(running):
    study, key = running
    new(study).look([key], 0, 0)
    for path in (study.folder / "vip_outputs/.vip").rglob("look*"):
        assert study.vip.endpoint.key not in path.read_text()


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"url": 1}', '{"executions": [[1]]}'])
def test_an_answer_that_cannot_be_read_is_none(running, text):
    study, key = running
    study.write("vip_outputs/.vip/look.json", text)
    assert new(study).look([key], 0, 0).seen[key].identifier == key


def test_who_dies_while_looking_does_not_stop_the_others(running):
    study, key = running
    lock = study.bench().bench.lock("look")
    code = (
        "import sys, time, pathlib; from snakemake_vip import locks\n"
        "with locks.free(pathlib.Path(sys.argv[1])) as held:\n"
        "    print(held, flush=True); time.sleep(60)"
    )
    holder = subprocess.Popen([sys.executable, "-c", code, str(lock)], stdout=subprocess.PIPE)
    try:
        assert holder.stdout.readline() == b"True\n"
        timer = threading.Timer(0.3, holder.kill)
        timer.start()
        assert new(study).look([key], 0, 0).seen[key]
        timer.join()
    finally:
        holder.kill()
        holder.wait(10)
        holder.stdout.close()


def test_who_was_stopped_while_looking_is_not_waited_for_without_end(running, monkeypatch):
    study, key = running
    monkeypatch.setattr(looks, "_HELD_UP", 0.2)
    with locks.free(study.bench().bench.lock("look")) as is_held:
        assert is_held
        assert new(study).look([key], 0, 0).seen[key]


def test_a_lock_that_another_has_is_not_free(tmp_path):
    with (
        locks.free(tmp_path / "a" / "lock") as first,
        locks.free(tmp_path / "a" / "lock") as second,
    ):
        assert (first, second) == (True, False)
    with locks.free(tmp_path / "a" / "lock") as third:
        assert third


def test_an_outage_is_met_by_one_for_all(running):
    study, key = running
    study.platform["patience"] = 0
    study.vip.fault(kind="page", status=502, times=0, **LIST)
    study.vip.set(latency=0.3)
    study.vip.forget()
    benches = [new(study) for _ in range(5)]
    found = together(lambda: benches.pop().look([key], 0, 0), 5)
    assert [type(error) for error in found] == [OutageError] * 5
    # Each tries once more when its patience, of no time, is over.
    assert len(asked_for(study.vip)) <= 3


def test_an_outage_of_a_moment_is_waited_out(running):
    study, key = running
    study.vip.fault(kind="page", status=502, times=3, **LIST)
    assert new(study).look([key], 0, 0).seen[key]


def test_a_refused_list_is_refused_once_for_all(running):
    study, key = running
    study.vip.fault(kind="error", status=400, code=8000, times=0, **LIST)
    study.vip.forget()
    for _ in range(3):
        assert new(study).look([key], 0, 0).seen[key].identifier == key
    assert sorted(asked_for(study.vip)) == ["/rest/executions", *[f"/rest/executions/{key}"] * 3]


def test_a_refused_key_is_nobody_elses(running):
    study, key = running
    study.vip.fault(kind="unauthorized")
    with pytest.raises(AuthenticationError):
        new(study).look([key], 0, 0)
    assert new(study).look([key], 0, 0).seen[key]


def test_what_vip_does_not_list_is_asked_for_itself(running):
    study, key = running
    new(study).look([key], 0, 0)
    study.bench().client.kill(key)
    study.bench().client.delete_execution(key, files=True)
    look = new(study).look([key], time.time(), time.time())
    assert look.seen == {key: None}


def test_the_wait_ends_with_the_look_of_another(running):
    study, key = running
    mine = new(study)
    look = mine.look([key], 0, 0)
    timer = threading.Timer(0.2, lambda: new(study).look([key], 0, look.asked))
    began = time.monotonic()
    timer.start()
    mine.wait(look, 20)
    timer.join()
    assert time.monotonic() - began < 10
    assert (
        json.loads((study.folder / "vip_outputs/.vip/look.json").read_text())["asked"] > look.asked
    )


def test_the_wait_ends_in_time_where_nobody_looks(running):
    study, _ = running
    began = time.monotonic()
    new(study).wait(Look(time.time(), {}), 0.2)
    assert 0.15 < time.monotonic() - began < 5


def test_the_sessions_of_a_study_are_watched_with_the_requests_of_one(quick):
    """Each in a process of its own, as the rules run them."""
    quick.platform |= {"refresh_time": 2}
    for name in "bcde":
        quick.sessions[name] = dict(quick.sessions["a"], vip_output_dir=f"/vip/Home/{name}")
        quick.sessions[name] |= {
            "input_settings": {"file": "s1/in.txt", "label": name, "seconds": 4}
        }
        quick.sessions[name]["pipeline_id"] = "Slow/1.0"
    quick.configure()
    for name in "bcde":
        launch.launch(quick.bench(name), 1)
    quick.vip.forget()
    processes = [quick.start("snakemake-vip", "monitor", name) for name in "bcde"]
    for process in processes:
        printed, _ = process.communicate(timeout=300)
        assert process.returncode == 0, printed
    found = asked_for(quick.vip)
    # Looks half a second apart at most for the four seconds; and the end of each in full.
    assert sum(path == "/rest/executions" for path in found) <= 14
    assert sum(path != "/rest/executions" for path in found) == 4


def test_killed_is_not_believed_the_sooner_because_others_look_often(quick):
    """What flaps within a moment says the same to all."""
    quick.platform |= {"refresh_time": 30}
    bench = quick.bench()
    (one,) = launch.launch(bench, 1)
    watching = monitor._Watch(bench, 1)
    seen = [watching._is_settled(one, Status.KILLED, 1000.0 + step) for step in (0, 1, 2, 30, 31)]
    assert seen == [False] * 5
    assert watching._is_settled(one, Status.KILLED, 1060.0)


def test_a_clock_that_was_set_back_stops_no_watch(quick, monkeypatch):
    bench = quick.bench()
    launch.launch(bench, 1)
    ahead = iter([3600.0] * 6)
    now = time.time
    monkeypatch.setattr(monitor.time, "time", lambda: now() + next(ahead, 0.0))
    began = time.monotonic()
    (one,) = monitor.monitor(bench, 1)
    assert one.status is Status.FINISHED
    assert time.monotonic() - began < 20
