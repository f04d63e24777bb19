"""A failed job is told so that one knows what to do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from snakemake_vip.executions import failures
from snakemake_vip.rest.models import Job
from snakemake_vip.session import launch, monitor


@pytest.mark.parametrize(
    ("code", "stage"),
    [
        (1, "getting the inputs"),
        (2, "storing the results"),
        (32, "storing the results"),
        (50, "the application"),
        (7, "the application"),
        (52, "preparing the container"),
        (61, "access to the data"),
        (-1, "a stage that is not known (stopped, or never begun)"),
    ],
)
def test_the_exit_code_tells_the_stage(code, stage):
    assert failures.stage(code) == stage


_BOTH = {"result": ("/vip/o/x.tgz", "/vip/o/y.tgz")}


@pytest.fixture
def failed(quick):
    quick.write("data/s2/in.txt", "bad\n")
    quick.sessions["a"]["pipeline_id"] = "Picky/1.0"
    bench = quick.bench()
    launch.launch(bench, 1)
    return bench, monitor.monitor(bench, 1)


def test_a_failed_job_is_told_with_its_log(failed):
    bench, launches = failed
    told = failures.told(bench, bench.name, launches).splitlines()
    assert told[0] == "1 job(s) of a, run 1, failed:"
    assert told[1].endswith("in the application")
    assert "    | this is bad" in told


def test_what_the_pipeline_says_of_a_code_is_told(failed):
    bench, (one,) = failed
    bad = replace(one.ended.failed_jobs[0], exit_code=7)
    ended = replace(one.ended, jobs=(one.ended.jobs[0], bad))
    assert "the pipeline says: The file is bad." in failures.told(
        bench, bench.name, [replace(one, ended=ended)]
    )


def test_a_log_that_does_not_come_is_no_error(quick, failed):
    bench, launches = failed
    quick.vip.fault(kind="error", status=400, code=8000, path="stderr", times=0)
    assert "(no log: reading the stderr" in failures.told(bench, bench.name, launches)


@pytest.mark.parametrize(
    ("numbers", "absent"),
    [((1, 2), []), ((1,), [2]), ((2,), [1]), ((7, 9), []), ((7,), [1])],
)
def test_jobs_that_vip_never_listed_never_ran(failed, numbers, absent):
    bench, (one,) = failed
    jobs = tuple(Job(number, "COMPLETED", 0, "") for number in numbers)
    ended = replace(one.ended, jobs=jobs, outputs=_BOTH)
    found = failures.failed_jobs(replace(one, ended=ended), bench.descriptor())
    assert [(job.number, job.status) for job in found] == [(n, "NOT RUN") for n in absent]


@pytest.mark.parametrize(
    ("outputs", "failed_ones"),
    [
        (_BOTH, []),
        ({"result": ("/vip/o/x.tgz",)}, [2]),
        ({}, [1, 2]),
        ({"result": ("/vip/o/foo",)}, []),
    ],
)
@pytest.mark.parametrize("jobs", [(), (1, 2)])
def test_a_job_that_gave_nothing_has_failed_whatever_vip_says(failed, outputs, failed_ones, jobs):
    bench, (one,) = failed
    told = tuple(Job(number, "COMPLETED", 0, "") for number in jobs)
    ended = replace(one.ended, jobs=told, outputs=outputs)
    found = failures.failed_jobs(replace(one, ended=ended), bench.descriptor())
    assert [(job.number, job.status) for job in found] == [(n, "NO RESULT") for n in failed_ones]


def test_an_execution_that_is_not_over_has_no_failed_jobs_yet(failed):
    bench, (one,) = failed
    assert failures.failed_jobs(replace(one, ended=None), bench.descriptor()) == []
