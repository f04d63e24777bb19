"""The schema says all that is said about a key: its default, its type, its meaning."""

from __future__ import annotations

import pytest
import yaml

from snakemake_vip import assets
from snakemake_vip.study import config, schema

SCHEMA = yaml.safe_load(assets.schema().read_text(encoding="utf-8"))
SESSION = SCHEMA["$defs"]["session"]["properties"]
VIP = SCHEMA["properties"]["vip"]["properties"]


def test_the_schema_has_the_keys_that_the_configuration_has():
    session = set(config.SessionConfig.__dataclass_fields__) - {"name"}
    assert set(SESSION) == session
    assert set(VIP) == set(config.PlatformConfig.__dataclass_fields__)


@pytest.mark.parametrize("part", [*SESSION.values(), *VIP.values()])
def test_every_key_is_described(part):
    assert part["description"].endswith(".")


def test_a_valid_configuration_has_no_problem():
    assert schema.problems({"sessions": {"a": {"pipeline_id": "p/1"}}}) == []


def test_defaults_are_filled_in_and_nothing_else_is_touched():
    given = {"sessions": {"a": {"pipeline_id": "p/1", "nb_runs": 3}}, "own": [1]}
    filled = schema.filled(given)
    assert filled["sessions"]["a"]["nb_runs"] == 3
    assert filled["sessions"]["a"]["unzip"] is True
    assert filled["vip"]["max_transfers"] == 8
    assert filled["own"] == [1]
    assert given == {"sessions": {"a": {"pipeline_id": "p/1", "nb_runs": 3}}, "own": [1]}


def test_defaults_are_not_shared_between_sessions():
    filled = schema.filled({"sessions": {name: {"pipeline_id": "p/1"} for name in "ab"}})
    filled["sessions"]["a"]["get_status"].append("Killed")
    assert filled["sessions"]["b"]["get_status"] == ["Finished"]


def test_problems_come_in_the_order_of_the_keys_and_once():
    found = schema.problems({"sessions": {"b": {"x": 1}, "a": {"y": 1}}})
    keys = [problem.key for problem in found]
    assert keys == sorted(keys)
    assert len(set(found)) == len(found)


def test_a_long_value_is_shown_in_part():
    (problem,) = schema.problems({"sessions": {"a": {"pipeline_id": ["x" * 1000]}}})
    assert len(problem.what) < 100
