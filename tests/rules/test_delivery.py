"""Outputs of a job where the rule wants them: whole, or not at all."""

from __future__ import annotations

import io
import tarfile
from pathlib import PurePosixPath

import pytest
from tests.rules.conftest import rule_job

from snakemake_vip.errors import TransferError
from snakemake_vip.rules.bench import RulesBench
from snakemake_vip.rules.delivery import Delivery, LostError, listed
from snakemake_vip.rules.job import Target
from snakemake_vip.study.platform import platform
from snakemake_vip.transfer.folders import Folders

HOME = PurePosixPath("/vip/Home/out")


@pytest.fixture
def bench(tmp_path, vip):
    found = platform({"url": vip.url, "api_key": str(vip.key_file), "patience": 5})
    return RulesBench(found, tmp_path / "work")


@pytest.fixture
def given(bench):
    """Put files on VIP, as an execution would."""

    def give(**contents):
        folders = Folders(bench.client, 2)
        folders.survey(HOME, {HOME})
        folders.make(HOME)
        for name, content in contents.items():
            where = HOME / name.replace("_", ".")
            bench.client.upload(where, io.BytesIO(content), len(content))
        return tuple(str(HOME / name.replace("_", ".")) for name in contents)

    return give


def bring(bench, target, paths):
    job = rule_job("a", outputs={"text": target})
    return Delivery(bench, job, listed(bench, paths)).bring({"text": paths})


def archive(**members):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_comes_to_its_place(bench, given, tmp_path):
    assert bring(bench, Target((str(tmp_path / "new/a.txt"),)), given(a_txt=b"content")) == 7
    assert (tmp_path / "new/a.txt").read_bytes() == b"content"
    assert names(tmp_path / "new") == ["a.txt"]


def test_an_archive_is_unpacked_into_a_directory(bench, given, tmp_path):
    old = tmp_path / "made"
    old.mkdir()
    (old / "stale").write_text("")
    paths = given(a_tgz=archive(x=b"1", y=b"2"))
    bring(bench, Target((str(old),), is_directory=True), paths)
    assert names(old) == ["x", "y"]
    assert ".part" not in "".join(names(tmp_path))


@pytest.mark.parametrize(("path", "is_folder"), [("made", True), ("a.tgz", False)])
def test_a_script_is_not_told_of_directories_so_that_names_decide(
    bench, given, tmp_path, path, is_folder
):
    bring(bench, Target((str(tmp_path / path),)), given(a_tgz=archive(x=b"1")))
    assert (tmp_path / path).is_dir() is is_folder


def test_files_of_a_list_are_found_by_their_names(bench, given, tmp_path):
    paths = given(b_txt=b"b", a_txt=b"a")
    bring(bench, Target((str(tmp_path / "a.txt"), str(tmp_path / "b.txt")), is_list=True), paths)
    assert (tmp_path / "a.txt").read_bytes() == b"a"
    assert (tmp_path / "b.txt").read_bytes() == b"b"


def test_several_files_for_one_are_refused(bench, given, tmp_path):
    target = Target((str(tmp_path / "a.txt"),), is_directory=False)
    with pytest.raises(TransferError, match="2 files for the output text"):
        bring(bench, target, given(a_txt=b"a", b_txt=b"b"))
    assert not (tmp_path / "a.txt").exists()


def test_a_damaged_archive_leaves_nothing(bench, given, tmp_path):
    target = Target((str(tmp_path / "made"),), is_directory=True)
    with pytest.raises(TransferError):
        bring(bench, target, given(a_tgz=b"no archive at all"))
    assert not (tmp_path / "made").exists()


def test_a_result_that_vip_no_longer_has_is_told_apart(bench, given, tmp_path):
    paths = (*given(a_txt=b"a"), str(HOME / "gone.txt"))
    with pytest.raises(LostError, match=r"gone\.txt"):
        bring(bench, Target((str(tmp_path / "made"),), is_directory=True), paths)


def test_what_stays_on_vip_does_not_come(bench, given, vip):
    paths = given(a_txt=b"a")
    vip.forget()
    assert bring(bench, Target((f"vip://{paths[0]}",)), paths) == 0
    assert [one["method"] for one in vip.requests()] == ["GET"]


def test_a_script_gets_an_empty_folder_for_no_file(bench, tmp_path):
    bring(bench, Target((str(tmp_path / "notes"),)), ())
    assert names(tmp_path / "notes") == []
