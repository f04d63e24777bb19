from __future__ import annotations

import dataclasses
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snakemake_vip.pipelines.descriptor import Descriptor, Parameter, ParameterType
from snakemake_vip.pipelines.files import InputFolder
from snakemake_vip.pipelines.settings import resolve
from snakemake_vip.rest import names

if TYPE_CHECKING:
    from snakemake_vip.errors import Problem

KEY = "sessions.s.input_settings"
ON_VIP = "/vip/Home/API/s/INPUTS"


def image(number: int) -> str:
    return f"sub-{number}/sub-{number}_T1.nii.gz"


def problems(values: Any, descriptor, folder, **options) -> dict[str, Problem]:
    resolution = resolve(values, descriptor, folder, key=KEY, **options)
    assert resolution.request is None
    return {problem.key.removeprefix(f"{KEY}."): problem for problem in resolution.problems}


def test_right_settings_become_what_vip_gets(skull, study):
    resolution = resolve(
        {"frac": 1e-05, "make_mask": True, "label": "a", "t1_image": image(1)}, skull, study
    )
    assert resolution.problems == ()
    assert resolution.notes == ()
    assert resolution.request.pipeline == "SkullStrip/2.1-1"
    assert resolution.request.values == {
        "t1_image": f"{ON_VIP}/{image(1)}",
        "label": "a",
        "frac": "0.00001",
        "make_mask": "true",
    }
    assert resolution.request.files == {f"{ON_VIP}/{image(1)}": PurePosixPath(image(1))}


def test_the_way_of_writing_makes_no_other_request(skull, study):
    plain = resolve({"t1_image": image(1), "label": "a"}, skull, study).request
    other = resolve({"label": ["a"], "t1_image": [study.local / image(1)]}, skull, study).request
    assert list(plain.values.items()) == list(other.values.items())
    assert plain == other


def test_a_glob_is_the_sorted_list_of_its_files(skull, study):
    request = resolve(
        {"t1_image": {"glob": "*/*_T1.nii.gz"}, "label": list("abcde")}, skull, study
    ).request
    assert request.values["t1_image"] == tuple(f"{ON_VIP}/{image(n)}" for n in range(1, 6))
    assert len(request.files) == 5


def test_every_mistake_is_told_at_once_with_its_key(skull, study):
    (study.local / "empty.nii").touch()
    found = problems(
        {
            "t1_image": [image(1), "sub-2/nothing.nii", "empty.nii"],
            "frac": 2,
            "make_mask": "yes",
            "mode": "fats",
            "rounds": 2.5,
            "atlas": None,
            "fraq": 1,
        },
        skull,
        study,
    )
    assert set(found) == {
        "t1_image[1]",
        "t1_image[2]",
        "label",
        "frac",
        "make_mask",
        "mode",
        "rounds",
        "atlas",
        "fraq",
    }
    assert "frac" in found["fraq"].remedy
    assert "missing" in found["label"].what


@pytest.mark.parametrize(
    "value", [[], "", None, {}, {"glob": ""}, {"glob": []}, {"glob": 3}, {"a": 1}]
)
def test_a_value_that_is_none_is_refused(skull, study, value):
    assert set(problems({"t1_image": value, "label": "a"}, skull, study)) <= {
        "t1_image",
        "t1_image.glob",
    }


@pytest.mark.parametrize("value", ["text", 3, None, ["t1_image"]])
def test_settings_that_are_no_mapping_are_refused(skull, study, value):
    found = resolve(value, skull, study, key=KEY)
    assert [problem.key for problem in found.problems] == [KEY]


def test_a_glob_is_for_files_only(skull, study):
    assert "label" in problems({"t1_image": image(1), "label": {"glob": "*"}}, skull, study)


def test_a_mapping_for_a_text_is_not_told_to_become_a_glob(skull, study):
    found = problems({"t1_image": image(1), "label": {"a": 1}}, skull, study)["label"]
    assert found.what == "is {'a': 1}, and a String"
    assert found.remedy == "Give a value, or a list."


