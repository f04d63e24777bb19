"""Which executions of the official client stand for runs."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from snakemake_vip.errors import AuthenticationError, PlatformError
from snakemake_vip.rest.models import Execution, Status
from snakemake_vip.takeover.backup import Backup, Workflow
from snakemake_vip.takeover.candidates import candidates


class FakeVip:
    """Answers what it is given, by identifier."""

    def __init__(self, **executions):
        self.executions = executions

    def execution(self, identifier):
        found = self.executions[identifier]
        if isinstance(found, Exception):
            raise found
        return found


def _execution(identifier, status=Status.FINISHED, pipeline="Count/1.0", start=1.0, **inputs):
    return Execution(identifier, "own", pipeline, status, start, inputs)


def _backup(*identifiers):
    return Backup(
        name="own",
        pipeline="Count/1.0",
        input_dir=Path("data"),
        output_dir=Path("vip_outputs/own"),
        vip_input_dir=PurePosixPath("/vip/Home/API/own/INPUTS"),
        vip_output_dir=PurePosixPath("/vip/Home/API/own/OUTPUTS"),
        settings={"file": ["/vip/a", "/vip/b"], "label": "x", "frac": 0.5},
        workflows=tuple(Workflow(one, "Finished", 1.0, {}) for one in identifiers),
    )


def _names(found):
    chosen, left = found
    return [one.workflow.identifier for one in chosen], {one.identifier: one.why for one in left}


def test_good_and_running_executions_are_runs():
    vip = FakeVip(
        a=_execution("a", file="/vip/b", label="x", frac="0.50"),
        b=_execution("b", Status.RUNNING),
    )
    assert _names(candidates(vip, _backup("a", "b"))) == (["a", "b"], {})


def test_of_a_list_the_last_value_is_compared():
    vip = FakeVip(a=_execution("a", file="/vip/a"))
    assert _names(candidates(vip, _backup("a"))) == ([], {"a": "it ran with file: /vip/a"})


def test_another_pipeline_is_another_request():
    vip = FakeVip(a=_execution("a", pipeline="Other/1.0"))
    assert _names(candidates(vip, _backup("a"))) == ([], {"a": "it ran Other/1.0"})


def test_what_failed_gives_way_to_what_did_not():
    vip = FakeVip(a=_execution("a", Status.EXECUTION_FAILED), b=_execution("b"))
    chosen, left = _names(candidates(vip, _backup("a", "b")))
    assert chosen == ["b"]
    assert left == {"a": "it is ExecutionFailed"}


def test_of_failed_ones_alone_the_newest_is_the_run():
    vip = FakeVip(a=_execution("a", Status.KILLED), b=_execution("b", Status.EXECUTION_FAILED))
    chosen, left = _names(candidates(vip, _backup("a", "b")))
    assert chosen == ["b"]
    assert left == {"a": "it is Killed"}


@pytest.mark.parametrize("code", [8015, 8000])
def test_what_vip_does_not_have_is_left(code):
    vip = FakeVip(a=PlatformError("no such execution", code=code, status=400))
    chosen, left = _names(candidates(vip, _backup("a")))
    assert chosen == []
    assert left == {"a": "VIP no longer has it"}


def test_a_wrong_key_ends_it():
    vip = FakeVip(a=AuthenticationError("wrong key", code=8002, status=401))
    with pytest.raises(AuthenticationError):
        candidates(vip, _backup("a"))


def test_runs_are_numbered_as_vip_started_them():
    """The official client notes seconds only, and starts several in one."""
    vip = FakeVip(a=_execution("a", start=1.2), b=_execution("b", start=1.1))
    assert _names(candidates(vip, _backup("a", "b"))) == (["b", "a"], {})
