"""Jobs in time, as the looks at them found them."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from snakemake_vip.report import timeline, watches
from snakemake_vip.report.model import Phase

LAUNCHED = {"event": "launched", "time": 10.0, "name": "a", "execution": "workflow-1"}


def _look(time, *jobs):
    return {"event": "watched", "time": time, "name": "a", "jobs": [list(job) for job in jobs]}


def _ended(time, *jobs):
    told = [[*job, "told"] for job in jobs]
    return {"event": "ended", "time": time, "name": "a", "status": "Finished", "jobs": told}


def _spans(*events):
    return {
        job.job: [(span.phase, span.begin, span.end) for span in job.spans]
        for job in watches.jobs([LAUNCHED, *events], 100.0)
    }


def test_a_job_runs_from_the_look_that_found_it_at_work_to_the_one_that_found_it_over():
    found = _spans(
        _look(70, (1, "RUNNING", -1), (2, "QUEUED", -1)),
        _look(80, (1, "COMPLETED", 0), (2, "RUNNING", -1)),
        _ended(90, (1, "COMPLETED", 0), (2, "ERROR", 50)),
    )
    assert found == {
        1: [(Phase.QUEUED, 10, 70), (Phase.RUNNING, 70, 80)],
        2: [(Phase.QUEUED, 10, 80), (Phase.RUNNING, 80, 90)],
    }


def test_what_no_look_found_at_work_is_not_said_to_have_run():
    found = _spans(_look(70, (1, "COMPLETED", 0)), _ended(90, (1, "COMPLETED", 0)))
    assert found == {1: [(Phase.UNSEEN, 10, 70)]}


def test_a_job_that_vip_did_not_list_yet_was_queued():
    found = _spans(
        _look(70, (1, "RUNNING", -1)), _ended(90, (1, "COMPLETED", 0), (2, "COMPLETED", 0))
    )
    assert found[2] == [(Phase.UNSEEN, 10, 90)]


def test_what_goes_on_is_open():
    (job,) = watches.jobs([LAUNCHED, _look(70, (1, "RUNNING", -1))], 100.0)
    assert (job.spans[-1].end, job.spans[-1].is_open) == (100, True)


def test_jobs_that_nobody_looked_at_are_not_drawn():
    assert _spans(_ended(90, (1, "COMPLETED", 0))) == {}
    assert list(watches.jobs([_look(70, (1, "RUNNING", -1))], 100.0)) == []


def test_they_hang_under_the_line_of_their_execution():
    planned = {"event": "planned", "time": 5.0, "run": 1, "names": ["a"]}
    (bar,) = timeline.bars("s", [planned, LAUNCHED, _look(70, (1, "RUNNING", -1))], 100.0)
    assert [job.job for job in bar.watched] == [1]


@given(
    st.lists(
        st.lists(st.sampled_from(["QUEUED", "RUNNING", "COMPLETED", "ERROR", "odd"]), max_size=3),
        min_size=1,
        max_size=5,
    ),
    st.booleans(),
)
def test_any_looks_give_spans_without_gaps(looks, is_over):
    events = [
        _look(20.0 + 10 * n, *[(i, status, 0) for i, status in enumerate(jobs, start=1)])
        for n, jobs in enumerate(looks)
    ]
    if is_over:
        events.append(_ended(95.0, (1, "COMPLETED", 0)))
    for spans in _spans(*events).values():
        assert spans[0][1] == 10
        assert spans[-1][2] <= 100
        for one, other in itertools.pairwise(spans):
            assert one[2] == other[1]
