from __future__ import annotations

import dataclasses
from itertools import pairwise

import pytest

from snakemake_vip.pipelines.descriptor import Descriptor, Output, Parameter, ParameterType
from snakemake_vip.pipelines.outputs import clashes, lacking, match, naming, predicted


def job(number: int, **more: str) -> dict[str, str]:
    return {"t1_image": f"/vip/Home/x/sub-{number}_T1.nii.gz", "label": f"l{number}"} | more


def one_output(template: str, **more) -> Descriptor:
    parameters = (
        Parameter("file", ParameterType.FILE, value_key="[FILE]"),
        Parameter("text", ParameterType.STRING, value_key="[TEXT]"),
        Parameter("text2", ParameterType.STRING, value_key="[TEXT]2", optional=True),
        Parameter("flag", ParameterType.BOOLEAN, value_key="[FLAG]"),
        Parameter("number", ParameterType.NUMBER, value_key="[NUMBER]"),
    )
    output = Output("out", templates=(template,), **more)
    return Descriptor("a/1", "a", "1", parameters=parameters, outputs=(output,), zipped=())


VALUES = {"file": "/vip/a/b.nii.gz", "text": "t", "flag": "true", "number": "0.5"}


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("fixed.tgz", "fixed.tgz"),
        ("[TEXT].tgz", "t.tgz"),
        ("[FILE]_out.tgz", "b.nii.gz_out.tgz"),
        ("results/[TEXT]/[FILE].txt", "b.nii.gz.txt"),
        ("[TEXT]_[FLAG]_[NUMBER]", "t_True_0.5"),
        ("[OTHER].nii", "[OTHER].nii"),
    ],
)
def test_value_keys_stand_for_values(template, name):
    (found,) = predicted(one_output(template), VALUES)
    assert (found.name, found.is_certain) == (name, True)


def test_extensions_are_stripped_from_values_one_after_the_other():
    descriptor = one_output("[FILE]_[TEXT].tgz", stripped_extensions=(".gz", ".nii"))
    (found,) = predicted(descriptor, VALUES | {"text": "x.nii.y"})
    assert found.name == "b_x.y.tgz"


@pytest.mark.parametrize("template", ["out.*.tgz", "[TEXT]_?.nii", "[TEXT]2.nii"])
def test_a_pattern_or_an_unset_value_leaves_the_name_uncertain(template):
    (found,) = predicted(one_output(template), VALUES)
    assert not found.is_certain


def test_the_name_of_a_file_on_another_platform_is_not_known():
    (found,) = predicted(one_output("[FILE].tgz"), VALUES | {"file": "girder:5ab3"})
    assert not found.is_certain
    assert found.name == "*.tgz"


def test_a_value_that_looks_like_a_key_is_no_key():
    (found,) = predicted(one_output("[TEXT]_[NUMBER].tgz"), VALUES | {"text": "[NUMBER]"})
    assert found.name == "[NUMBER]_0.5.tgz"


def test_an_output_may_be_named_after_another():
    base = one_output("[TEXT].tgz", value_key="[OUT]")
    second = Output("second", templates=("[OUT].md5",))
    descriptor = dataclasses.replace(base, outputs=(*base.outputs, second))
    assert [p.name for p in predicted(descriptor, VALUES)] == ["t.tgz", "t.tgz.md5"]


def test_of_several_templates_none_is_certain():
    base = one_output("x")
    output = Output("out", templates=("[TEXT]_big.nii", "[TEXT].nii"))
    found = predicted(dataclasses.replace(base, outputs=(output,)), VALUES)
    assert [(p.name, p.is_certain) for p in found] == [("t_big.nii", False), ("t.nii", False)]


def test_nothing_is_predicted_without_a_descriptor(skull):
    assert predicted(dataclasses.replace(skull, outputs=None), job(1)) == ()


