"""Which jobs go together: each once, no two that write one file, lists read as they were meant."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.rules.conftest import boutiques, rule_job, wanted

from snakemake_vip.pipelines import jobs as iteration
from snakemake_vip.pipelines import outputs as predictions
from snakemake_vip.pipelines.descriptor import Descriptor
from snakemake_vip.pipelines.request import Request
from snakemake_vip.rules.batches import batches, why_alone
from snakemake_vip.rules.job import Target

COPY = Descriptor.from_boutiques("Copy/1.0", boutiques())
LABELS = st.sampled_from(["a", "b", "c", "d", "e@", "f"])


@st.composite
def jobs(draw):
    label = draw(LABELS)
    settings = draw(
        st.fixed_dictionaries({}, optional={"suffix": LABELS, "times": st.integers(1, 3)})
    )
    inputs = {"file": f"data/{draw(LABELS)}.nii"}
    if draw(st.booleans()):
        inputs["atlas"] = "atlas.nii"
    number = draw(st.integers(0, 10**6))
    outputs = {"text": Target((f"out/{number}.txt",))}
    if draw(st.integers(0, 3)) == 0:
        outputs = {"text": Target((f"vip:///vip/Home/{draw(st.sampled_from('xy'))}/{label}.txt",))}
    return rule_job(label, settings=settings, inputs=inputs, outputs=outputs)


@given(st.lists(jobs(), max_size=25), st.integers(1, 6))
def test_every_job_is_in_one_execution_that_runs_it_as_it_was_meant(some, limit):
    waiting = [wanted(job, COPY) for job in some]
    made = batches(waiting, COPY, limit)
    assert Counter(id(one) for batch in made for one in batch.members) == Counter(map(id, waiting))
    for batch in made:
        assert len(batch.members) <= limit
        rows = iteration.jobs(Request("Copy/1.0", batch.values, {}), COPY)
        assert rows == tuple(iteration.jobs(one.request, COPY)[0] for one in batch.members)
        assert not predictions.clashes(COPY, rows)
        assert len({one.results for one in batch.members}) == 1


@given(st.lists(LABELS.filter(lambda label: "@" not in label), min_size=1, unique=True))
def test_jobs_that_differ_in_zipped_values_only_are_one_execution(labels):
    (batch,) = batches([wanted(rule_job(label), COPY) for label in labels], COPY, 200)
    assert [one.job.settings["label"] for one in batch.members] == labels
    if len(labels) > 1:
        assert batch.values["label"] == tuple(labels)
        assert batch.values["suffix"] == ("x",) * len(labels)


def test_another_crossed_setting_is_another_execution():
    one, other = rule_job("a", settings={"times": 1}), rule_job("b", settings={"times": 2})
    assert len(batches([wanted(one, COPY), wanted(other, COPY)], COPY, 200)) == 2


def test_jobs_whose_results_would_have_one_name_are_kept_apart():
    same = [replace(rule_job("a"), run=number) for number in (1, 2, 3)]
    made = batches([wanted(job, COPY) for job in same], COPY, 200)
    assert [len(batch.members) for batch in made] == [1, 1, 1]


def test_results_for_two_folders_on_vip_are_two_executions():
    some = [
        rule_job(label, outputs={"text": Target((f"vip:///vip/Home/{label}/{label}.txt",))})
        for label in "ab"
    ]
    made = batches([wanted(job, COPY) for job in some], COPY, 200)
    assert [batch.members[0].results for batch in made] == ["/vip/Home/a", "/vip/Home/b"]


def test_values_that_vip_would_cut_elsewhere_go_alone():
    made = batches([wanted(rule_job(label), COPY) for label in ("a@", "b")], COPY, 200)
    assert [batch.values["label"] for batch in made] == ["a@", "b"]
    assert all("same jobs" in batch.why_alone for batch in made)


@pytest.mark.parametrize(
    ("more", "job", "why"),
    [
        ({"custom": {}}, {}, "vip:dot"),
        (
            {"output-files": [{"id": "text", "name": "t", "path-template": "*.txt"}]},
            {},
            "foreseen",
        ),
        ({}, {"settings": {"times": [1, 2]}, "outputs": {}}, "lists of its own"),
        ({"custom": {"vip:dot": ["suffix"]}}, {}, "none of the parameters"),
        (
            {"custom": {"vip:dot": ["file", "label", "results-directory"]}},
            {},
            "results folder",
        ),
    ],
)
def test_a_job_that_cannot_be_batched_says_why(more, job, why):
    descriptor = Descriptor.from_boutiques("Copy/1.0", boutiques(**more))
    if "times" in job.get("settings", {}):
        outputs = [{"id": "text", "name": "t", "path-template": "[LABEL][TIMES].txt"}]
        descriptor = Descriptor.from_boutiques("Copy/1.0", boutiques(**{"output-files": outputs}))
    assert why in why_alone(wanted(rule_job("a", **job), descriptor), descriptor)
