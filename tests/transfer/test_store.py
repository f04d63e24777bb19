from __future__ import annotations

import errno
import hashlib
import os
import stat
from pathlib import Path

import pytest

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
