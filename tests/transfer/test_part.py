from __future__ import annotations

import errno
import hashlib
import os
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snakemake_vip.transfer import part
from snakemake_vip.transfer.part import Part


def sha256(content):
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def path(tmp_path):
    return tmp_path / "a.part"


def test_what_comes_is_hashed_and_goes_on_where_it_ended(path):
    here = Part(path)
    here.append([b"one", b"two"], 0)
    here.append([b"three"], 6)
    assert path.read_bytes() == b"onetwothree"
    assert (here.size, here.sha256) == (11, sha256(b"onetwothree"))


def test_what_begins_anew_keeps_nothing(path):
    here = Part(path)
    here.append([b"one", b"two"], 0)
    here.append([b"2"], 0)
    assert path.read_bytes() == b"2"
    assert here.sha256 == sha256(b"2")


def test_the_end_of_what_another_process_left_is_not_trusted(path, monkeypatch):
    monkeypatch.setattr(part, "FLUSHED", 3)
    path.write_bytes(b"good\0\0\0")
    here = Part(path)
    here.append([b"more"], 4)
    assert path.read_bytes() == b"goodmore"
    assert here.sha256 == sha256(b"goodmore")


def test_what_broke_off_is_on_disk_and_counted(path):
    def broken():
        yield b"one"
        raise ConnectionError

    here, told = Part(path), []
    with pytest.raises(ConnectionError):
        here.append(broken(), 0, told.append)
    assert (here.size, path.read_bytes(), told) == (3, b"one", [3])


@given(sizes=st.lists(st.integers(1, 400), max_size=30))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_more_than_the_bound_is_ever_off_the_disk(tmp_path, monkeypatch, sizes):
    """Bytes count as on disk once a flush that began after they were written has ended."""
    with monkeypatch.context() as patch:
        patch.setattr(part, "FLUSHED", 1000)
        path, written, safe, lock = tmp_path / "a", 0, 0, threading.Lock()
        path.unlink(missing_ok=True)

        def fsync(number):
            nonlocal safe
            reached = os.fstat(number).st_size
            with lock:
                safe = max(safe, reached)

        def pieces():
            nonlocal written
            for size in sizes:
                yield bytes(size)
                written += size
                with lock:
                    assert path.stat().st_size - safe <= 1000

        patch.setattr(os, "fsync", fsync)
        here = Part(path)
        here.append(pieces(), 0)
        assert safe == written == here.size == path.stat().st_size


def test_a_flush_that_fails_on_the_way_is_an_error(path, monkeypatch):
    monkeypatch.setattr(part, "FLUSHED", 4)

    def full(_descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        Part(path).append([b"123", b"456", b"789", b"abc"], 0)
