"""Jobs of rules on a VIP that is full, slow, out, or answers late: each once, each with its end."""

from __future__ import annotations

import queue
import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from snakemake_vip.rules.bench import RulesBench
from snakemake_vip.rules.dispatcher import Dispatcher, Manner
from snakemake_vip.rules.job import RuleJob, Target
from snakemake_vip.study.platform import platform
from snakemake_vip.study.times import Times

QUICK = Times(
    settling=0.6,
    refusal=0.3,
    claim=1,
    deletion=5,
    first_look=0.02,
    longest_look=0.1,
    first_pause=0.02,
    longest_pause=0.1,
)
POST = {"method": "POST", "path": "/rest/executions"}
WAIT = 60


@dataclass
class Workflow:
    """A folder with jobs of rules; another `name` is another machine."""

    root: Path
    vip: Any
    settings: dict[str, Any] = field(default_factory=dict)
    name: str = "work"

    def bench(self, times: Times = QUICK) -> RulesBench:
        found = platform(
            {
                "url": self.vip.url,
                "api_key": str(self.vip.key_file),
                "max_executions": 5,
                "refresh_time": 0.1,
                "patience": 3,
                **self.settings,
            }
        )
        return RulesBench(found, self.root / self.name, times=times)

    def file(self, name: str, text: str) -> str:
        path = self.root / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return str(path)

    def job(self, label: str, text: str = "some text\n", **more: Any) -> RuleJob:
        given: dict[str, Any] = {
            "rule": "count",
            "wildcards": {"s": label},
            "pipeline": "Count/1.0",
            "inputs": {"file": self.file(f"{label}.txt", text)},
            "settings": {"label": label},
            "outputs": {"result": Target((str(self.root / "out" / f"{label}.tgz"),))},
            **more,
        }
        return RuleJob(**given)

    def run(self, *jobs: RuleJob, times: Times = QUICK) -> list[Any]:
        """Run jobs to their ends; return the error of each, or none."""
        dispatcher = Dispatcher(self.bench(times), Manner(window=0.1, jobs_per_execution=10))
        ends: list[queue.SimpleQueue[Any]] = [queue.SimpleQueue() for _ in jobs]
        for job, end in zip(jobs, ends, strict=True):
            dispatcher.submit(job, end.put)
        try:
            return [end.get(timeout=WAIT) for end in ends]
        finally:
            dispatcher.stop()

    def here(self) -> set[str]:
        return {path.stem for path in (self.root / "out").glob("*.tgz")}


@pytest.fixture
def work(tmp_path, vip):
    return Workflow(tmp_path, vip)


def test_jobs_end_where_their_rules_want_the_outputs(work):
    assert work.run(work.job("a"), work.job("b", "other\n")) == [None, None]
    assert work.here() == {"a", "b"}
    assert len(work.vip.executions()) == 1


def test_what_jobs_share_is_sent_once(work):
    shared = work.file("licence.txt", "licence\n")
    jobs = [work.job(name, inputs={"file": shared}) for name in "abc"]
    assert work.run(*jobs) == [None] * 3
    assert work.run(work.job("d", inputs={"file": shared})) == [None]
    sent = [path for path in work.vip.changes() if path.endswith("licence.txt")]
    assert len(sent) == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "reset", "when": "after"},
        {"kind": "reset", "when": "before"},
        {"kind": "page", "status": 502, "when": "after"},
        {"kind": "error", "status": 400, "code": 8000, "when": "after"},
        {"kind": "error", "status": 400, "code": 2001, "times": 3},
        {"kind": "error", "status": 400, "code": 2003, "times": 2},
    ],
)
def test_whatever_vip_answers_there_is_one_execution(work, fault):
    work.vip.fault(**POST, **fault)
    assert work.run(work.job("a"), work.job("b")) == [None, None]
    assert len(work.vip.executions()) == 1


def test_a_refusal_ends_the_jobs_of_that_execution_alone(work):
    work.vip.fault(**POST, kind="error", status=400, code=8018)
    first, second = work.run(work.job("a"), work.job("b", pipeline="Slow/1.0"))
    assert "8018" in str(first)
    assert second is None
    assert work.run(work.job("a")) == [None]


def test_a_wrong_key_ends_all_at_once(work):
    work.vip.fault(kind="unauthorized", times=0, path="/rest/executions")
    (error,) = work.run(work.job("a"))
    assert type(error).__name__ == "AuthenticationError"


def test_an_outage_while_it_runs_is_waited_out(work):
    work.vip.fault(kind="page", status=502, method="GET", path="/rest/executions", skip=2, times=6)
    assert work.run(work.job("a"), work.job("b")) == [None, None]
    assert len(work.vip.executions()) == 1


def _heal_once_it_was_found_over(vip):
    """Let VIP tell all after it was asked about an execution that is over, and told nothing."""
    while [e["status"] for e in vip.executions()] != ["Finished"]:
        time.sleep(0.02)
    asked = len(vip.requests())
    while not any("/rest/executions/" in item["path"] for item in vip.requests()[asked:]):
        time.sleep(0.02)
    vip.heal()


