"""What a step works with: the platform, the pipelines, and where things are."""

from __future__ import annotations

import pytest

from snakemake_vip.errors import ConfigurationError, UsageError


def test_a_pipeline_is_asked_for_once_a_process(quick):
    bench = quick.bench()
    quick.vip.forget()
    assert bench.descriptor() is bench.descriptor()
    assert len(quick.vip.requests()) == 1


def test_a_pipeline_is_remembered_without_vip(quick):
    bench = quick.bench()
    assert bench.bench.cached_descriptor("Count/1.0") is None
    found = bench.descriptor()
    assert quick.bench().bench.cached_descriptor("Count/1.0") == found


def test_a_memory_that_cannot_be_read_is_none(quick):
    bench = quick.bench()
    bench.descriptor()
    bench.bench.descriptors._path("Count/1.0").write_text("{")
    assert bench.bench.cached_descriptor("Count/1.0") is None


def test_an_unknown_pipeline_is_told_with_those_that_it_may_have_meant(quick):
    quick.sessions["a"]["pipeline_id"] = "Cuont/1.0"
    with pytest.raises(ConfigurationError) as told:
        quick.bench().descriptor()
    (problem,) = told.value.problems
    assert problem.key == "sessions.a.pipeline_id"
    assert "VIP has no pipeline 'Cuont/1.0' for you" in problem.what
    assert "Did you mean 'Count/1.0'" in problem.remedy


def test_a_pipeline_without_a_version_is_told_alike(quick):
    quick.sessions["a"]["pipeline_id"] = "Count/9"
    with pytest.raises(ConfigurationError, match="VIP has no pipeline 'Count/9'"):
        quick.bench().descriptor()


def test_an_unknown_session_is_wrong_use(quick):
    with pytest.raises(UsageError, match="there is no session 'b'"):
        quick.bench().bench.session("b")


def test_inputs_are_where_their_owner_has_them(quick):
    quick.sessions["b"] = {"pipeline_id": "Count/1.0", "inputs_from": "a"}
    bench = quick.bench("b")
    assert bench.owner.name == "a"
    assert bench.inputs == quick.bench("a").inputs
    assert [user.name for user in bench.owner.users] == ["a", "b"]
    assert bench.users == []


def test_the_limit_of_the_list_is_the_platforms(quick):
    assert quick.bench().bench.execution_list_limit == 500


def test_no_key_is_told_before_any_request(quick):
    quick.platform["api_key"] = "NO_SUCH_VARIABLE"
    with pytest.raises(ConfigurationError, match="NO_SUCH_VARIABLE is not set"):
        quick.bench().descriptor()
    assert quick.vip.requests() == []