def test_returned_files_find_their_jobs(skull):
    jobs = [job(1), job(2), job(3)]
    returned = {"brain": ["/vip/r/l3_sub-3_T1_brain.tgz", "/vip/r/l1_sub-1_T1_brain.tgz"]}
    assert match(skull, jobs, returned) == {
        "/vip/r/l3_sub-3_T1_brain.tgz": 3,
        "/vip/r/l1_sub-1_T1_brain.tgz": 1,
    }


def test_what_several_jobs_may_have_given_is_left_out(skull):
    returned = {"log": ["/vip/r/log_a.txt"], "brain": ["/vip/r/other.tgz"], "new": ["/vip/r/x"]}
    assert match(skull, [job(1), job(2)], returned) == {}


def test_all_files_of_a_single_job_are_its(skull):
    assert match(skull, [job(1)], {"log": ["/vip/r/log_a.txt"]}) == {"/vip/r/log_a.txt": 1}


def test_a_pattern_finds_its_job_by_the_value_in_it():
    descriptor = one_output("[TEXT]_*.tgz")
    jobs = [VALUES | {"text": text} for text in ("a[1]", "b?", "bc")]
    returned = {"out": ["/vip/r/a[1]_x.tgz", "/vip/r/b?_x.tgz", "/vip/r/bc_y.tgz"]}
    assert list(match(descriptor, jobs, returned).values()) == [1, 2, 3]


def test_jobs_that_name_a_file_alike_clash(skull):
    jobs = [job(1), job(2), job(1, frac="0.3"), job(1, frac="0.4")]
    same = [{"frac": "0.5"} | j for j in jobs]
    (clash,) = clashes(skull, same)
    assert clash.name == "l1_sub-1_T1_brain.tgz"
    assert clash.jobs == (1, 3, 4)
    assert clash.made_of == ("t1_image", "label")
    assert clash.differ == ("frac",)


def test_uncertain_names_do_not_clash():
    assert clashes(one_output("*.tgz"), [VALUES, VALUES]) == []


def test_a_name_is_traced_to_the_source_of_a_hidden_parameter():
    base = one_output("[HIDDEN].tgz")
    hidden = Parameter("hidden", ParameterType.STRING, value_key="[HIDDEN]")
    descriptor = dataclasses.replace(base, hidden=(hidden,), overridden={"hidden": "text"})
    assert naming(descriptor, "out") == ("text",)


def test_matching_a_thousand_jobs_takes_one_pass(skull):
    jobs = [job(number) for number in range(1000)]
    returned = {"brain": [f"/vip/r/l{n}_sub-{n}_T1_brain.tgz" for n in range(1000)]}
    found = list(match(skull, jobs, returned).values())
    assert all(later - earlier == 1 for earlier, later in pairwise(found))


def test_a_job_without_a_promised_file_is_found(skull):
    jobs = [job(number) for number in (1, 2, 3)]
    names = {
        number: {one.output: one.name for one in predicted(skull, a_job) if one.is_certain}
        for number, a_job in enumerate(jobs, start=1)
    }
    given = {
        output: [f"/vip/Home/o/{names[number][output]}" for number in (1, 3)] for output in names[1]
    }
    assert set(lacking(skull, jobs, given)) == {2}
    assert set(lacking(skull, jobs, {})) == {1, 2, 3}


@pytest.mark.parametrize(
    ("returned", "missing"),
    [
        ({"out": ["/vip/a/t.txt"]}, {}),
        ({"out": ["/vip/a/other.txt"]}, {}),  # VIP names files otherwise than was foreseen
        ({}, {1: "t.txt"}),
    ],
)
def test_an_unforeseen_name_leaves_open_what_is_missing(returned, missing):
    assert lacking(one_output("[TEXT].txt"), [VALUES], returned) == missing


def test_what_is_optional_or_uncertain_may_be_missing():
    assert lacking(one_output("[TEXT].txt", optional=True), [VALUES], {}) == {}
    assert lacking(one_output("*.txt"), [VALUES], {}) == {}
