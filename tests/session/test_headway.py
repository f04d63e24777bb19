"""One line on how far a run is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snakemake_vip.rest.models import Job, Status
from snakemake_vip.session import headway
from snakemake_vip.session.headway import Headway


def _job(number, status, code=-1):
    return Job(number, status, code, "")


def test_jobs_that_vip_does_not_list_yet_are_queued():
    jobs = [_job(1, "COMPLETED", 0), _job(2, "RUNNING"), _job(3, "QUEUED")]
    assert headway.of(jobs, 5) == Headway(done=1, running=1, queued=3, total=5)


def test_jobs_that_vip_never_listed_have_failed_when_all_is_over():
    assert headway.of([_job(1, "COMPLETED", 0)], 2, is_over=True).failed == 1


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        ("COMPLETED", 0, "done"),
        ("COMPLETED", 1, "failed"),
        ("ERROR", 50, "failed"),
        ("ERROR_HELD", -1, "failed"),
        ("CANCELLED", -1, "failed"),
        ("ERROR_RESUBMITTING", -1, "queued"),
        ("SUCCESSFULLY_SUBMITTED", -1, "queued"),
        ("REPLICATING", -1, "running"),
    ],
)
def test_each_status_of_vip_is_one_of_four_kinds(status, code, kind):
    assert getattr(headway.of([_job(1, status, code)], 1), kind) == 1


def test_a_run_in_one_line():
    told = headway.line("a run 1", Headway(3, 12, 185, 0, 200), [Status.RUNNING], 7800)
    assert told == (
        "a run 1: 3 of 200 jobs done, 12 running, 185 queued (VIP: Running, 2 h 10 min)"
    )


def test_several_executions_are_counted_by_status():
    both = Headway(1, 0, 0, 1, 2) + Headway(0, 1, 0, 0, 1)
    told = headway.line("a run 1", both, [Status.FINISHED, Status.RUNNING])
    assert told == "a run 1: 1 of 3 jobs done, 1 running, 1 failed (VIP: 1 Finished, 1 Running)"


def test_a_number_of_jobs_that_only_vip_knows_is_not_made_up():
    told = headway.line("a run 1", headway.of([_job(1, "RUNNING")], None), ["Running"])
    assert told == "a run 1: 0 of 1 known jobs done, 1 running (VIP: Running)"
    assert (Headway(total=2) + Headway()).total is None


def test_of_jobs_that_nobody_asked_for_only_the_number_is_told():
    assert headway.line("a run 1", Headway(total=2), ["launched"]) == (
        "a run 1: 2 jobs (VIP: launched)"
    )


_STATUSES = st.sampled_from(["COMPLETED", "ERROR", "RUNNING", "QUEUED", "STALLED", "SOMETHING_NEW"])


@given(st.lists(_STATUSES, max_size=20), st.integers(0, 30), st.booleans())
def test_every_job_is_counted_once(statuses, more, is_over):
    jobs = [_job(number, status, 0) for number, status in enumerate(statuses, 1)]
    total = len(jobs) + more
    seen = headway.of(jobs, total, is_over=is_over)
    assert seen.done + seen.running + seen.queued + seen.failed == total