def test_a_glob_that_matches_nothing_is_refused(skull, study):
    assert "t1_image.glob" in problems({"t1_image": {"glob": "*.mnc"}, "label": "a"}, skull, study)


@pytest.mark.parametrize("value", ["/vip/Demo (group)/x.nii", "girder:5ab3", "/vip"])
def test_files_elsewhere_are_taken_as_they_are(skull, value):
    nowhere = InputFolder(None, PurePosixPath(ON_VIP))
    request = resolve({"t1_image": value, "label": "a"}, skull, nowhere).request
    assert request.values["t1_image"] == value
    assert request.files == {}
    assert request.on_vip == ((value,) if value.startswith("/vip") else ())


def test_a_local_folder_that_only_looks_like_vip_is_local(skull, study):
    assert "t1_image" in problems({"t1_image": "/vip-data/x.nii", "label": "a"}, skull, study)


def test_only_file_parameters_are_paths(skull, study):
    request = resolve({"t1_image": image(1), "label": "no/such/file"}, skull, study).request
    assert request.values["label"] == "no/such/file"


def test_the_default_of_a_file_parameter_may_be_written_out(skull_document, study):
    skull_document["inputs"][6]["default-value"] = "/biomed/atlas.nii"
    descriptor = Descriptor.from_boutiques("a/1", skull_document)
    given_default = {"t1_image": image(1), "label": "a", "atlas": "/biomed/atlas.nii"}
    assert resolve(given_default, descriptor, study).request is not None


def test_zipped_lists_must_be_of_one_length(skull, study):
    found = problems({"t1_image": [image(1), image(2)], "label": ["a", "b", "c"]}, skull, study)
    assert set(found) == {"t1_image"}
    assert "label (3)" in found["t1_image"].what


def test_one_value_beside_zipped_lists_is_refused_as_vips_engine_does(skull, study):
    assert set(problems({"t1_image": [image(1), image(2)], "label": "a"}, skull, study)) == {
        "label"
    }


def test_a_default_that_vip_would_zip_is_written_out(skull_document, study):
    skull_document["inputs"][1]["default-value"] = "x"
    skull_document["output-files"] = []
    descriptor = Descriptor.from_boutiques("a/1", skull_document)
    request = resolve({"t1_image": [image(1), image(2)]}, descriptor, study).request
    assert request.values["label"] == ("x", "x")


def test_too_many_jobs_are_refused_before_they_are_made(skull, study):
    values = {"t1_image": image(1), "label": "a", "frac": [0.5] * 4000, "rounds": [1] * 4000}
    found = resolve(values, skull, study, key=KEY)
    assert [problem.key for problem in found.problems] == [KEY]
    assert "16000000 jobs" in found.problems[0].what
    assert "frac (4000), rounds (4000)" in found.problems[0].what


def test_two_files_that_vip_would_store_as_one_are_refused(skull, study):
    for name in ("a b.nii", "a_b.nii"):
        (study.local / name).write_text("x")
    found = problems({"t1_image": ["a b.nii", "a_b.nii"], "label": ["a", "b"]}, skull, study)
    assert "a b.nii" in found["t1_image[1]"].what


def test_a_file_that_was_not_fetched_is_told_and_not_left_out_of_a_glob(skull, study):
    (study.local / "sub-2" / "sub-2_T2.nii.gz").symlink_to("../.git/annex/gone")
    found = problems({"t1_image": {"glob": "*/*"}, "label": list("abcdef")}, skull, study)
    assert "sub-2_T2.nii.gz" in found["t1_image.glob"].what
    assert "link to nothing" in found["t1_image.glob"].remedy


@pytest.mark.parametrize("value", ["a\0b", "x" * 5000, "sub-1/" * 900])
def test_what_can_be_no_path_is_a_mistake_and_no_crash(skull, study, value):
    assert "t1_image" in problems({"t1_image": value, "label": "a"}, skull, study)


