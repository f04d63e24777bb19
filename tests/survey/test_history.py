"""How long executions took, as the journals know it."""

from __future__ import annotations

import json

import pytest

from snakemake_vip.survey import history
from snakemake_vip.survey.history import Past

_JOB = [1, "COMPLETED", 0, ""]


def _event(kind, time, **more):
    return {"event": kind, "name": "n", "time": float(time), **more}


def _ended(time, start=1000.0, **more):
    told = {"pipeline": "P/1", "status": "Finished", "start": start, "jobs": [_JOB], **more}
    return _event("ended", time, **told)


def _of(*events):
    return list(history.of(events))


def test_an_execution_took_from_its_start_until_its_end_was_noticed():
    assert _of(_event("launched", 999, execution="e"), _ended(1060)) == [Past("P/1", 1, 60)]


def test_an_end_that_nobody_watched_tells_nothing():
    launched = _event("launched", 999, execution="e")
    assert _of(launched, _ended(1000 + 40_000)) == []


def test_an_end_that_somebody_watched_tells_how_long_it_took():
    launched = _event("launched", 999, execution="e")
    assert _of(launched, _ended(41_000, alive=40_970.0)) == [Past("P/1", 1, 40_000)]
    running = _event("seen", 40_000, status="Running", start=1000.0)
    assert _of(launched, running, _ended(41_000)) == [Past("P/1", 1, 40_000)]


@pytest.mark.parametrize(
    "ended",
    [
        _ended(1060, status="Killed"),
        _ended(1060, jobs=[_JOB, [2, "ERROR", 1, ""]]),
        _ended(1060, jobs=[]),
        _ended(1060, start=None),
        _ended(900),
        _event("seen", 1060, status="Finished", start=1000.0),
        {"event": "of a later version"},
    ],
)
def test_what_did_not_end_well_or_at_all_tells_nothing(ended):
    assert _of(_event("launched", 1000, execution="e"), ended) == []


def test_all_sessions_of_an_output_folder_are_known(tmp_path):
    for name in ("a", "b"):
        journal = tmp_path / name / ".vip" / "journal.jsonl"
        journal.parent.mkdir(parents=True)
        journal.write_text(json.dumps(_ended(1060)) + "\n")
    assert history.past(tmp_path) == [Past("P/1", 1, 60)] * 2
    assert history.past(tmp_path / "nowhere") == []
