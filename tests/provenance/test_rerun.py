"""A recorded run, prepared and run again."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import pytest
import yaml

from snakemake_vip.api import Session
from snakemake_vip.errors import UsageError
from snakemake_vip.provenance import folder
from snakemake_vip.provenance.rerun import rerun
from snakemake_vip.session.workbench import Workbench
from snakemake_vip.study import config

from_vip = ("url", "api_key", "refresh_time", "patience", "max_executions")


@pytest.fixture
def again(quick, tmp_path):
    """Prepare a crate again, on the same platform."""

    def prepare(crate, name="again", look_in=None, **more):
        vip = {key: quick.document["vip"][key] for key in from_vip}
        folders = [quick.folder / "data"] if look_in is None else look_in
        return rerun(crate, tmp_path / name, look_in=folders, platform=vip, **more)

    return prepare


def _session(made, monkeypatch):
    monkeypatch.chdir(made.folder)
    study = config.read(Path("config/config.yaml"))
    return Session.on(Workbench(study).session(made.session))


def _results(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_run_made_again_asks_the_same_and_gives_the_same(quick, ran, again, monkeypatch):
    quick.sessions["a"]["input_settings"]["file"] = {"glob": "*/in.txt"}
    bench = ran(quick)
    crate = folder.write(bench, 1)
    made = again(crate)
    assert made.linked == 2
    assert made.differences == ()
    session = _session(made, monkeypatch).run()
    assert session.name == "a-rerun"
    assert _results(session.folder / "run-1") == _results(crate / "results")
    assert len(quick.vip.executions()) == 2
    plans = [bench.journal.read().plan(1), session._bench.journal.read().plan(1)]
    values = [json.dumps(plan.values).replace("/a-rerun/", "/a/") for plan in plans]
    assert values[0] == values[1]
    twin = folder.write(session._bench, 1)
    same = [yaml.safe_load((one / "config.yaml").read_text())["sessions"] for one in (crate, twin)]
    assert list(same[0].values()) == list(same[1].values())


def test_under_its_old_name_the_execution_is_found_and_not_launched(quick, ran, again, monkeypatch):
    crate = folder.write(ran(quick), 1)
    made = again(crate, session="a")
    _session(made, monkeypatch).run()
    assert len(quick.vip.executions()) == 1


def test_inputs_are_found_by_content_under_other_names(quick, ran, again):
    crate = folder.write(ran(quick), 1)
    elsewhere = quick.folder / "elsewhere"
    elsewhere.mkdir()
    (quick.folder / "data/s1/in.txt").rename(elsewhere / "renamed.dat")
    made = again(crate, look_in=[quick.folder])
    assert made.linked == 2
    assert (made.folder / "inputs/s1/in.txt").read_text() == "one\n"


def test_inputs_of_other_content_are_missing(quick, ran, again):
    crate = folder.write(ran(quick), 1)
    quick.write("data/s1/in.txt", "ONE\n")
    made = again(crate)
    (difference,) = made.differences
    assert difference.hinders
    assert difference.what.endswith(": s1/in.txt")


def test_a_changed_descriptor_and_container_are_told(quick, ran, again):
    crate = folder.write(ran(quick), 1)
    path = crate / "pipeline.json"
    before = json.loads(path.read_text())
    before["command-line"] += " # other"
    before["container-image"] = {"type": "docker", "image": "lab/tool:0.9"}
    path.unlink()
    path.write_text(json.dumps(before))
    told = [one.what for one in again(crate).differences]
    assert "the container is another: none, it was lab/tool:0.9" in told
    assert any("changed since, in: command-line, container-image" in what for what in told)


def test_a_pipeline_that_is_gone_is_told(quick, ran, again):
    crate = folder.write(ran(quick), 1)
    path = crate / "config.yaml"
    text = path.read_text().replace("Count/1.0", "Gone/1.0")
    path.unlink()
    path.write_text(text)
    (difference,) = again(crate).differences
    assert difference.hinders
    assert "VIP has no pipeline Gone/1.0 for you" in difference.what


def test_other_versions_are_told(quick, ran, again, monkeypatch):
    crate = folder.write(ran(quick), 1)
    monkeypatch.setattr(
        "snakemake_vip.software.versions", lambda: {"snakemake-vip": "9.9", "snakemake": "99"}
    )
    told = [one.what for one in again(crate).differences]
    assert any(what.startswith("snakemake-vip is 9.9, it was ") for what in told)


def test_a_zipped_crate_is_read_too(quick, ran, again, tmp_path):
    crate = folder.write(ran(quick), 1)
    packed = shutil.make_archive(str(tmp_path / "packed"), "zip", crate.parent, crate.name)
    assert again(Path(packed)).linked == 2
    inner = shutil.make_archive(str(tmp_path / "inner"), "zip", crate)
    assert again(Path(inner), "other").linked == 2


def test_a_study_is_not_written_over(quick, ran, again):
    crate = folder.write(ran(quick), 1)
    again(crate)
    with pytest.raises(UsageError, match="there is a study in"):
        again(crate)


@pytest.mark.parametrize("name", ["ro-crate-metadata.json", "config.yaml"])
def test_a_folder_that_is_no_crate_is_refused(quick, ran, again, name):
    crate = folder.write(ran(quick), 1)
    (crate / name).unlink()
    with pytest.raises(UsageError, match="is no crate of a run"):
        again(crate)


def _altered(crate, document, alter):
    path = crate / document
    read, write = (
        (json.loads, json.dumps) if path.suffix == ".json" else (yaml.safe_load, yaml.dump)
    )
    content = read(path.read_text())
    alter(content)
    path.write_text(write(content))
    return crate


def test_a_strangers_record_does_not_say_where_the_key_is_sent(quick, ran, tmp_path, monkeypatch):
    def alter(content):
        content["vip"]["url"] = "https://elsewhere.example"

    crate = _altered(folder.write(ran(quick), 1), "config.yaml", alter)
    monkeypatch.setattr("snakemake_vip.provenance.rerun.Workbench", None)  # nothing is asked
    with pytest.raises(
        UsageError, match=r"key would be sent to https://elsewhere\.example.*\n.*--url"
    ):
        rerun(crate, tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_of_a_strangers_record_only_the_request_is_taken(quick, ran, again):
    def alter(content):
        content["vip"]["api_key"] = "~/.netrc"
        content["output_dir"] = "/"
        content["sessions"]["a"] |= {
            "input_dir": "/home",
            "vip_input_dir": "/vip/Home/other",
            "finish": True,
            "allow": ["secrets", "dicom"],
        }

    made = again(_altered(folder.write(ran(quick), 1), "config.yaml", alter))
    content = yaml.safe_load((made.folder / "config/config.yaml").read_text())
    assert set(content) == {"vip", "sessions"}
    assert content["vip"]["api_key"] == str(quick.vip.key_file)
    (session,) = content["sessions"].values()
    assert session["input_dir"] == "inputs"
    assert session.keys() <= {"pipeline_id", "input_dir", "input_settings", "jobs_per_execution"}


@pytest.mark.parametrize("path", ["../../escaped", "/escaped", "a/../../escaped"])
def test_no_link_is_made_outside_of_the_folder(quick, ran, again, path):
    def alter(content):
        files = [one for one in content["@graph"] if one["@id"].startswith("vip://")]
        files[0]["name"] = path

    crate = _altered(folder.write(ran(quick), 1), "ro-crate-metadata.json", alter)
    with pytest.raises(UsageError, match="is not in its folder"):
        again(crate)


def test_a_strangers_session_cannot_write_lines_into_the_configuration(quick, ran, again):
    def alter(content):
        content["sessions"] = {"a\noutput_dir: /\n#": content["sessions"]["a"]}

    crate = _altered(folder.write(ran(quick), 1), "config.yaml", alter)
    with pytest.raises(UsageError, match="cannot be the name of a session"):
        again(crate, session="b")


@pytest.mark.parametrize(
    ("document", "content"),
    [
        ("ro-crate-metadata.json", "[" * 100_000),
        ("ro-crate-metadata.json", '{"@graph": ["x", 1]}'),
        ("config.yaml", "a: [b\n"),
        ("config.yaml", "sessions: {a: [1]}"),
        ("config.yaml", "sessions: {1: {}}"),
    ],
)
def test_documents_that_are_none_of_ours_are_told_as_such(quick, ran, again, document, content):
    crate = folder.write(ran(quick), 1)
    (crate / document).write_text(content)
    with pytest.raises(UsageError, match="is no crate of a run that snakemake-vip wrote"):
        again(crate)


def test_a_document_of_a_zipped_record_is_not_unpacked_without_end(quick, ran, again, tmp_path):
    crate = folder.write(ran(quick), 1)
    zipped = tmp_path / "crate.zip"
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("ro-crate-metadata.json", "config.yaml"):
            archive.write(crate / name, name)
        archive.writestr("pipeline.json", " " * ((1 << 26) + 1))
    with pytest.raises(UsageError, match="more than 67108864 bytes"):
        again(zipped)
