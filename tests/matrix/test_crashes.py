"""A study whose process is killed at each request, rename and record, and then run again.

Killed is with SIGKILL, before and after each; of a request that changes something also after each
piece of it that is out, and of a record in a logbook also when half of it is written. What must
hold: right after the kill all that has a final name is whole; after the next process each request
has one execution, each input was stored once, all results are right and listed as they are, nothing
is left on VIP, and at most one result came twice.
"""

from __future__ import annotations

import signal
import time

import pytest

from snakemake_vip.sandbox.faults import Fault

SETTLED = 0.15
"""Seconds after which a file counts as unchanged: until then its checksum is not kept."""

BLOCKS = {"shared": 14, "replaced": 4, "repeated": 3}
SAMPLED = {"shared": 12, "replaced": 5, "repeated": 5}


@pytest.fixture
def watched(lab):
    """Make studies that are the same each time, and whose first looks at VIP find them running."""
    time.sleep(SETTLED)

    def make(design: str, looks: int = 0):
        portal = lab.endpoint.portal
        portal.faults.clear()
        trial = lab.study(design)
        if trial.design.is_watched:
            path = "^/rest/executions$"
            portal.faults.post(
                Fault("status", "GET", path, skip=looks - 1, times=2, statuses=("Running",))
            )
        return trial

    return make


def _plan(watched, design):
    """Return the events of a whole study, and its looks at VIP up to the first of the monitor."""
    trial = watched(design)
    assert trial.run(watch=True)["end"] == "done"
    events = trial.events()
    looks = _looks(events) if trial.design.is_watched else 0
    runs = []
    for _ in range(2):
        trial = watched(design, looks)
        assert trial.run(watch=True)["end"] == "done"
        assert trial.wrong() == []
        runs.append(trial.events())
    assert runs[0] == runs[1], "the same study does not do the same twice"
    if trial.design.is_watched:
        assert len(runs[0]) > len(events), "it was never seen running"
    return runs[0], looks


def _looks(events):
    first = events.index("before GET /rest/executions/#")
    return events[:first].count("before GET /rest/executions")


def _kill_at(lab, trial, number, event):
    """Return what is wrong after a kill at one event, and after the process that follows."""
    # What is deleted slowly is still to be deleted when the next process comes.
    lab.control("PUT", "options", json={"delete_delay": 1 if "DELETE" in event else 0})
    told = trial.run(watch=True, kill=number)
    if (told["code"], trial.events()[-1:]) != (-signal.SIGKILL, [event]):
        return [f"missed: {told['end']} at {trial.events()[-1:]} {told['text']}"]
    found = trial.broken()
    told = trial.run()
    if told["end"] != "done":
        found.append(f"{told['end']}: {told['text']}")
    found += trial.wrong()
    stored = trial.answered("PUT", 201, "/in.txt")
    if set(stored.values()) != {1}:
        found.append(f"twice: stored were {dict(stored)}")
    came = trial.answered("GET", 200, "", "action=content")
    came = {path: count for path, count in came.items() if "/OUTPUTS/run-" in path}
    if sum(came.values()) > len(came) + 1:
        found.append(f"twice: downloaded were {came}")
    return found


def _try(lab, watched, design, part, tally):
    events, looks = _plan(watched, design)
    bad = []
    for number in part(range(len(events))):
        trial = watched(design, looks)
        if found := _kill_at(lab, trial, number, events[number]):
            bad += [f"{design} {number} ({events[number]}): {item}" for item in found]
        tally("crash points", design, found)
    assert not bad, "\n".join(bad)


@pytest.mark.matrix
@pytest.mark.parametrize(
    ("design", "block"), [(design, block) for design, n in BLOCKS.items() for block in range(n)]
)
def test_a_kill_at_any_event_loses_nothing_and_does_nothing_twice(
    lab, watched, design, block, tally
):
    _try(lab, watched, design, lambda points: points[block :: BLOCKS[design]], tally)


@pytest.mark.parametrize("design", SAMPLED)
def test_a_kill_loses_nothing_and_does_nothing_twice(lab, watched, design, tally):
    def spread(points):
        return points[7 :: len(points) // SAMPLED[design]]

    _try(lab, watched, design, spread, tally)
