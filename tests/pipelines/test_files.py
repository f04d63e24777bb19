from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

import pytest

from snakemake_vip.pipelines import files
from snakemake_vip.pipelines.files import InputFolder
from snakemake_vip.pipelines.values import Fault

VIP = PurePosixPath("/vip/Home/API/s/INPUTS")
IMAGE = "sub-1/sub-1_T1.nii.gz"


def test_a_glob_gives_its_files_sorted_and_each_once(study):
    assert files.matching(study.local, ["sub-[32]/*.nii.gz", "**/sub-2*"]) == [
        "sub-2/sub-2_T1.nii.gz",
        "sub-3/sub-3_T1.nii.gz",
    ]


def test_a_glob_leaves_out_folders_and_hidden_files(study):
    (study.local / ".hidden").write_text("x")
    assert isinstance(files.matching(study.local, ["*"]), Fault)


def test_a_glob_without_match_is_named(study):
    fault = files.matching(study.local, ["sub-*/*.gz", "sub-*/*.mnc"])
    assert isinstance(fault, Fault)
    assert "sub-*/*.mnc" in fault.what


@pytest.mark.parametrize("pattern", ["/etc/*", "../*", "sub-1/../../*"])
def test_a_glob_stays_in_the_input_folder(study, pattern):
    assert isinstance(files.matching(study.local, [pattern]), Fault)


def test_a_path_may_be_relative_to_the_input_folder(study):
    assert files.located(study, IMAGE, check=True) == PurePosixPath(IMAGE)


def test_a_path_may_be_absolute_inside_the_input_folder(study):
    assert files.located(study, str(study.local / IMAGE), check=True) == PurePosixPath(IMAGE)


def test_a_path_may_be_relative_to_the_working_folder(study, monkeypatch):
    monkeypatch.chdir(study.local.parent)
    folder = InputFolder(Path("mri"), VIP)
    assert files.located(folder, f"mri/{IMAGE}", check=True) == PurePosixPath(IMAGE)
    assert files.located(folder, IMAGE, check=True) == PurePosixPath(IMAGE)


def test_a_detour_leads_to_the_same_place(study):
    assert files.located(study, f"sub-2/../{IMAGE}", check=True) == PurePosixPath(IMAGE)


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("text", ["../secret.txt", "/etc/hostname", "sub-1/../../secret.txt"])
def test_a_path_outside_the_input_folder_is_refused(study, text, check):
    (study.local.parent / "secret.txt").write_text("x")
    assert isinstance(files.located(study, text, check=check), Fault)


def test_a_link_in_the_input_folder_belongs_to_it(study, tmp_path):
    (tmp_path / "store").write_text("content")
    (study.local / "link.nii").symlink_to(tmp_path / "store")
    assert files.located(study, "link.nii", check=True) == PurePosixPath("link.nii")


def test_a_link_to_nothing_is_told_as_such(study):
    (study.local / "link.nii").symlink_to("gone")
    fault = files.located(study, "link.nii", check=True)
    assert isinstance(fault, Fault)
    assert "link to nothing" in fault.remedy


def test_a_missing_file_is_answered_with_the_closest_name(study):
    fault = files.located(study, "sub-1/sub-1_T2.nii.gz", check=True)
    assert isinstance(fault, Fault)
    assert "sub-1_T1.nii.gz" in fault.remedy


def test_without_looking_a_file_is_taken_at_its_word():
    folder = InputFolder(Path("not/there"), VIP)
    assert files.located(folder, "a/b.nii", check=False) == PurePosixPath("a/b.nii")


def test_without_an_input_folder_there_are_no_local_files():
    assert isinstance(files.located(InputFolder(None, VIP), "a.nii", check=True), Fault)


def test_empty_files_and_folders_cannot_be_uploaded(study):
    (study.local / "empty").touch()
    for name in ("empty", "sub-1"):
        assert files.file_fault(study.local / name, PurePosixPath(name)) is not None
    assert files.file_fault(study.local / IMAGE, PurePosixPath(IMAGE)) is None


def test_a_pipe_is_no_file(study):
    os.mkfifo(study.local / "pipe")
    assert files.file_fault(study.local / "pipe", PurePosixPath("pipe")) is not None


def test_a_folder_stands_for_its_files_that_match(study):
    for name in ("b.nii", "a.nii.gz", "notes.txt"):
        (study.local / "sub-1" / name).write_text("x")
    found = files.files_of(study.local, PurePosixPath("sub-1"), ["*.{nii,mnc}", "a*"])
    assert found == [PurePosixPath("sub-1/a.nii.gz"), PurePosixPath("sub-1/b.nii")]
    assert isinstance(files.files_of(study.local, PurePosixPath("sub-1"), ["*.mnc"]), Fault)


@pytest.mark.parametrize(
    ("local", "on_vip"),
    [("a b.txt", "a_b.txt"), ("é ü/x.nii", "e_u/x.nii"), (".hidden", ".hidden")],
)
def test_the_name_on_vip_is_foreseen(local, on_vip):
    folder = InputFolder(None, VIP)
    assert files.on_vip(folder, PurePosixPath(local)) == f"{VIP}/{on_vip}"


@pytest.mark.parametrize("local", ["日本.nii", "日本", "日本/x.nii", "日.."])
def test_a_name_of_which_vip_leaves_nothing_is_refused(local):
    assert isinstance(files.on_vip(InputFolder(None, VIP), PurePosixPath(local)), Fault)


@pytest.mark.parametrize("local", ["a#1.nii", "it's.nii", "50%.nii", "a@@b.nii"])
def test_a_name_that_vip_stores_and_cannot_use_is_refused(local):
    assert isinstance(files.on_vip(InputFolder(None, VIP), PurePosixPath(local)), Fault)
