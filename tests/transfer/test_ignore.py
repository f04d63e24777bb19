"""Patterns of what stays here, as in .gitignore."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from snakemake_vip.errors import ConfigurationError
from snakemake_vip.transfer import tree
from snakemake_vip.transfer.ignore import Ignore, mistakes


@pytest.fixture
def folder(tmp_path):
    for name in ("T1.nii", "notes.txt", "raw/0001.dcm", "raw/keep.txt", "sub/raw/1.dcm", "sub/a.b"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    return tmp_path


def _sent(folder, *patterns):
    stays = Ignore.of("ignore", patterns, folder)
    return [str(file.relative) for file in tree.files(folder, stays=stays)]


def test_without_patterns_all_is_sent(folder):
    assert len(_sent(folder)) == 6


@pytest.mark.parametrize(
    ("patterns", "sent"),
    [
        (["*.dcm"], ["T1.nii", "notes.txt", "raw/keep.txt", "sub/a.b"]),
        (["raw/"], ["T1.nii", "notes.txt", "sub/a.b"]),
        (["/raw"], ["T1.nii", "notes.txt", "sub/a.b", "sub/raw/1.dcm"]),
        (["*", "!*.nii"], ["T1.nii"]),
        (["raw/", "!raw/keep.txt"], ["T1.nii", "notes.txt", "sub/a.b"]),
        (["# *", "", "  ", "sub"], ["T1.nii", "notes.txt", "raw/0001.dcm", "raw/keep.txt"]),
    ],
)
def test_patterns_mean_what_they_mean_to_git(folder, patterns, sent):
    assert _sent(folder, *patterns) == sent


def test_a_file_of_the_folder_holds_patterns_and_is_not_sent(folder):
    (folder / ".vipignore").write_text("# scans\n*.dcm\r\nnotes.txt\n")
    assert _sent(folder) == ["T1.nii", "raw/keep.txt", "sub/a.b"]


def test_the_configuration_has_the_last_word(folder):
    (folder / ".vipignore").write_text("*.txt\n")
    assert "notes.txt" in _sent(folder, "!notes.txt")


def test_why_a_file_stays_names_the_pattern_and_where_it_stands(folder):
    (folder / ".vipignore").write_text("\n*.dcm\n")
    stays = Ignore.of("sessions.a.ignore", ["sub/"], folder)

    def why(path):
        return stays.why(PurePosixPath(path))

    assert why("raw/0001.dcm") == f"left out by '*.dcm' in {folder}/.vipignore, line 2"
    assert why("sub/a.b") == "left out by 'sub/' in sessions.a.ignore[0]"
    assert why("x/.git/config") == "what is called .git is never sent"
    assert why("T1.nii") == ""


def test_what_is_no_pattern_is_refused_wherever_it_stands(folder):
    (folder / ".vipignore").write_text("!\n")
    with pytest.raises(ConfigurationError) as told:
        Ignore.of("sessions.a.ignore", ["*.dcm", "\\"], folder)
    keys = [problem.key for problem in told.value.problems]
    assert keys == [f"{folder}/.vipignore, line 1", "sessions.a.ignore[1]"]


def test_why_and_the_walk_agree(folder):
    stays = Ignore.of("ignore", ["raw/", "!raw/keep.txt", "*.b"], folder)
    every = [file.relative for file in tree.files(folder)]
    sent = [file.relative for file in tree.files(folder, stays=stays)]
    assert [path for path in every if not stays.why(path)] == sent


def test_mistakes_are_found_without_the_folder():
    (problem,) = mistakes("sessions.a.ignore", ["*.dcm", "# !", "!"])
    assert (problem.key, problem.what) == ("sessions.a.ignore[2]", "'!' is no pattern")