def test_what_vip_fills_in_later_is_waited_for(work):
    path = r"/rest/executions/workflow-\w+$"
    work.vip.fault(kind="untold", times=0, method="GET", path=path)
    healing = threading.Thread(target=_heal_once_it_was_found_over, args=(work.vip,), daemon=True)
    healing.start()
    patient = replace(QUICK, settling=WAIT)
    assert work.run(work.job("a"), work.job("b"), times=patient) == [None, None]
    assert work.here() == {"a", "b"}
    healing.join(WAIT)


def test_an_outage_that_lasts_ends_the_jobs_and_not_the_execution(work):
    work.vip.fault(kind="page", status=502, method="GET", path="/rest/executions/workflow", times=0)
    (error,) = work.run(work.job("a", pipeline="Slow/1.0"))
    assert "502" in str(error)
    work.vip.heal()
    assert work.run(work.job("a", pipeline="Slow/1.0")) == [None]
    assert len(work.vip.executions()) == 1


def test_a_mistake_ends_its_job_alone(work):
    good, bad = work.run(work.job("a"), work.job("b", settings={"label": "b", "lable": "x"}))
    assert good is None
    assert "rule count (s=b).params.lable" in str(bad)


def test_an_unknown_pipeline_is_told_with_the_closest(work):
    (error,) = work.run(work.job("a", pipeline="Cuont/1.0"))
    assert "Did you mean 'Count/1.0'" in str(error)


def test_another_machine_finds_what_runs_already(work):
    jobs = [work.job("a", pipeline="Slow/1.0"), work.job("b", pipeline="Slow/1.0")]
    assert work.run(*jobs) == [None, None]
    # Of other jobs there at that time one is new.
    other = replace(work, name="elsewhere")
    assert other.run(jobs[1], work.job("c", pipeline="Slow/1.0")) == [None, None]
    names = sorted(one["name"] for one in work.vip.executions())
    assert [name.split()[1].partition("-")[0] for name in names] == ["jobs", "s"]


def _whole(work):
    return lambda one: work.vip.get(f"executions/{one['identifier']}")


def test_two_processes_with_the_same_jobs_launch_them_once(work):
    jobs = [work.job("a", pipeline="Slow/1.0"), work.job("b", pipeline="Slow/1.0")]
    ends: list[Any] = []
    # Each has put them together in its own way.
    both = (jobs, [*jobs, work.job("c", pipeline="Slow/1.0")])
    threads = [threading.Thread(target=lambda some=s: ends.append(work.run(*some))) for s in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ends, key=len) == [[None] * 2, [None] * 3]
    ran = [one["jobs"] for one in map(_whole(work), work.vip.executions())]
    assert sum(map(len, ran)) == 3


def test_results_that_vip_lost_are_computed_again(work):
    assert work.run(work.job("a")) == [None]
    (execution,) = work.vip.executions()
    whole = work.vip.get(f"executions/{execution['identifier']}")
    (path,) = whole["returnedFiles"]["result"]
    bench = work.bench()
    bench.client.delete_path(path)
    assert bench.client.wait_until_gone(PurePosixPath(path), 10)
    assert work.run(work.job("a")) == [None]
    assert len(work.vip.executions()) == 2


def test_a_failed_attempt_makes_way_for_another_and_both_are_told_apart(work):
    bad = work.job("a", "bad\n", pipeline="Picky/1.0")
    for _ in range(2):
        (error,) = work.run(bad)
        assert "The file is bad." in str(error)
    names = sorted(one["name"] for one in work.vip.executions())
    assert [name[-2:] for name in names] == ["-1", "-2"]
    # Another machine sees the last one fail, and tries once more.
    (error,) = replace(work, name="elsewhere").run(bad)
    assert "The file is bad." in str(error)
    assert len(work.vip.executions()) == 3


def test_the_key_is_not_sent_even_where_a_rule_names_it(work):
    key = work.vip.key_file.read_text()
    (error,) = work.run(work.job("a", f"my key is {key}"))
    assert "is not sent" in str(error)
    assert not [path for path in work.vip.changes() if path.endswith(".txt")]


def test_a_rule_may_allow_what_else_is_refused(work):
    name = work.file("a.ima", "\0" * 128 + "DICM")
    (error,) = work.run(work.job("a", inputs={"file": name}))
    assert "vip_allow='dicom'" in str(error)
    allowed = work.job("a", inputs={"file": name}, allow=frozenset({"dicom"}))
    assert work.run(allowed) == [None]


