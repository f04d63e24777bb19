from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from snakemake_vip.errors import AuthenticationError, OutageError, PlatformError, TransferError
from snakemake_vip.transfer.folders import Folders


@pytest.fixture
def folders(vip):
    return Folders(vip.client, 4)


def made(vip):
    return [path for verb, path in vip.asked() if verb == "PUT"]


def test_deep_folders_are_made_parents_first_with_one_request_each(vip, folders):
    root = vip.root / "API" / "s"
    folders.survey(root, {root / "a" / "b" / "c", root / "a" / "d", root})
    folders.make(root)
    order = made(vip)
    assert sorted(order) == [
        "",
        "API",
        "API/s",
        *(f"API/s/{p}" for p in ("a", "a/b", "a/b/c", "a/d")),
    ]
    for path in order:
        if path:
            assert order.index(str(PurePosixPath(path).parent).replace(".", "")) < order.index(path)
    assert vip.real("API/s/a/b/c").is_dir()


def test_nothing_is_made_twice(vip, folders):
    for _ in range(2):
        folders.survey(vip.root, {vip.root / "a"})
        folders.make(vip.root)
    folders.make(vip.root)
    assert made(vip) == ["", "a"]


def test_a_survey_lists_each_folder_that_is_there_once_and_no_other(vip, folders):
    vip.put("a/b/file", b"1234")
    vip.put("file", b"12")
    there = folders.survey(vip.root, {vip.root / "a" / "b", vip.root / "x" / "y"})
    assert sorted(vip.asked()) == [("list", ""), ("list", "a"), ("list", "a/b")]
    assert {str(path.relative_to(vip.root)): info.is_directory for path, info in there.items()} == {
        "a": True,
        "a/b": True,
        "a/b/file": False,
        "file": False,
    }
    assert there[vip.root / "a" / "b" / "file"].size == 4


def test_a_listing_of_several_folders_leaves_out_what_is_not_there(vip, folders):
    vip.put("a/file", b"1")
    found = folders.list_all([vip.root / "a", vip.root / "nothing"])
    assert list(found) == [vip.root / "a" / "file"]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("kind", "status"), [("error", 500), ("reset", 500), ("error", 400)])
def test_a_folder_whose_making_is_doubtful_is_looked_up_and_made(vip, folders, kind, status, when):
    vip.fault(kind, method="PUT", path="/a$", status=status, when=when)
    folders.survey(vip.root, {vip.root / "a"})
    if (status, when) == (400, "before"):
        with pytest.raises(PlatformError):
            folders.make(vip.root)
        return
    folders.make(vip.root)
    assert vip.real("a").is_dir()
    assert len(made(vip)) == (2 if when == "after" else 3)


def test_a_folder_that_somebody_else_makes_meanwhile_is_fine(vip, folders):
    folders.survey(vip.root, {vip.root / "a"})
    vip.put("a/theirs")
    vip.fault("error", method="PUT", status=400, times=2)  # as where VIP refuses what is there
    folders.make(vip.root)
    assert vip.files() == {"a/theirs": b""}


def test_what_never_succeeds_ends_with_an_error(vip, folders):
    folders.survey(vip.root, {vip.root / "a"})
    vip.fault("error", method="PUT", path="/a$", times=0)
    with pytest.raises(OutageError, match="/a"):
        folders.make(vip.root)
    assert len(made(vip)) == 4


def test_a_refused_key_ends_at_once(vip, folders):
    folders.survey(vip.root, {vip.root / "a"})
    vip.fault("unauthorized", method="PUT", times=1)
    with pytest.raises(AuthenticationError):
        folders.make(vip.root)
    assert made(vip) == [""]


def test_a_file_in_the_way_is_named(vip, folders):
    vip.put("a", b"file")
    folders.survey(vip.root, {vip.root / "a"})
    with pytest.raises(TransferError, match="/a is a file on VIP"):
        folders.make(vip.root)


def test_a_name_that_vip_would_change_is_not_made(vip, folders):
    folders.survey(vip.root, {vip.root / "my data"})
    with pytest.raises(TransferError, match=r"would name the folder .*my data 'my_data'"):
        folders.make(vip.root)
