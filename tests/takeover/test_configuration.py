"""The configuration of a session of the official client."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest
import yaml

from snakemake_vip.errors import UsageError
from snakemake_vip.pipelines.descriptor import Descriptor
from snakemake_vip.study import config
from snakemake_vip.takeover import configuration as takeover
from snakemake_vip.takeover.backup import Backup

HOME = "/vip/Home/API/own"
DOCUMENT = {
    "name": "Count",
    "tool-version": "1.0",
    "inputs": [
        {"id": "file", "type": "File", "value-key": "[FILE]"},
        {"id": "label", "type": "String", "value-key": "[LABEL]"},
    ],
    "output-files": [{"id": "out", "path-template": "[LABEL].txt"}],
    "custom": {"vip:dot": ["file", "label"]},
}
DESCRIPTOR = Descriptor.from_boutiques("Count/1.0", DOCUMENT)


def _backup(**more):
    kept = {
        "name": "own",
        "pipeline": "Count/1.0",
        "input_dir": Path("data"),
        "output_dir": Path("vip_outputs/own"),
        "vip_input_dir": PurePosixPath(f"{HOME}/INPUTS"),
        "vip_output_dir": PurePosixPath(f"{HOME}/OUTPUTS"),
        "settings": {"file": [f"{HOME}/INPUTS/a b/x.txt", "/vip/Lab (group)/y"], "label": ["x", 2]},
        "workflows": (),
    }
    return Backup(**{**kept, **more})


def test_files_of_the_input_folder_get_their_paths_there():
    assert takeover.section(_backup(), DESCRIPTOR, 1) == {
        "pipeline_id": "Count/1.0",
        "input_dir": "data",
        "input_settings": {"file": ["a b/x.txt", "/vip/Lab (group)/y"], "label": ["x", 2]},
    }


def test_a_text_that_looks_like_a_path_stays_what_it_is():
    settings = {"file": f"{HOME}/INPUTS/x", "label": f"{HOME}/INPUTS/sub-01"}
    found = takeover.section(_backup(settings=settings), DESCRIPTOR, 1)["input_settings"]
    assert found == {"file": "x", "label": f"{HOME}/INPUTS/sub-01"}


def test_folders_of_ones_own_and_several_runs_are_kept():
    folders = {
        "vip_input_dir": PurePosixPath("/vip/Home/in"),
        "vip_output_dir": PurePosixPath("/vip/Home/out"),
    }
    found = takeover.section(_backup(**folders, settings={}), DESCRIPTOR, 3)
    assert found["vip_input_dir"] == "/vip/Home/in"
    assert found["vip_output_dir"] == "/vip/Home/out"
    assert found["nb_runs"] == 3


def test_a_long_list_stays_one_execution():
    files = [f"{HOME}/INPUTS/{number}" for number in range(300)]
    settings = {"file": files, "label": [str(number) for number in range(300)]}
    found = takeover.section(_backup(settings=settings), DESCRIPTOR, 1)
    assert found["jobs_per_execution"] == 300
    assert "max_jobs" not in found


def test_a_session_is_added_and_the_rest_stays_to_the_letter():
    text = (
        "vip: {url: sandbox} # here\nsessions: # mine\n\n    # the first\n    a: {x: 1}\nown: 1\n"
    )
    made = takeover.added(text, "own", {"pipeline_id": "Count/1.0"})
    assert yaml.safe_load(made)["sessions"] == {"own": {"pipeline_id": "Count/1.0"}, "a": {"x": 1}}
    kept = [line for line in made.splitlines() if line in text.splitlines()]
    assert kept == text.splitlines()


@pytest.mark.parametrize("text", ["sessions: {a: {x: 1}}\n", "vip: {}\n"])
def test_a_configuration_of_another_shape_is_left_to_its_author(text):
    with pytest.raises(UsageError, match="one below the other"):
        takeover.added(text, "own", {"pipeline_id": "Count/1.0"})


def test_a_new_configuration_can_be_read(tmp_path):
    entry = takeover.section(_backup(), DESCRIPTOR, 1)
    path = tmp_path / "config.yaml"
    path.write_text(takeover.fresh("own", entry, {"url": "sandbox"}, "results"))
    study = config.read(path)
    assert study.sessions["own"].input_dir == Path("data")
    assert study.output_dir == Path("results")


def test_what_differs_is_told_with_what_would_be_right():
    present = {"pipeline_id": "Other/1.0", "input_dir": "data"}
    wanted = {"pipeline_id": "Count/1.0", "input_dir": "data", "nb_runs": 2}
    told = {p.key: p.remedy for p in takeover.differences(present, wanted, "own")}
    assert told == {
        "sessions.own.pipeline_id": "Make them the same.",
        "sessions.own.nb_runs": "Set it to 2.",
    }


def test_inputs_of_another_session_are_recognised():
    study = config.study({"sessions": {"first": {"pipeline_id": "P/1", "input_dir": "data"}}})
    shared = PurePosixPath("/vip/Home/API/first/INPUTS")
    assert takeover.shared_with(_backup(vip_input_dir=shared), study) == "first"
    assert takeover.shared_with(_backup(), study) is None
    assert takeover.shared_with(_backup(), None) is None
