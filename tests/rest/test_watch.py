"""Many executions in one request."""

from __future__ import annotations

from itertools import islice

import pytest

from snakemake_vip.errors import AuthenticationError, OutageError, PlatformError
from snakemake_vip.rest import watch


def launch(vip, count, folder=None):
    where = folder or vip.folder()
    return [
        vip.client.launch(f"run {i}", "Echo/1.0", {"label": f"x{i}"}, where).identifier
        for i in range(count)
    ]


def end(vip, identifiers):
    for identifier in identifiers:
        vip.client.kill(identifier)
        vip.client.delete_execution(identifier, files=True)


def test_many_executions_cost_one_request(wire):
    known = [f"workflow-{number:06}" for number in range(50)]
    wire.say([{"identifier": key} for key in [*known, "workflow-abcdef"]])
    found = watch.look(wire.client(), iter(known))
    assert {key: one.identifier for key, one in found.items()} == {key: key for key in known}
    assert wire.targets == [("GET", "/rest/executions")]


def test_no_execution_costs_no_request(wire):
    assert watch.look(wire.client(), []) == {}
    assert wire.seen == []


def test_a_deleted_execution_is_none_and_the_others_are_told(vip):
    kept, gone = launch(vip, 2)
    end(vip, [gone])
    found = watch.look(vip.client, [kept, gone])
    assert found[gone] is None
    assert found[kept].identifier == kept
    assert watch.execution(vip.client, gone) is None


def test_an_unknown_execution_is_a_refusal(vip):
    with pytest.raises(PlatformError) as caught:
        watch.look(vip.client, ["workflow-zzzzzz"])
    assert caught.value.code == watch.UNEXPLAINED


def test_where_the_list_is_refused_each_is_asked_for(vip, caplog):
    known = launch(vip, 3)
    end(vip, known[2:])
    vip.fault("error", path="executions$", status=400, code=8000, times=0)
    found = watch.look(vip.client, known)
    assert [found[key] and found[key].identifier for key in known] == [*known[:2], None]
    assert "Asking for each" in caplog.text


def test_an_engine_that_is_away_is_waited_for(vip):
    (known,) = launch(vip, 1)
    vip.fault("error", path="executions", status=400, code=8000, times=4)
    assert watch.look(vip.client, [known])[known].identifier == known


def test_an_engine_that_stays_away_is_an_outage(wire):
    wire.refuse(8000)
    with pytest.raises(OutageError, match="workflow-abcdef"):
        watch.look(wire.client(), ["workflow-abcdef"])
    assert wire.targets == [
        ("GET", "/rest/executions"),
        ("GET", "/rest/executions/workflow-abcdef"),
    ]


def test_a_refused_key_costs_one_request(wire):
    wire.refuse(8002, 401)
    with pytest.raises(AuthenticationError):
        watch.look(wire.patient(), ["workflow-abcdef"])
    assert len(wire.seen) == 1


def test_pauses_begin_short_and_grow_to_the_longest():
    pauses = list(islice(watch.pauses(30), 20))
    assert pauses[0] == 0.5
    assert pauses == sorted(pauses)
    assert pauses[-1] == 30
    assert list(islice(watch.pauses(0.1), 3)) == [0.1, 0.1, 0.1]


@pytest.mark.parametrize(
    ("age", "pause"), [(-5, 0.5), (0, 0.5), (2, 0.5), (10, 2), (100, 20), (3600, 30)]
)
def test_what_has_run_for_long_is_looked_at_seldom(age, pause):
    assert watch.pause(age, 30) == pause


def test_refresh_time_bounds_every_pause():
    assert watch.pause(0, 0.1) == 0.1