def test_a_file_may_be_used_twice(skull, study):
    request = resolve({"t1_image": image(1), "label": "a", "atlas": image(1)}, skull, study).request
    assert len(request.files) == 1


def test_jobs_that_would_write_one_file_are_refused(skull, study):
    values = {"t1_image": [image(1), image(1)], "label": ["a", "a"], "frac": 0.5}
    found = resolve(values, skull, study, key=KEY).problems
    assert [problem.key for problem in found] == [KEY]
    assert "'a_sub-1_T1_brain.tgz'" in found[0].what
    assert "jobs 1, 2" in found[0].what


def test_what_makes_jobs_write_one_file_is_named(skull, study):
    values = {"t1_image": image(1), "label": "a", "frac": [0.3, 0.5]}
    found = resolve(values, skull, study, key=KEY).problems
    assert [problem.key for problem in found] == [f"{KEY}.frac"]
    assert "session for each value of frac" in found[0].remedy


def test_clashes_of_one_cause_are_one_problem(skull, study):
    values = {"t1_image": {"glob": "*/*"}, "label": list("abcde"), "frac": [0.3, 0.5]}
    found = resolve(values, skull, study, key=KEY).problems
    assert len(found) == 1
    assert "4 more names" in found[0].what


def test_clashing_jobs_are_counted_over_all_executions(skull, study):
    values = {"t1_image": [image(n) for n in (1, 2, 3, 3)], "label": ["a", "b", "c", "c"]}
    (found,) = resolve(values, skull, study, jobs_per_execution=2).problems
    assert "jobs 3, 4" in found.what


def test_jobs_of_different_executions_may_write_files_of_one_name(skull, study):
    values = {"t1_image": image(1), "label": "a", "frac": [0.3, 0.5]}
    assert resolve(values, skull, study, jobs_per_execution=1).request is not None


def test_a_list_value_may_not_end_with_what_vip_splits_at(skull, study):
    values = {"t1_image": [image(1), image(2)], "label": ["a@", "b"]}
    assert "label[0]" in problems(values, skull, study)


def test_without_looking_nothing_needs_to_exist(skull):
    folder = InputFolder(Path("made/later"), PurePosixPath(ON_VIP))
    resolution = resolve(
        {"t1_image": "sub-1/T1.nii", "label": "a"}, skull, folder, check_files=False
    )
    assert resolution.request.files == {f"{ON_VIP}/sub-1/T1.nii": PurePosixPath("sub-1/T1.nii")}


def test_without_looking_a_glob_is_neither_right_nor_wrong(skull):
    folder = InputFolder(Path("made/later"), PurePosixPath(ON_VIP))
    resolution = resolve(
        {"t1_image": {"glob": "*/T1.nii"}, "label": "a"}, skull, folder, check_files=False
    )
    assert (resolution.request, resolution.problems) == (None, ())
    assert "t1_image.glob" in resolution.notes[0]


def test_a_missing_input_folder_is_one_problem(skull, tmp_path):
    folder = InputFolder(tmp_path / "nowhere", PurePosixPath(ON_VIP))
    found = resolve({"t1_image": ["a.nii", "b.nii"], "label": ["a", "b"]}, skull, folder, key=KEY)
    assert [problem.key for problem in found.problems] == ["sessions.s.input_dir"]


def test_a_local_folder_stands_for_its_files(skull, study):
    descriptor = dataclasses.replace(skull, directory_inputs={"t1_image": ("*.nii.gz",)})
    (study.local / "sub-1" / "more.nii.gz").write_text("x")
    request = resolve({"t1_image": "sub-1", "label": ["a", "b"]}, descriptor, study).request
    assert request.values["t1_image"] == (f"{ON_VIP}/sub-1/more.nii.gz", f"{ON_VIP}/{image(1)}")


