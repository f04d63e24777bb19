"""A request is cut once, whoever launches it, and whatever he knows."""

from __future__ import annotations

import csv
import json
import re
import shutil
import threading

import pytest

from snakemake_vip.errors import ExecutionError, TransferError
from snakemake_vip.executions import request
from snakemake_vip.executions.state import Launch, Plan
from snakemake_vip.rest.models import Execution, Job, Status
from snakemake_vip.session import cut, finish, launch, upload, views

SIZES = {"a": 9000, "b": 10, "c": 20, "d": 8000, "e": 30, "f": 40}


@pytest.fixture
def long(quick):
    """A study whose list is cut into three: the large files, which stand apart, go together."""
    quick.platform["max_executions"] = 1
    for name, size in SIZES.items():
        quick.write(f"data/{name}.txt", "x" * size)
    quick.sessions["a"] |= {
        "jobs_per_execution": 2,
        "input_settings": {"file": [f"{name}.txt" for name in SIZES], "label": list(SIZES)},
    }
    quick.configure()
    return quick


def labels(launches):
    return [one.values["label"] for one in launches]


def names_on_vip(study):
    return sorted(execution["name"] for execution in study.vip.executions())


def cuts_on_vip(study):
    folder = "/vip/Home/API/a/OUTPUTS/claims"
    return [path for path in study.vip.listing(folder) if "/cut-" in path]


def test_what_is_heavy_goes_together(long):
    launches = launch.launch(long.bench(), 1)
    assert labels(launches) == [("a", "d"), ("e", "f"), ("b", "c")]
    assert all(re.search(r" part-\dof3plan-[0-9a-f]{8}$", one.name) for one in launches)
    assert names_on_vip(long) == sorted(one.name for one in launches)


def test_results_and_the_table_of_jobs_belong_to_their_inputs(long, done):
    bench = long.bench()
    manifest = done(bench)
    views.write_jobs(bench)
    table = list(csv.DictReader(bench.folder.jobs.open(newline=""), dialect="excel-tab"))
    assert len(table) == len(SIZES)
    for row in table:
        inputs = json.loads(row["inputs"])
        (name,) = re.findall(r"/(\w)\.tgz", row["outputs"])
        assert inputs["label"] == name
        assert inputs["file"].endswith(f"/{name}.txt")
    of_file = {file.vip_path: (file.execution, file.job) for file in manifest.files}
    listed = {
        path: (row["execution"], int(row["job"]))
        for row in table
        for path in row["outputs"].split()
    }
    assert of_file == listed
    bytes_of = {
        re.findall(r"/(\w)\.tgz", file.vip_path)[0]: bench.folder.results(1) / file.path
        for file in manifest.files
        if file.path.endswith("bytes.txt")
    }
    assert {name: int(path.read_text()) for name, path in bytes_of.items()} == SIZES


def test_equal_files_are_cut_one_after_the_other(long):
    for name in SIZES:
        long.write(f"data/{name}.txt", f"{name}\n")
    launches = launch.launch(long.bench(), 1)
    assert labels(launches) == [("a", "b"), ("c", "d"), ("e", "f")]
    assert all(" part-" in one.name and one.name.endswith("of3by2") for one in launches)


def test_jobs_that_would_write_one_file_are_not_put_together(long):
    """The two large ones have one label: contiguous, they are in different folders."""
    long.sessions["a"]["input_settings"]["label"] = ["same", "b", "c", "same", "e", "f"]
    launches = launch.launch(long.bench(), 1)
    assert labels(launches) == [("same", "b"), ("c", "same"), ("e", "f")]


def test_a_single_execution_leaves_no_plan(long):
    long.sessions["a"]["jobs_per_execution"] = 6
    launch.launch(long.bench(), 1)
    assert cuts_on_vip(long) == []


def _learn(bench, seconds):
    """Let a journal tell that jobs took so long, each in an execution of its own."""
    values = launch.wanted(bench, 7).request.values
    parts = tuple({n: v[row] for n, v in values.items()} for row in range(len(SIZES)))
    names = {f"old {label}": label for label in SIZES}
    bench.journal.planned(Plan("old", 7, tuple(names), values, parts))
    for part, (name, label) in enumerate(names.items(), 1):
        key = f"workflow-old00{label}"
        one = Launch(name, "old", 7, part, "Count/1.0", "/vip/x", 0, parts[part - 1])
        bench.journal.launching(one)
        bench.journal.launched(name, key)
        job = Job(1, "COMPLETED", 0, "")
        bench.journal.ended(name, Execution(key, name, "Count/1.0", Status.FINISHED, jobs=(job,)))
    events = [json.loads(line) for line in bench.folder.journal.read_text().splitlines()]
    for event in events:
        if event["event"] == "launching":
            event["time"] -= seconds[names[event["name"]]]
    bench.folder.journal.write_text("".join(json.dumps(event) + "\n" for event in events))
    return bench


SLOW = dict.fromkeys(SIZES, 1.0)


def test_run_times_that_the_journal_knows_count_for_more_than_bytes(long):
    bench = _learn(long.bench(), SLOW | {"b": 500.0, "e": 400.0})
    assert labels(launch.launch(bench, 1))[0] == ("b", "e")


def test_machines_that_have_learned_other_run_times_launch_the_same_executions(long):
    first = launch.launch(_learn(long.bench(), SLOW | {"b": 500.0, "e": 400.0}), 1)
    there = _learn(long.bench(output_dir="there"), SLOW | {"c": 500.0, "f": 400.0})
    second = launch.launch(there, 1)
    assert [one.execution for one in first] == [one.execution for one in second]
    assert labels(first) == labels(second)
    assert len(names_on_vip(long)) == 3


