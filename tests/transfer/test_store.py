from __future__ import annotations

import errno
import hashlib
import os
import stat
from pathlib import Path

import pytest

from snakemake_vip.transfer.hashes import sha256
from snakemake_vip.transfer.store import Store

CONTENT = b"content" * 1000
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


@pytest.fixture
def taken(store, tmp_path):
    store.take(arrived(tmp_path), DIGEST)
    return store


@pytest.fixture
def no_links(monkeypatch):
    def hardlink_to(self, target):
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(Path, "hardlink_to", hardlink_to)


def arrived(folder, content=CONTENT, mode=0o640):
    path = folder / "part"
    path.write_bytes(content)
    path.chmod(mode)
    return path


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_what_is_taken_is_there_read_only_and_gone_from_where_it_was(store, tmp_path):
    part = arrived(tmp_path)
    assert not store.has(DIGEST, len(CONTENT))
    store.take(part, DIGEST)
    assert not part.exists()
    assert store.has(DIGEST, len(CONTENT))
    assert store.proves(DIGEST, len(CONTENT))
    assert store.path(DIGEST).read_bytes() == CONTENT
    assert mode(store.path(DIGEST)) == 0o444


def test_a_program_stays_one(store, tmp_path):
    store.take(arrived(tmp_path, mode=0o750), DIGEST)
    assert mode(store.path(DIGEST)) == 0o554


def test_content_is_flushed_before_it_has_its_name_and_the_name_after(store, tmp_path, monkeypatch):
    steps = []
    names = {tmp_path / "part": "part", store.path(DIGEST).parent: "folder"}

    def fsync(number):
        path = Path(f"/proc/self/fd/{number}").readlink()
        steps.append((names.get(path), store.path(DIGEST).exists()))

    monkeypatch.setattr(os, "fsync", fsync)
    store.take(arrived(tmp_path), DIGEST)
    assert [step for step in steps if step[0]] == [("part", False), ("folder", True)]


def test_another_size_or_other_bytes_are_not_the_content(taken):
    assert not taken.has(DIGEST, 1)
    assert not taken.proves(DIGEST, 1)
    kept = taken.path(DIGEST)
    kept.chmod(0o644)
    kept.write_bytes(CONTENT.replace(b"content", b"CONTENT"))
    assert taken.has(DIGEST, len(CONTENT))
    assert not taken.proves(DIGEST, len(CONTENT))
    taken.drop(DIGEST)
    assert not taken.has(DIGEST, len(CONTENT))
    taken.drop(DIGEST)


def test_a_result_is_a_link_to_the_content(taken, tmp_path):
    where = tmp_path / "run-1" / "deep" / "result"
    taken.put(DIGEST, where)
    assert where.samefile(taken.path(DIGEST))


def test_the_same_content_taken_again_leaves_it_shared(taken, tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    taken.put(DIGEST, first)
    part = arrived(tmp_path, mode=0o755)
    taken.take(part, DIGEST)
    taken.put(DIGEST, second)
    assert not part.exists()
    assert first.samefile(second)
    assert mode(second) == 0o555


def test_content_that_was_spoilt_is_replaced_by_what_is_taken(taken, tmp_path):
    kept = taken.path(DIGEST)
    kept.chmod(0o644)
    kept.write_bytes(b"x" * len(CONTENT))
    taken.take(arrived(tmp_path), DIGEST)
    assert taken.proves(DIGEST, len(CONTENT))


def test_where_links_do_not_go_a_result_is_a_read_only_copy(taken, tmp_path, no_links):
    where = tmp_path / "run-1" / "result"
    taken.put(DIGEST, where)
    assert where.read_bytes() == CONTENT
    assert not where.samefile(taken.path(DIGEST))
    assert mode(where) == 0o444
    assert list(where.parent.iterdir()) == [where]


def test_a_copy_that_fails_leaves_nothing(taken, tmp_path, no_links, monkeypatch):
    def full(_descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    where = tmp_path / "run-1" / "result"
    with pytest.raises(OSError, match="No space"):
        taken.put(DIGEST, where)
    assert list(where.parent.iterdir()) == []


def test_a_result_replaces_nothing(taken, tmp_path):
    where = tmp_path / "result"
    where.write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        taken.put(DIGEST, where)
    assert where.read_bytes() == b"mine"


def test_content_that_is_not_there_is_an_error(store, tmp_path):
    with pytest.raises(FileNotFoundError):
        store.put(DIGEST, tmp_path / "result")


# -- without reading


@pytest.fixture
def settled(monkeypatch):
    """No content is too young to be remembered."""
    monkeypatch.setattr("snakemake_vip.transfer.store._YOUNG", -(10**12))


@pytest.fixture
def read(monkeypatch):
    """The files that are read."""
    names, real = [], sha256
    counted = "snakemake_vip.transfer.store.sha256"
    monkeypatch.setattr(counted, lambda path: (names.append(path.name), real(path))[1])
    return names


def again(store):
    """Return the store of another process."""
    store.save()
    return Store(store._root)


def test_what_was_taken_stands_without_being_read(taken, settled, read, tmp_path):
    taken.put(DIGEST, tmp_path / "link")
    store = again(taken)
    assert store.stands(DIGEST, len(CONTENT))
    assert read == []


def test_what_was_proven_once_stands(taken, settled, read):
    store = Store(taken._root)
    assert store.stands(DIGEST, len(CONTENT))
    assert again(store).stands(DIGEST, len(CONTENT))
    assert read == [DIGEST]


def test_what_was_written_just_now_is_read_the_next_time(taken, read):
    assert again(taken).stands(DIGEST, len(CONTENT))
    assert read == [DIGEST]


@pytest.mark.parametrize("how", ["rewritten", "replaced", "cut", "touched", "removed"])
def test_what_was_touched_is_read_again(taken, settled, read, how):
    store, kept = again(taken), taken.path(DIGEST)
    spoilt = CONTENT.replace(b"content", b"CONTENT")
    kept.chmod(0o644)
    if how == "rewritten":
        kept.write_bytes(spoilt)
    elif how == "replaced":
        times = kept.stat().st_mtime_ns
        kept.with_name("new").write_bytes(spoilt)
        kept.with_name("new").replace(kept)
        os.utime(kept, ns=(times, times))
    elif how == "cut":
        os.truncate(kept, 5)
    elif how == "touched":
        os.utime(kept, (1, 1))
    else:
        kept.unlink()
    assert store.stands(DIGEST, len(CONTENT)) is (how == "touched")
    assert read == ([] if how in {"cut", "removed"} else [DIGEST])


def test_what_is_remembered_may_be_deleted(taken, settled, read):
    again(taken)
    memory = taken._root.with_name("store.jsonl")
    memory.unlink()
    assert Store(taken._root).stands(DIGEST, len(CONTENT))
    assert read == [DIGEST]
