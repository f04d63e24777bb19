"""The descriptors that VIP served, each as long as it was another than before."""

from __future__ import annotations

from snakemake_vip import durable
from snakemake_vip.executions.descriptors import Descriptors


def test_the_descriptor_at_a_moment_is_the_last_one_before_it(tmp_path):
    kept = Descriptors(tmp_path)
    for number, moment in ((1, 10.0), (2, 20.0)):
        record = {"time": moment, "pipeline": "P/1", "document": {"inputs": [], "n": number}}
        durable.append(tmp_path / "all.jsonl", [record])
    assert kept.at("P/1", 15)["n"] == 1
    assert kept.at("P/1", 20)["n"] == 2
    assert kept.at("P/1", 5)["n"] == 1


def test_one_that_did_not_change_is_noted_once(tmp_path):
    kept = Descriptors(tmp_path)
    for _ in range(3):
        kept.note("P/1", {"inputs": []})
    kept.note("P/1", {"inputs": [1]})
    assert len(durable.read(tmp_path / "all.jsonl")) == 2
    assert kept.last("P/1") == {"inputs": [1]}


def test_a_descriptor_that_an_earlier_version_kept_is_the_one(tmp_path):
    durable.write_json(tmp_path / "P%2F1.json", {"inputs": []})
    assert Descriptors(tmp_path).at("P/1", 0) == {"inputs": []}


def test_an_unknown_pipeline_has_none(tmp_path):
    assert Descriptors(tmp_path).at("P/1", 0) is None
    assert Descriptors(tmp_path).last("P/1") is None
