"""Jobs of rules as Snakemake has them, in the main process and in scripts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from snakemake.iocontainers import InputFiles, OutputFiles, Params

from snakemake_vip.errors import ConfigurationError
from snakemake_vip.rules import job as jobs
from snakemake_vip.rules.job import Target


def params(**values):
    return Params(fromdict={"vip_pipeline": "Copy/1.0", **values})


def read(**more):
    given: dict[str, Any] = {
        "inputs": InputFiles(fromdict={"file": "a.nii"}),
        "outputs": OutputFiles(fromdict={"text": "a.txt"}),
        "params": params(label="a"),
        "log": [],
        **more,
    }
    return jobs.read("copy", {"s": "a"}, **given)


def test_names_tell_what_is_what():
    job = read(log=["a.log"])
    assert job.pipeline == "Copy/1.0"
    assert job.inputs == {"file": "a.nii"}
    assert job.settings == {"label": "a"}
    assert job.outputs == {"text": Target(("a.txt",))}
    assert job.log == "a.log"
    assert job.label == "rule copy (s=a)"


def test_lists_stay_lists():
    inputs = InputFiles(["x.nii", "y.nii", "z.nii"])
    inputs._set_name("file", 0, end=2)
    job = read(inputs=inputs, params=params(label=["x", "y"]))
    assert job.inputs == {"file": ("x.nii", "y.nii")}
    assert job.settings == {"label": ["x", "y"]}


def test_an_input_without_a_name_only_has_to_be_there():
    assert read(inputs=InputFiles(["first.done"])).inputs == {}


class Stored(str):
    """A file in Snakemake's storage."""

    __slots__ = ("storage_object",)


@dataclass
class StorageObject:
    query: str
    retrieve: bool


@pytest.mark.parametrize(("retrieve", "expected"), [(True, "local"), (False, "vip:///vip/Home/x")])
def test_what_is_not_retrieved_stays_on_vip(retrieve, expected):
    stored = Stored("local")
    stored.storage_object = StorageObject("vip:///vip/Home/x", retrieve)
    inputs = InputFiles(fromdict={"file": stored})
    outputs = OutputFiles(fromdict={"text": stored})
    job = read(inputs=inputs, outputs=outputs)
    assert job.inputs == {"file": expected}
    assert job.outputs["text"].on_vip is not retrieve


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"outputs": OutputFiles(["a.txt"])}, "1 of its outputs have no name"),
        ({"params": params(vip_rum=2)}, "Names with vip_ are vip_pipeline, vip_run, vip_allow"),
        ({"params": params(vip_runs=2)}, r"vip_runs: is no param .*\n.*Did you mean vip_run\?"),
        ({"params": params(vip_run=0)}, "is 0, no number of a run"),
        ({"params": params(vip_run=True)}, "is True, no number of a run"),
    ],
)
def test_what_has_no_meaning_is_refused(more, message):
    with pytest.raises(ConfigurationError, match=message):
        read(**more)


def test_only_rules_that_name_a_pipeline_are_vip_rules():
    assert jobs.is_vip(params())
    assert not jobs.is_vip(Params(fromdict={"label": "x"}))
    assert not jobs.is_vip(None)


@pytest.mark.parametrize("given", [{"label": "a"}, {"vip_pipeline": None}, {"vip_pipeline": " "}])
def test_a_pipeline_that_is_not_named_is_told_at_once(given):
    with pytest.raises(ConfigurationError) as caught:
        read(params=Params(fromdict=given))
    (problem,) = caught.value.problems
    assert str(problem).startswith("rule copy (s=a).params.vip_pipeline: is missing;")
    assert "Did you mean" not in problem.remedy


def test_a_misspelled_pipeline_is_one_mistake():
    with pytest.raises(ConfigurationError) as caught:
        read(params=Params(fromdict={"vip_pipline": "Copy/1.0"}))
    (problem,) = caught.value.problems
    assert "Did you mean it with vip_pipline?" in problem.remedy
