"""What an execution means for each of its jobs, while it runs and when it is over."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.rules.conftest import rule_job, wanted

from snakemake_vip.rest.models import Execution, Job, Status
from snakemake_vip.rules.ends import Failed, Ready, end
from snakemake_vip.rules.job import Target

GOOD, BAD = ("COMPLETED", 0), ("ERROR", 1)


def execution(*jobs, texts=(), logs=(), status=Status.RUNNING):
    return Execution(
        "workflow-abc123",
        "n",
        "Copy/1.0",
        status,
        outputs={
            "text": tuple(f"/vip/Home/o/{label}.txt" for label in texts),
            "notes": tuple(f"/vip/Home/o/{label}.log" for label in logs),
        },
        jobs=tuple(Job(n, *how, "") for n, how in enumerate(jobs, 1)),
    )


@pytest.fixture
def job(descriptor):
    return lambda label, **more: wanted(rule_job(label, **more), descriptor)


def test_a_job_is_ready_as_soon_as_its_own_results_are_on_vip(job, descriptor):
    now = execution(GOOD, ("RUNNING", -1), texts=["a"])
    found = end(job("a"), 0, now, descriptor, is_over=False)
    assert found == Ready({"text": ("/vip/Home/o/a.txt",)})
    assert end(job("b"), 1, now, descriptor, is_over=False) is None


def test_a_job_without_its_results_is_waited_for(job, descriptor):
    assert end(job("a"), 0, execution(GOOD, texts=["b"]), descriptor, is_over=False) is None
    assert end(job("a"), 0, execution(texts=["a"]), descriptor, is_over=False) is None


def test_a_failure_is_believed_when_all_is_over(job, descriptor):
    assert end(job("b"), 1, execution(GOOD, BAD, texts=["a"]), descriptor, is_over=False) is None
    over = execution(GOOD, BAD, texts=["a"], status=Status.FINISHED)
    found = end(job("b"), 1, over, descriptor, is_over=True)
    assert isinstance(found, Failed)
    assert [one.number for one in found.jobs] == [2]
    assert isinstance(end(job("a"), 0, over, descriptor, is_over=True), Ready)


def test_a_job_that_ended_well_in_a_killed_execution_is_kept(job, descriptor):
    over = execution(GOOD, ("KILL", -1), texts=["a"], status=Status.KILLED)
    assert isinstance(end(job("a"), 0, over, descriptor, is_over=True), Ready)
    assert isinstance(end(job("b"), 1, over, descriptor, is_over=True), Failed)


def test_a_job_alone_has_all_files_of_the_execution(job, descriptor):
    over = execution(GOOD, texts=["whatever", "else"], status=Status.FINISHED)
    found = end(job("a"), None, over, descriptor, is_over=True)
    assert found == Ready({"text": ("/vip/Home/o/whatever.txt", "/vip/Home/o/else.txt")})


def test_a_missing_output_is_a_failure_by_name(job, descriptor):
    over = execution(GOOD, status=Status.FINISHED)
    assert end(job("a"), 0, over, descriptor, is_over=True) == Failed((), ("text",))


@pytest.mark.parametrize(
    ("is_directory", "expected"), [(True, Ready), (False, Failed), (None, Ready)]
)
def test_an_optional_output_may_be_missing_where_a_directory_can_be_empty(
    job, descriptor, is_directory, expected
):
    outputs = {"notes": Target(("n",), is_directory=is_directory)}
    over = execution(GOOD, status=Status.FINISHED)
    found = end(job("a", outputs=outputs), 0, over, descriptor, is_over=True)
    assert isinstance(found, expected)


@pytest.mark.parametrize(
    "target", [Target(("n", "m"), is_list=True), Target(("vip:///vip/Home/n",))]
)
def test_a_script_takes_no_folder_for_a_list_or_a_file_on_vip(descriptor, target):
    asked = replace(wanted(rule_job("a"), descriptor), job=rule_job("a", outputs={"notes": target}))
    over = execution(GOOD, status=Status.FINISHED)
    assert end(asked, 0, over, descriptor, is_over=True) == Failed((), ("notes",))