def test_jobs_that_wait_for_room_go_together_with_those_that_come_later(start_vip, tmp_path):
    work = Workflow(tmp_path, start_vip(capacity=1), {"max_executions": 1})
    dispatcher = Dispatcher(work.bench(), Manner(window=0.05))
    ends: queue.SimpleQueue[Any] = queue.SimpleQueue()
    slow = {"pipeline": "Slow/1.0", "settings": {"label": "z", "seconds": 3}}
    dispatcher.submit(work.job("z", **slow), ends.put)
    ready = threading.Event()
    for name in "abc":
        ready.wait(0.4)  # each comes in a window of its own
        dispatcher.submit(work.job(name), ends.put)
    assert [ends.get(timeout=WAIT) for _ in range(4)] == [None] * 4
    dispatcher.stop()
    assert len(work.vip.executions()) == 2


def test_a_mistake_in_a_rule_is_told_to_be_in_the_rules(work):
    (error,) = work.run(work.job("a", pipeline="Cuont/1.0"))
    assert str(error).startswith("1 mistake in the workflow's rules:")


def test_only_inputs_are_counted_as_sent(work, caplog):
    caplog.set_level("INFO")
    shared = work.file("licence.txt", "licence\n")
    assert work.run(*(work.job(n, inputs={"file": shared}) for n in "ab")) == [None, None]
    records = [one for one in caplog.records if one.name.startswith("snakemake_vip")]
    told = [line for one in records if " sent (" in (line := one.getMessage())]
    assert told == ["VIP: 1 input sent (8 bytes), 0 were there"]


def _until(seen):
    for _ in range(WAIT * 50):
        if found := seen():
            return found
        threading.Event().wait(0.02)
    return pytest.fail("it was not seen within a minute")


def _slow(work, label, seconds):
    return work.job(label, pipeline="Slow/1.0", settings={"label": label, "seconds": seconds})


def test_what_vip_is_asked_for_at_the_end_is_told_and_can_be_stopped(work):
    # The look for the same execution of another machine is a part of the launch.
    work.vip.fault(method="GET", path=r"/rest/executions(\?|$)", kind="slow", seconds=0.5, times=0)
    dispatcher = Dispatcher(work.bench(), Manner(window=0))
    dispatcher.submit(_slow(work, "a", 30), lambda _error: None)
    _until(lambda: "POST /rest/executions" in work.vip.changes())
    dispatcher.stop()
    running = dispatcher.running
    (execution,) = work.vip.executions()
    assert running == [execution["identifier"]]
    assert dispatcher.kill() == [execution["identifier"]]
    assert [one["status"] for one in work.vip.executions()] == ["Killed"]


def test_an_execution_that_is_over_is_not_killed(work):
    dispatcher = Dispatcher(work.bench(replace(QUICK, first_look=WAIT)), Manner(window=0))
    work.settings["refresh_time"] = WAIT
    dispatcher.submit(work.job("a"), lambda _error: None)
    _until(lambda: [one for one in work.vip.executions() if one["status"] == "Finished"])
    dispatcher.stop()
    assert dispatcher.kill() == []
    assert [one["status"] for one in work.vip.executions()] == ["Finished"]


def test_the_log_of_a_rule_has_what_the_job_wrote(work):
    logs = [work.root / "logs" / name for name in ("good.txt", "bad.txt")]
    good = work.job("good", pipeline="Picky/1.0", log=str(logs[0]))
    bad = work.job("bad", "bad\n", pipeline="Picky/1.0", log=str(logs[1]))
    work.run(good, bad)
    assert "--- stdout of job 1\n--- stderr of job 1" in logs[0].read_text()
    assert "--- stderr of job 2\nthis is bad\n" in logs[1].read_text()
    assert "failed on VIP" in logs[1].read_text()


def test_who_waits_for_room_is_told_so_once(work, caplog):
    caplog.set_level("INFO")
    work.vip.fault(**POST, kind="error", status=400, code=2001, times=3)
    assert work.run(work.job("a"), work.job("b")) == [None, None]
    (line,) = [one.getMessage() for one in caplog.records if "waits for room" in one.getMessage()]
    assert line == "VIP: an execution for rule count (s=a) and 1 more waits for room on VIP"


def test_processes_that_look_for_their_jobs_at_once_read_the_list_of_them_whole(work):
    jobs = [work.job(name, pipeline="Slow/1.0") for name in "ab"]
    assert work.run(*jobs) == [None, None]
    other = replace(work, name="elsewhere")
    work.vip.fault(method="GET", path="BATCHES/.*content", kind="slow", seconds=0.5, times=0)
    ends: list[Any] = []
    threads = [threading.Thread(target=lambda one=j: ends.extend(other.run(one))) for j in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ends == [None, None]
    assert len(work.vip.executions()) == 1


def test_a_damaged_list_of_jobs_is_fetched_anew(work):
    jobs = [work.job(name, pipeline="Slow/1.0") for name in "ab"]
    assert work.run(*jobs) == [None, None]
    inside = work.bench().inside
    (path,) = (inside / "members").iterdir()
    path.write_text("[]")
    (inside / "jobs.jsonl").unlink()
    assert work.run(*jobs) == [None, None]
    assert len(work.vip.executions()) == 1