def test_at_the_same_moment_too(long):
    """Both have found nothing on VIP, and made a plan of their own."""
    long.platform["max_executions"] = 10
    here = _learn(long.bench(), SLOW | {"b": 500.0, "e": 400.0})
    there = _learn(long.bench(output_dir="there"), SLOW | {"c": 500.0, "f": 400.0})
    for bench in (here, there):
        upload.upload(bench)
    both = threading.Barrier(2, timeout=300)
    leave = cut.Cutter._left
    found = {}

    def left(self, text):
        both.wait()
        return leave(self, text)

    def go(bench, name):
        found[name] = launch.launch(bench, 1)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cut.Cutter, "_left", left)
        threads = [
            threading.Thread(target=go, args=(bench, name))
            for name, bench in (("here", here), ("there", there))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert [one.name for one in found["here"]] == [one.name for one in found["there"]]
    assert labels(found["here"]) == labels(found["there"])
    assert len(names_on_vip(long)) == 3
    assert len(cuts_on_vip(long)) == 1


def test_a_lost_output_folder_is_no_second_launch(long):
    first = launch.launch(_learn(long.bench(), SLOW | {"b": 500.0, "e": 400.0}), 1)
    shutil.rmtree(long.folder / "vip_outputs")
    long.sessions["a"]["jobs_per_execution"] = 3
    second = launch.launch(long.bench(), 1)
    assert [(one.execution, one.values) for one in first] == [
        (one.execution, one.values) for one in second
    ]
    assert len(names_on_vip(long)) == 3


def test_contiguous_executions_of_an_earlier_version_are_found(long):
    """It left no plan."""
    bench = long.bench()
    now = launch.wanted(bench, 1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cut.Cutter, "parts", lambda self: (request.Cut(3, 2), self._contiguous(2)))
        first = launch.launch(bench, 1)
    assert cuts_on_vip(long) == []
    second = launch.launch(long.bench(output_dir="there"), 1)
    assert [one.execution for one in first] == [one.execution for one in second]
    assert second[0].request == now.digest


def test_a_process_that_died_after_leaving_the_plan_is_followed(long):
    here = _learn(long.bench(), SLOW | {"b": 500.0, "e": 400.0})
    now = launch.wanted(here, 1)
    known, _ = cut.Cutter(here, 1, now.request, now.digest).parts()
    there = launch.launch(long.bench(output_dir="there"), 1)
    assert all(one.name.endswith(f"plan-{known.plan}") for one in there)
    assert labels(there)[0] == ("b", "e")


def _forget_cut(study):
    (path,) = cuts_on_vip(study)
    client = study.bench().client
    client.delete_path(path)
    assert client.wait_until_gone(path, 10)


def test_where_the_plan_is_gone_it_is_made_again(long):
    first = launch.launch(long.bench(), 1)
    _forget_cut(long)
    second = launch.launch(long.bench(output_dir="there"), 1)
    assert [one.execution for one in first] == [one.execution for one in second]


def test_where_it_cannot_be_made_again_nothing_is_launched(long):
    launch.launch(_learn(long.bench(), SLOW | {"b": 500.0, "e": 400.0}), 1)
    _forget_cut(long)
    with pytest.raises(ExecutionError, match="not on VIP any more"):
        launch.launch(long.bench(output_dir="there"), 1)
    assert len(names_on_vip(long)) == 3


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"by": 0}',
        '{"by": "2"}',
        '{"lists": ["file", "label"], "rows": [[0, 1], [2, 3]]}',
        '{"lists": ["file", "label"], "rows": [[0, 1], [2, 3], [4, 4]]}',
        '{"lists": ["file", "label"], "rows": [[0, 1, 2], [3, 4, 5], []]}',
        '{"lists": [], "rows": []}',
    ],
)
def test_a_plan_that_is_none_is_told_and_nothing_is_launched(long, text):
    bench = long.bench()
    now = launch.wanted(bench, 1)
    cutter = cut.Cutter(bench, 1, now.request, now.digest)
    assert cutter._left(text) == text
    with pytest.raises(TransferError, match="does not tell how a is to be cut"):
        launch.launch(bench, 1)
    assert names_on_vip(long) == []


@pytest.mark.parametrize(
    "fault", [{"kind": "page", "status": 502}, {"kind": "reset", "when": "after"}]
)
def test_an_outage_while_the_plan_is_left_is_waited_out(long, fault):
    long.vip.fault(**fault, method="PUT", path="/claims/cut", times=1)
    launch.launch(long.bench(), 1)
    assert len(cuts_on_vip(long)) == 1


def test_a_plan_that_vip_stored_short_launches_nothing(long):
    long.vip.fault(kind="short", method="PUT", path="/claims/cut", size=9, times=2)
    with pytest.raises(TransferError, match="does not tell how a is to be cut"):
        launch.launch(long.bench(), 1)
    assert names_on_vip(long) == []


def test_failed_jobs_of_a_packed_plan_are_repaired(long, done, pipelines):
    long.sessions["a"] |= {"pipeline_id": "Flaky/1.0", "repair": 1}
    marks = long.folder / "marks"
    marks.mkdir()
    long.sessions["a"]["input_settings"] |= {
        "label": ["flaky-a", "b", "c", "d", "e", "flaky-f"],
        "marks": str(marks),
        "failures": 1,
    }
    bench = long.bench()
    manifest = done(bench)
    plan = bench.journal.read().plan(1)
    assert len(plan.names) == 5
    repaired = {one.name: one.values["label"] for one in bench.journal.read().of_run(1)[3:]}
    assert sorted(repaired.values()) == ["flaky-a", "flaky-f"]
    assert manifest.is_complete


def test_the_clean_up_takes_the_plan(long, done):
    bench = long.bench()
    done(bench)
    finish.finish(bench)
    assert cuts_on_vip(long) == []