def test_a_folder_on_vip_leaves_the_number_of_jobs_open(skull, study):
    descriptor = dataclasses.replace(skull, directory_inputs={"t1_image": ("*.nii.gz",)})
    resolution = resolve({"t1_image": "/vip/Home/mri", "label": list("abc")}, descriptor, study)
    assert resolution.request.open_ended == ("t1_image",)
    assert any("t1_image" in note for note in resolution.notes)


@pytest.mark.parametrize("value", [0, -3, 2.5, [2, 3]])
def test_a_number_of_iterations_is_one_positive_whole_number(skull, study, value):
    descriptor = dataclasses.replace(skull, integer_inputs=("rounds",))
    values = {"t1_image": image(1), "label": "a", "rounds": value}
    assert "rounds" in problems(values, descriptor, study)


def test_the_results_folder_is_no_setting(skull, study):
    found = problems(
        {"t1_image": image(1), "label": "a", "results-directory": "/vip/Home"}, skull, study
    )
    assert "vip_output_dir" in found["results-directory"].remedy


def test_parameters_that_exclude_or_need_each_other_are_found(skull_document, study):
    skull_document["inputs"][4]["requires-inputs"] = ["rounds"]
    skull_document["groups"] = [
        {"id": "g", "members": ["mode", "make_mask"], "mutually-exclusive": True}
    ]
    descriptor = Descriptor.from_boutiques("a/1", skull_document)
    base = {"t1_image": image(1), "label": "a", "mode": "fast"}
    assert "mode" in problems(base, descriptor, study)
    assert KEY in problems(base | {"rounds": 1, "make_mask": True}, descriptor, study)
    assert resolve(base | {"rounds": 1, "make_mask": False}, descriptor, study).request


def test_what_a_definition_hides_is_told_and_not_guessed(study):
    parameters = (
        Parameter("t1", ParameterType.FILE),
        Parameter("label", ParameterType.STRING),
        Parameter("xyz", ParameterType.LIST, is_list=True, optional=True),
    )
    descriptor = Descriptor("a/1", "a", "1", parameters=parameters)
    resolution = resolve(
        {"t1": {"glob": "*/*"}, "label": list("abcd"), "xyz": "1 2"}, descriptor, study
    )
    assert resolution.request is not None
    assert len(resolution.notes) == 2


_NAMES = st.text("aAé_ #.ü日", min_size=1, max_size=4).filter(
    lambda name: name.strip(". ") == name and "/" not in name
)


@settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.sets(_NAMES, min_size=1, max_size=6))
def test_no_two_files_ever_get_one_name_on_vip(skull, tmp_path, wanted):
    folder = InputFolder(tmp_path, PurePosixPath(ON_VIP))
    for name in wanted:
        (tmp_path / name).write_text("x")
    images = sorted(wanted)
    labels = [f"l{number}" for number in range(len(images))]
    resolution = resolve({"t1_image": images, "label": labels}, skull, folder)
    stored = [names.cleaned(name) for name in images]
    if resolution.request is None:
        assert resolution.problems
    else:
        assert len(set(stored)) == len(stored)
        assert set(resolution.request.files) == {f"{ON_VIP}/{name}" for name in stored}
        assert all(map(names.is_input_value, resolution.request.files))


_RAW = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text("a@ #/.\0é*[", max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["glob", "a"]), inner, max_size=2)
    ),
    max_leaves=4,
)


@settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.dictionaries(
        st.sampled_from(["t1_image", "label", "frac", "make_mask", "mode", "rounds", "atlas", "é"])
        | st.integers(),
        _RAW,
    ),
    st.booleans(),
)
def test_whatever_is_written_ends_in_a_request_or_in_problems(skull, study, written, check):
    resolution = resolve(written, skull, study, check_files=check)
    if resolution.request is None:
        assert resolution.problems or not check
        return
    for value in resolution.request.values.values():
        for text in (value,) if isinstance(value, str) else value:
            assert names.is_input_value(text)
            assert "@@" not in text
