from __future__ import annotations

import hashlib
import os
import threading
from pathlib import PurePosixPath

import pytest

from snakemake_vip.transfer import hashes
from snakemake_vip.transfer.hashes import HashCache, sha256
from snakemake_vip.transfer.tree import LocalFile


@pytest.fixture
def read(monkeypatch):
    """Names of the files that were read, and no file is too young to be remembered."""
    names = []
    real = hashes.sha256

    def counted(path):
        names.append(path.name)
        return real(path)

    monkeypatch.setattr(hashes, "sha256", counted)
    monkeypatch.setattr(hashes, "_YOUNG", -1)
    return names


@pytest.fixture
def logbook(tmp_path):
    return tmp_path / "state" / "hashes.jsonl"


def look(path):
    stat = path.stat()
    return LocalFile(path, PurePosixPath(path.name), stat.st_size, stat.st_mtime_ns)


def digest(content):
    return hashlib.sha256(content).hexdigest()


def test_the_digest_is_that_of_the_content(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"content" * 100_000)
    assert sha256(path) == digest(b"content" * 100_000)


def test_only_what_changed_is_read_again(tmp_path, logbook, read):
    paths = [tmp_path / name for name in "abc"]
    for path in paths:
        path.write_bytes(b"old")
    cache = HashCache(logbook)
    for path in paths:
        cache.of(look(path))
        cache.of(look(path))
    cache.save()
    assert read == ["a", "b", "c"]
    paths[1].write_bytes(b"newer")
    later = HashCache(logbook)
    assert [later.of(look(path)) for path in paths] == [
        digest(c) for c in (b"old", b"newer", b"old")
    ]
    assert read == ["a", "b", "c", "b"]


def test_a_change_that_keeps_size_and_modification_time_is_seen(tmp_path, logbook, read):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    cache = HashCache(logbook)
    before = path.stat()
    cache.of(look(path))
    path.write_bytes(b"new")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert cache.of(look(path)) == digest(b"new")


def test_a_file_that_was_only_touched_has_the_same_digest(tmp_path, logbook, read):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    cache = HashCache(logbook)
    assert cache.of(look(path)) == cache.of(look(path))
    os.utime(path, (1, 1))
    assert cache.of(look(path)) == digest(b"old")


def test_a_file_that_was_just_written_is_not_remembered(tmp_path, logbook, read, monkeypatch):
    monkeypatch.setattr(hashes, "_YOUNG", 10**12)
    path = tmp_path / "a"
    path.write_bytes(b"old")
    cache = HashCache(logbook)
    cache.of(look(path))
    cache.of(look(path))
    assert read == ["a", "a"]


def test_a_file_that_changes_while_it_is_read_is_not_remembered(tmp_path, logbook, monkeypatch):
    monkeypatch.setattr(hashes, "_YOUNG", -1)
    path = tmp_path / "a"
    path.write_bytes(b"old")
    real = hashes.sha256

    def slow(which):
        found = real(which)
        which.write_bytes(b"newer")
        return found

    cache = HashCache(logbook)
    with monkeypatch.context() as patch:
        patch.setattr(hashes, "sha256", slow)
        cache.of(look(path))
    assert cache.of(look(path)) == digest(b"newer")


def test_what_is_long_to_read_is_saved_on_the_way(tmp_path, logbook, read, monkeypatch):
    monkeypatch.setattr(hashes, "_SAVE_EVERY", -1)
    path = tmp_path / "a"
    path.write_bytes(b"old")
    HashCache(logbook).of(look(path))
    HashCache(logbook).of(look(path))  # as after a kill: nobody called save
    assert read == ["a"]


def test_the_cache_may_be_deleted_damaged_or_of_an_older_version(tmp_path, logbook, read):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    stat = path.stat()
    old = {"path": "a", "size": 3, "modified": stat.st_mtime_ns, "sha256": "0" * 64}
    logbook.parent.mkdir()
    logbook.write_text(f'{str(old).replace(chr(39), chr(34))}\n{{"path": "a", "si')
    cache = HashCache(logbook)
    assert cache.of(look(path)) == digest(b"old")
    cache.save()
    logbook.unlink()
    assert HashCache(logbook).of(look(path)) == digest(b"old")
    assert read == ["a", "a"]


def test_a_name_that_is_no_text_is_remembered(tmp_path, logbook, read):
    path = tmp_path / os.fsdecode(b"\xe9.nii")
    path.write_bytes(b"old")
    cache = HashCache(logbook)
    cache.of(look(path))
    cache.save()
    HashCache(logbook).of(look(path))
    assert len(read) == 1


def test_threads_share_it(tmp_path, logbook, read):
    paths = [tmp_path / str(number) for number in range(40)]
    for path in paths:
        path.write_bytes(path.name.encode())
    cache = HashCache(logbook)

    def work():
        for path in paths:
            assert cache.of(look(path)) == digest(path.name.encode())
        cache.save()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(5)
    read.clear()
    again = HashCache(logbook)
    assert [again.of(look(path)) for path in paths] == [digest(p.name.encode()) for p in paths]
    assert read == []
