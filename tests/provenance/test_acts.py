"""What the pipeline did in one execution."""

from __future__ import annotations

from dataclasses import replace

from snakemake_vip.executions.state import Launch
from snakemake_vip.pipelines.descriptor import Descriptor
from snakemake_vip.provenance import acts
from snakemake_vip.rest.models import Execution, Job, Status
from snakemake_vip.session.manifest import ResultFile

DOCUMENT = {
    "inputs": [
        {"id": "file", "type": "File", "value-key": "[F]"},
        {"id": "label", "type": "String", "value-key": "[L]"},
        {"id": "times", "type": "Number", "optional": True, "default-value": 3},
    ],
    "output-files": [{"id": "out", "path-template": "[L].txt"}],
    "custom": {"vip:dot": ["file", "label"]},
    "error-codes": [{"code": 7, "description": "The file is bad."}],
}
DESCRIPTOR = Descriptor.from_boutiques("P/1", DOCUMENT)
CROSSED = replace(DESCRIPTOR, zipped=())
VALUES = {"file": ("/vip/a", "/vip/b"), "label": ("x", "y")}
OUTPUTS = {"out": ("/vip/out/x.txt", "/vip/out/y.txt")}
GOOD = Job(1, "COMPLETED", 0, "")


def _launch(*jobs, status=Status.FINISHED, values=VALUES, start=100.0):
    ended = Execution("workflow-1", "name", "P/1", status, start, {}, OUTPUTS, jobs)
    return Launch(
        name="name",
        request="digest",
        run=1,
        part=1,
        pipeline="P/1",
        results="/vip/out",
        intended=90.0,
        values=values,
        execution="workflow-1",
        status=status,
        start=start,
        ended=ended,
    )


def _file(name, job):
    return ResultFile(name, f"/vip/out/{name}", 1, "0" * 64, "workflow-1", job, "out")


def _acts(launch, *files, descriptor=DESCRIPTOR, seen=200.0):
    return list(acts.of_launch(launch, descriptor, files, seen))


def test_each_job_has_its_values_with_the_defaults_and_its_files():
    both = _launch(GOOD, replace(GOOD, number=2))
    first, second = _acts(both, _file("x.txt", 1), _file("y.txt", 2))
    assert first.values == {"file": "/vip/a", "label": "x", "times": "3"}
    assert [file.path for file in second.files] == ["y.txt"]
    assert (first.job, first.error, first.start, first.end) == (1, "", 100.0, 200.0)


def test_a_failed_job_is_told_with_what_its_author_says():
    bad = Job(2, "ERROR", 7, "no")
    first, second = _acts(_launch(GOOD, bad), _file("x.txt", 1))
    assert first.error == ""
    assert second.error == "ERROR, exit code 7 (no), in the application: The file is bad."


def test_a_job_that_never_ran_is_told():
    _, second = _acts(_launch(GOOD), _file("x.txt", 1))
    assert "VIP never ran it" in second.error


def test_two_lists_that_vip_crosses_make_one_act():
    jobs = [replace(GOOD, number=number) for number in (1, 2, 3, 4)]
    (whole,) = _acts(_launch(*jobs), _file("x.txt", None), descriptor=CROSSED)
    assert whole.job is None
    assert whole.values == VALUES
    assert [file.path for file in whole.files] == ["x.txt"]
    assert whole.error == ""


def test_files_that_no_job_is_known_to_have_given_make_one_act():
    (whole,) = _acts(_launch(GOOD, replace(GOOD, number=2)), _file("x.txt", None))
    assert whole.job is None


def test_one_act_tells_which_of_its_jobs_failed():
    jobs = [GOOD, *(Job(number, "ERROR", 7, "no") for number in (2, 3, 4))]
    (whole,) = _acts(_launch(*jobs), descriptor=CROSSED)
    assert [line.partition(":")[0] for line in whole.error.splitlines()] == [
        "job 2",
        "job 3",
        "job 4",
    ]


def test_an_execution_that_was_killed_after_its_jobs_is_no_success():
    first, _ = _acts(_launch(GOOD, replace(GOOD, number=2), status=Status.KILLED))
    assert first.error == "the execution is Killed"


def test_results_of_a_killed_execution_that_was_accepted_are_good():
    jobs = _launch(GOOD, replace(GOOD, number=2), status=Status.KILLED)
    first, second = _acts(jobs, _file("x.txt", 1))
    assert first.error == ""
    assert second.error


def test_an_end_is_never_before_the_start():
    (first, _) = _acts(_launch(GOOD, replace(GOOD, number=2), start=500.0))
    assert (first.start, first.end) == (500.0, 500.0)
