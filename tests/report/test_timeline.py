"""Events of a journal become stretches of time that neither overlap nor run backwards."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snakemake_vip.report import timeline
from snakemake_vip.report.model import Phase

PLANNED = {"event": "planned", "time": 10.0, "run": 1, "names": ["a"]}
LAUNCHING = {"event": "launching", "time": 20.0, "name": "a"}
LAUNCHED = {"event": "launched", "time": 21.0, "name": "a", "execution": "workflow-1"}
RUNNING = {"event": "seen", "time": 30.0, "name": "a", "status": "Running", "start": 21.0}
FINISHED = {"event": "seen", "time": 50.0, "name": "a", "status": "Finished", "start": 21.0}
ENDED = {
    "event": "ended",
    "time": 51.0,
    "name": "a",
    "status": "Finished",
    "jobs": [[1, "COMPLETED", 0, ""], [2, "ERROR", 1, ""]],
}
DOWNLOAD = {
    "event": "moved",
    "what": "download",
    "since": 60.0,
    "time": 70.0,
    "executions": ["workflow-1"],
    "files": 2,
    "bytes": 5,
}
WHOLE = [PLANNED, LAUNCHING, LAUNCHED, RUNNING, FINISHED, ENDED, DOWNLOAD]


def _phases(events, now=100.0):
    (bar,) = timeline.bars("s", events, now)
    return [(span.phase, span.begin, span.end) for span in bar.spans]


def test_an_execution_goes_through_all_phases():
    assert _phases(WHOLE) == [
        (Phase.WAITING, 10, 20),
        (Phase.QUEUED, 21, 30),
        (Phase.RUNNING, 30, 51),
        (Phase.RESTING, 51, 60),
        (Phase.DOWNLOADING, 60, 70),
    ]


def test_jobs_are_counted_by_their_status():
    (bar,) = timeline.bars("s", WHOLE, 100)
    assert bar.jobs == {"COMPLETED": 1, "ERROR": 1}
    assert (bar.execution, bar.status, bar.run) == ("workflow-1", "Finished", 1)


def test_what_was_never_seen_running_is_not_said_to_have_run():
    found = _phases([PLANNED, LAUNCHING, LAUNCHED, FINISHED, ENDED])
    assert found == [(Phase.WAITING, 10, 20), (Phase.UNSEEN, 21, 51)]


def test_what_goes_on_ends_now_and_is_open():
    (bar,) = timeline.bars("s", [PLANNED, LAUNCHING, LAUNCHED, RUNNING], 100)
    assert bar.spans[-1].phase is Phase.RUNNING
    assert (bar.spans[-1].end, bar.spans[-1].is_open) == (100, True)
    (bar,) = timeline.bars("s", [PLANNED, LAUNCHING, LAUNCHED], 100)
    assert (bar.spans[-1].phase, bar.spans[-1].is_open) == (Phase.QUEUED, True)


def test_a_refused_launch_keeps_waiting():
    refused = {"event": "refused", "time": 22.0, "name": "a", "why": "full"}
    (bar,) = timeline.bars("s", [PLANNED, LAUNCHING, refused], 100)
    assert _phases([PLANNED, LAUNCHING, refused]) == [(Phase.WAITING, 10, 100)]
    assert bar.status == "not launched"


def test_waiting_lasts_to_the_attempt_that_was_accepted():
    again = {**LAUNCHING, "time": 40.0}
    accepted = {**LAUNCHED, "time": 41.0}
    assert _phases([PLANNED, LAUNCHING, again, accepted])[0] == (Phase.WAITING, 10, 40)


def test_uploads_have_a_line_of_their_own():
    upload = {"event": "moved", "what": "upload", "since": 1.0, "time": 4.0, "files": 3, "bytes": 9}
    (bar,) = timeline.bars("s", [upload], 100)
    assert bar.run is None
    assert (bar.spans[0].phase, bar.spans[0].seconds) == (Phase.UPLOADING, 3)
    assert bar.spans[0].note == "3 files, 9 bytes"


def test_an_empty_journal_has_no_timeline():
    assert timeline.bars("s", [], 100) == []
    assert timeline.extent([]) is None


def test_totals_add_up_the_phases_of_all_lines():
    bars = timeline.bars("s", WHOLE, 100) * 2
    assert timeline.totals(bars)[Phase.RUNNING] == 42


@given(
    st.lists(st.sampled_from([*WHOLE, {"event": "of a later version", "time": 1.0}]), max_size=12)
)
def test_any_journal_gives_spans_in_order_within_its_extent(events):
    ordered = sorted(events, key=lambda event: event["time"])
    bars = timeline.bars("s", ordered, 100)
    extent = timeline.extent(bars)
    for bar in bars:
        for span in bar.spans:
            assert span.seconds >= 0
            assert extent[0] <= span.begin <= extent[1]
        for one, other in zip(bar.spans, bar.spans[1:], strict=False):
            assert one.begin <= other.begin


def test_an_end_that_nobody_saw_for_long_is_remarked():
    late = {**ENDED, "time": 5000.0, "alive": 40.0}
    (bar,) = timeline.bars("s", [PLANNED, LAUNCHING, LAUNCHED, RUNNING, late], 6000)
    assert bar.spans[-1].note == "nobody looked in its last 1 h 22 min"
    prompt = {**ENDED, "alive": 50.0}
    (bar,) = timeline.bars("s", [PLANNED, LAUNCHING, LAUNCHED, RUNNING, prompt], 100)
    assert bar.spans[-1].note == ""


@pytest.mark.parametrize("status", ["Ready", "Initializing", "Unknown"])
def test_quiet_states_are_no_running(status):
    seen = {**RUNNING, "status": status}
    assert _phases([PLANNED, LAUNCHING, LAUNCHED, seen])[-1][0] is Phase.QUEUED
