"""What the official client saved, read."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath

import pytest

from snakemake_vip.errors import UsageError
from snakemake_vip.takeover import backup

SAVED = {
    "session_name": "own",
    "pipeline_id": "Count/1.0",
    "local_input_dir": "data",
    "local_output_dir": "vip_outputs/own",
    "vip_input_dir": "/vip/Home/API/own/INPUTS",
    "vip_output_dir": "/vip/Home/API/own/OUTPUTS",
    "input_settings": {"file": ["/vip/Home/API/own/INPUTS/a.txt"], "flag": True, "frac": 0.5},
    "workflows": {
        "workflow-b": {"status": "Finished", "start": "2026/11/22 15:18:43", "outputs": []},
        "workflow-a": {
            "status": "Removed",
            "start": "2026/11/22 15:18:42",
            "outputs": [
                {"path": "/vip/x", "size": 7, "isDirectory": False},
                {"path": "/vip/y"},
                {"path": "/vip/z", "size": 3, "isDirectory": True},
            ],
        },
    },
}


@pytest.fixture
def saved(tmp_path, monkeypatch):
    """Write what was saved, less or more, where the official client would."""
    monkeypatch.chdir(tmp_path)

    def write(**more):
        path = tmp_path / "vip_outputs" / "own" / "session_data.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({**SAVED, **more}))
        return path

    return write


def test_executions_come_in_the_order_of_their_start(saved):
    found = backup.read(saved())
    assert [one.identifier for one in found.workflows] == ["workflow-a", "workflow-b"]
    assert found.workflows[0].sizes == {"/vip/x": 7}


def test_settings_are_as_a_configuration_has_them(saved):
    settings = backup.read(saved()).settings
    assert settings == {"file": ["/vip/Home/API/own/INPUTS/a.txt"], "flag": "true", "frac": 0.5}


def test_relative_folders_are_those_of_whoever_wrote_it(saved, tmp_path, monkeypatch):
    path = saved()
    assert backup.read(path).input_dir == Path("data")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    found = backup.read(path)
    assert found.input_dir == tmp_path / "data"
    assert found.output_dir == tmp_path / "vip_outputs" / "own"


def test_an_absolute_input_folder_stays(saved):
    assert backup.read(saved(local_input_dir="/data/mri")).input_dir == Path("/data/mri")


def test_a_session_that_only_uploaded_has_no_pipeline(saved):
    found = backup.read(saved(pipeline_id=None, input_settings=None, workflows={}))
    assert (found.pipeline, found.settings, found.workflows) == (None, None, ())
    assert found.vip_output_dir == PurePosixPath("/vip/Home/API/own/OUTPUTS")


def test_the_folder_does_as_well_as_the_file(saved):
    assert backup.read(saved().parent).name == "own"


@pytest.mark.parametrize(
    "more", [{"workflows": 3}, {"session_name": "a/b"}, {"input_settings": {"a": {"b": 1}}}]
)
def test_what_is_none_of_the_official_clients_is_refused(saved, more):
    with pytest.raises(UsageError, match=r"is no session_data\.json of VipSession"):
        backup.read(saved(**more))


def test_a_file_that_was_cut_off_is_told(saved):
    path = saved()
    path.write_text(path.read_text()[:100])
    with pytest.raises(UsageError, match="is cut off or no JSON"):
        backup.read(path)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(UsageError, match="there is no"):
        backup.read(tmp_path / "session_data.json")
