from __future__ import annotations

import os
import socket
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snakemake_vip.errors import TransferError
from snakemake_vip.rest import names
from snakemake_vip.transfer import tree
from snakemake_vip.transfer.tree import LocalFile

ROOT = PurePosixPath("/vip/Home/API/s/INPUTS")


def touch(folder: Path, *paths: str) -> None:
    for path in paths:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(path)


def found(folder, leave_out=()):
    return [str(file.relative) for file in tree.files(folder, leave_out)]


def local(path: str) -> LocalFile:
    return LocalFile(Path("/in") / path, PurePosixPath(path), 1, 1)


def problems(*paths):
    return tree.vip_paths([local(path) for path in paths], ROOT)[1]


def test_files_are_found_at_any_depth_with_size_and_time(tmp_path):
    deep = "/".join(["d"] * 300)
    touch(tmp_path, "b", "a/c", f"{deep}/e")
    (tmp_path / "empty").mkdir()
    assert found(tmp_path) == ["a/c", "b", f"{deep}/e"]
    file = tree.files(tmp_path)[1]
    assert file.path == tmp_path / "b"
    assert file.size == 1
    assert file.modified == (tmp_path / "b").stat().st_mtime_ns


def test_what_is_no_data_is_left_out(tmp_path):
    touch(tmp_path, ".git/config", "sub/.git", ".DS_Store", "sub/Thumbs.db", ".snakemake/log")
    touch(tmp_path, "__pycache__/x.pyc", ".bidsignore", "git", ".gitattributes")
    assert found(tmp_path) == [".bidsignore", ".gitattributes", "git"]


def test_the_folder_of_the_results_is_left_out_also_behind_a_link(tmp_path):
    touch(tmp_path, "in/a", "in/results/b", "results/c")
    (tmp_path / "in" / "link").symlink_to(tmp_path / "results")
    out = [tmp_path / "in" / ".." / "in" / "results", tmp_path / "results"]
    assert found(tmp_path / "in", out) == ["a"]


def test_links_to_files_and_folders_are_followed(tmp_path):
    touch(tmp_path, "elsewhere/sub/file", "in/own")
    (tmp_path / "in" / "folder").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "in" / "file").symlink_to("own")
    assert found(tmp_path / "in") == ["file", "folder/sub/file", "own"]


def test_no_link_leads_round_in_circles(tmp_path):
    touch(tmp_path, "in/a/file", "other/back")
    inside = tmp_path / "in"
    (inside / "here").symlink_to(".")
    (inside / "a" / "up").symlink_to("..")
    (inside / "a" / "root").symlink_to(tmp_path)
    (inside / "away").symlink_to(tmp_path / "other")
    (tmp_path / "other" / "again").symlink_to(inside)
    (tmp_path / "other" / "self").symlink_to("self")
    assert found(inside) == ["a/file", "away/back"]


def test_links_that_lead_nowhere_are_told_of(tmp_path, caplog):
    touch(tmp_path, "file")
    for name, target in (("annexed", ".git/annex/objects/x"), ("loop", "loop")):
        (tmp_path / name).symlink_to(target)
    assert found(tmp_path) == ["file"]
    assert "2 links lead nowhere and are not sent: annexed, loop" in caplog.text


def test_what_is_neither_file_nor_folder_is_left_out(tmp_path, monkeypatch):
    touch(tmp_path, "file")
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket")
        assert found(tmp_path) == ["file"]


def test_a_folder_that_cannot_be_read_is_named(tmp_path, monkeypatch):
    touch(tmp_path, "secret/file")
    real = os.scandir

    def scandir(path):
        if Path(path).name == "secret":
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(TransferError, match="secret: Permission denied"):
        tree.files(tmp_path)
    with pytest.raises(TransferError, match="nothing: No such file"):
        tree.files(tmp_path / "nothing")


def test_files_go_where_vip_will_have_them():
    where, wrong = tree.vip_paths([local("sub 1/é.nii"), local("b")], ROOT)
    assert list(where.values()) == [ROOT / "sub_1/e.nii", ROOT / "b"]
    assert wrong == []


@pytest.mark.parametrize(
    ("paths", "name"),
    [
        (["a b", "a_b"], "a_b"),
        (["x y/f", "x_y/f"], "f"),
        (["a b/f", "a_b"], "a_b"),
        (["é/deep/er/f", "e"], "e"),
        (["a b", "a_b", "ä_b"], "a_b"),
    ],
)
def test_names_that_would_meet_on_vip_are_problems_that_name_all_of_them(paths, name):
    (problem,) = problems(*paths)
    assert f"one name, {name!r}" in problem.what
    assert all(repr(path) in problem.what for path in paths)


def test_folders_that_become_one_without_their_files_meeting_are_fine():
    assert problems("a b/f", "a_b/g") == []


@pytest.mark.parametrize("path", ["日本", "日本/a.nii", "sub/日", "..日/a", ".日"])
def test_a_name_of_which_nothing_would_be_left_is_a_problem(path):
    (problem,) = problems(path, "fine")
    assert problem.key == path
    assert "nothing would be left" in problem.what


@given(
    st.lists(
        st.lists(st.text("aAé_ .日", min_size=1, max_size=4), min_size=1, max_size=3), max_size=6
    )
)
def test_without_problems_every_file_has_a_clean_path_of_its_own_below_the_root(parts):
    paths = {"/".join(p) for p in parts if not set(p) & {".", ".."}}
    files = [local(path) for path in sorted(paths)]
    where, wrong = tree.vip_paths(files, ROOT)
    if not wrong:
        assert set(where) == set(files)
        assert len(set(where.values())) == len(files)
        for file, path in where.items():
            assert len(path.relative_to(ROOT).parts) == len(file.relative.parts)
            assert names.cleaned_path(path) == path
            assert not set(path.parents) & set(where.values())
