"""What a job asks of VIP, and every mistake before anything is sent."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.rules.conftest import INPUTS, rule_job, wanted

from snakemake_vip.rules.job import Target
from snakemake_vip.rules.request import Wanted, check, local_files, resolve
from snakemake_vip.rules.wording import together


def told(job, descriptor):
    return "\n".join(map(str, check(job, descriptor)))


def test_an_input_goes_to_a_folder_named_after_its_content(tmp_path, descriptor):
    file = tmp_path / "a.nii"
    file.write_text("content")
    found = resolve(rule_job("a", inputs={"file": str(file)}), descriptor, INPUTS, {file: "f" * 64})
    assert isinstance(found, Wanted)
    assert found.request.values["file"] == f"{INPUTS}/{'f' * 16}/a.nii"
    assert found.contents == {f"{INPUTS}/{'f' * 16}/a.nii": "f" * 64}
    assert found.sources == {f"{INPUTS}/{'f' * 16}/a.nii": file}


def test_one_content_has_one_place_whoever_needs_it(tmp_path, descriptor):
    places = set()
    for folder in "xy":
        (tmp_path / folder).mkdir()
        file = tmp_path / folder / "licence.txt"
        file.write_text("same")
        job = rule_job(folder, inputs={"file": str(file)})
        places |= set(resolve(job, descriptor, INPUTS, {file: "0a" * 32}).contents)
    assert len(places) == 1


def test_a_file_on_vip_is_passed_on(descriptor):
    job = rule_job("a", inputs={"file": "vip:///vip/Home/data/a.nii"})
    found = wanted(job, descriptor)
    assert found.request.values["file"] == "/vip/Home/data/a.nii"
    assert found.contents == {}


def test_a_list_makes_several_jobs_on_vip(descriptor):
    job = rule_job(
        "a",
        inputs={"file": ("x.nii", "y.nii")},
        settings={"label": ["x", "y"]},
        outputs={"text": Target(("out",), is_directory=True)},
    )
    assert wanted(job, descriptor).request.values["label"] == ("x", "y")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"settings": {"lable": "x"}}, "params.lable: is no parameter of Copy/1.0\n.*label"),
        ({"inputs": {}}, "rule copy (s=a).input.file: is missing"),
        ({"inputs": {"file": "x", "label": "y"}}, "input.label: is a file, and Copy/1.0 takes"),
        ({"settings": {"file": "x"}}, "params.file: stands under input as well"),
        ({"settings": {"atlas": "my/atlas.nii"}}, "params.atlas: is 'my/atlas.nii', a local file"),
        ({"settings": {"times": 0}}, "params.times: is 0, below the minimum"),
        ({"outputs": {"txt": Target(("a",))}}, "output.txt: is no output of Copy/1.0"),
        ({"inputs": {"file": "vip://vip/Home/x"}}, "three slashes"),
    ],
)
def test_a_mistake_is_told_with_its_rule_and_place(descriptor, more, message):
    found = told(rule_job("a", **more), descriptor)
    assert message.split("\n")[0] in found
    assert "rule copy (s=a)" in found


def test_the_closest_name_is_told(descriptor):
    assert "Did you mean label?" in told(rule_job("a", settings={"lable": "x"}), descriptor)
    target = {"text_": Target(("a",))}
    assert "Did you mean text?" in told(rule_job("a", outputs=target), descriptor)


@pytest.mark.parametrize(
    ("content", "message"), [(None, "which does not exist"), (b"", "an empty file")]
)
def test_a_file_that_cannot_be_sent_is_told(tmp_path, descriptor, content, message):
    file = tmp_path / "a.nii"
    if content is not None:
        file.write_bytes(content)
    found = resolve(rule_job("a", inputs={"file": str(file)}), descriptor, INPUTS, {})
    assert isinstance(found, list)
    assert message in str(found[0])


def test_a_folder_where_files_are_taken_is_told(tmp_path, descriptor):
    found = resolve(rule_job("a", inputs={"file": str(tmp_path)}), descriptor, INPUTS, {})
    assert "a folder" in str(found[0])
    assert list(local_files(rule_job("a", inputs={"file": str(tmp_path)}), descriptor)) == []


def test_the_digest_tells_content_settings_outputs_and_run_apart(descriptor):
    def digest(sha="0" * 64, **more):
        path = Path(__file__)
        job = rule_job("a", **{"inputs": {"file": str(path)}, **more})
        return resolve(job, descriptor, INPUTS, {path: sha}).digest

    variants = {
        digest(),
        digest("1" * 64),
        digest(settings={"times": 2}),
        digest(run=2),
        digest(outputs={"text": Target(("elsewhere.txt",))}),
    }
    assert len(variants) == 5
    assert digest() == digest(rule="renamed", log="a.log")


class TestOnVip:
    """Outputs that stay on VIP."""

    def job(self, *paths, **more):
        targets = {"text": Target(tuple(f"vip://{path}" for path in paths), len(paths) > 1)}
        return rule_job("a", outputs={**targets, **more})

    def test_the_folder_is_that_of_the_output(self, descriptor):
        assert wanted(self.job("/vip/Home/x/a.txt"), descriptor).results == "/vip/Home/x"

    def test_another_name_than_the_pipeline_gives_is_refused(self, descriptor):
        found = told(self.job("/vip/Home/x/b.txt"), descriptor)
        assert "the pipeline would call it 'a.txt'" in found

    def test_two_folders_are_refused(self, descriptor):
        more = {"notes": Target(("vip:///vip/Home/y/a.log",))}
        assert "several folders" in told(self.job("/vip/Home/x/a.txt", **more), descriptor)

    def test_a_list_is_refused(self, descriptor):
        assert "is a list" in told(self.job("/vip/Home/x/a.txt", "/vip/Home/x/b.txt"), descriptor)

    def test_a_folder_that_vip_names_by_the_time_is_refused(self, descriptor):
        from dataclasses import replace

        found = told(self.job("/vip/Home/x/a.txt"), replace(descriptor, results_suffix=None))
        assert "names after the time" in found

    def test_a_folder_that_the_pipeline_names_has_to_be_the_last(self, descriptor):
        from dataclasses import replace

        fixed = replace(descriptor, results_suffix="out")
        assert wanted(self.job("/vip/Home/x/out/a.txt"), fixed).results == "/vip/Home/x"
        assert "would put it into /vip/Home/x/out" in told(self.job("/vip/Home/x/a.txt"), fixed)


class TestWords:
    """Mistakes are told in the words of a rule."""

    def test_the_files_of_a_list_are_jobs_of_their_own(self, descriptor):
        job = rule_job(
            "a",
            inputs={"file": "x.nii", "atlas": ("a.nii", "b.nii")},
            outputs={"text": Target(("t",)), "notes": Target(("n",))},
        )
        (problem,) = check(job, descriptor)
        assert problem.key == "rule copy (s=a).input.atlas"
        assert "outputs: text, notes" in problem.what
        assert "a job of its own: make a wildcard of atlas" in problem.remedy
        assert "session" not in str(problem)
        assert "jobs_per_execution" not in str(problem)

    def test_one_label_repeated_for_files_side_by_side_wants_as_many(self, descriptor):
        more = {"inputs": {"file": ("x.nii", "y.nii")}, "settings": {"label": ["l", "l"]}}
        (problem,) = check(rule_job("a", **more), descriptor)
        assert "give as many values of label, or make a wildcard of file" in problem.remedy

    def test_lists_of_different_lengths_are_told_where_they_stand(self, descriptor):
        (problem,) = check(rule_job("a", inputs={"file": ("x.nii", "y.nii")}), descriptor)
        assert problem.key == "rule copy (s=a).params.label"
        assert "give each 2 values" in problem.remedy

    def test_a_refused_file_is_one_mistake_by_its_own_name(self, descriptor):
        (problem,) = check(rule_job("a", inputs={"file": "parts/c;d.nii"}), descriptor)
        assert problem.key == "rule copy (s=a).input.file"
        assert problem.what == "is 'parts/c;d.nii': VIP refuses ';' in its name"
        assert "name a link to it" in problem.remedy

    def test_a_refused_file_of_a_list_makes_no_list_too_short(self, descriptor):
        more = {"inputs": {"file": ("x.nii", "c;d.nii")}, "settings": {"label": ["k", "l"]}}
        assert len(check(rule_job("a", **more), descriptor)) == 1

    def test_a_file_whose_name_vip_would_empty_is_told_by_its_path(self, descriptor):
        (problem,) = check(rule_job("a", inputs={"file": "parts/\u4e2d.nii"}), descriptor)
        assert "'parts/" in problem.what

    def test_only_file_parameters_are_named_for_an_input(self, descriptor):
        found = told(rule_job("a", inputs={"file": "x", "fil": "y"}), descriptor)
        assert "Did you mean file? Its File parameters are: file, atlas." in found


def test_a_mistake_of_many_jobs_of_a_rule_is_told_once(descriptor):
    jobs = [rule_job(name, settings={"lable": "x"}) for name in "abc"]
    found = together([(job, problem) for job in jobs for problem in check(job, descriptor)])
    assert [problem.key for problem in found] == ["rule copy (s=a).params.lable"]
    assert str(found[0]).endswith("\n    The same in 2 more jobs of the rule.")
    alone = together([(jobs[0], problem) for problem in check(jobs[0], descriptor)])
    assert "The same" not in str(alone[0])


def test_a_param_that_is_none_is_left_out(descriptor):
    found = wanted(rule_job("a", settings={"suffix": None, "atlas": None}), descriptor)
    assert set(found.request.values) == {"file", "label"}
    assert "params.label: is missing" in told(rule_job("a", settings={"label": None}), descriptor)
