from __future__ import annotations

import errno
import json
import os
import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from snakemake_vip import durable

# File names can hold bytes that are no UTF-8; Python reads them as these characters.
TEXT = st.text(
    st.characters(codec="utf-8") | st.characters(min_codepoint=0xDC80, max_codepoint=0xDCFF)
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
RECORD = st.dictionaries(TEXT, JSON, max_size=4)
same_folder = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def logbook(tmp_path):
    return tmp_path / "log.jsonl"


def test_a_document_is_replaced_as_a_whole_under_the_eyes_of_readers(tmp_path):
    path = tmp_path / "document"
    texts = [letter * 100_000 for letter in "ab"]
    durable.write(path, texts[0])
    stop, seen = threading.Event(), set()

    def read():
        while not stop.is_set():
            seen.add(path.read_text())

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for turn in range(60):
        durable.write(path, texts[turn % 2])
    stop.set()
    for reader in readers:
        reader.join()
    assert seen <= set(texts)
    assert [path] == list(tmp_path.iterdir())


def test_a_failed_write_leaves_the_old_document_and_no_part(tmp_path, monkeypatch):
    path = tmp_path / "document"
    durable.write(path, "old")

    def full(_descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        durable.write(path, "new")
    assert path.read_text() == "old"
    assert [path] == list(tmp_path.iterdir())


def test_what_killed_writers_left_is_removed_and_what_living_ones_write_is_not(tmp_path):
    path = tmp_path / "a.json"
    left = [
        tmp_path / name for name in (".a.json.7-0123abcd", ".b.json.7-0123abcd", ".a.json.mine")
    ]
    fresh = tmp_path / ".a.json.8-0123abcd"
    for file in [*left, fresh]:
        file.touch()
    for file in left:
        os.utime(file, (0, 0))
    durable.write(path, "")
    assert set(tmp_path.iterdir()) == {path, left[1], left[2], fresh}


def test_a_folder_that_cannot_be_flushed_is_no_error_but_a_broken_disk_is(tmp_path, monkeypatch):
    def answer(number):
        def fsync(_descriptor):
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(os, "fsync", fsync)

    answer(errno.EINVAL)
    durable.flush_folder(tmp_path)
    answer(errno.EIO)
    with pytest.raises(OSError, match="Input/output"):
        durable.flush_folder(tmp_path)


def test_the_names_of_a_new_logbook_and_its_folders_are_flushed(tmp_path, monkeypatch):
    flushed = []
    monkeypatch.setattr(durable, "flush_folder", flushed.append)
    path = tmp_path / "a" / "b" / "log"
    durable.append(path, [{}])
    assert flushed == [tmp_path, tmp_path / "a", tmp_path / "a" / "b"]
    durable.append(path, [{}])
    assert len(flushed) == 3


def test_a_logbook_that_is_not_there_has_no_records_and_none_make_none(logbook):
    assert durable.read(logbook) == []
    durable.append(logbook, [])
    assert not logbook.exists()


@given(records=st.lists(RECORD, max_size=5))
@same_folder
def test_a_logbook_gives_back_any_records(records, logbook):
    logbook.unlink(missing_ok=True)
    for record in records:
        durable.append(logbook, [record])
    assert durable.read(logbook) == records


@given(
    records=st.lists(RECORD, max_size=5),
    later=st.lists(RECORD, min_size=1, max_size=3),
    data=st.data(),
)
@same_folder
def test_a_logbook_cut_anywhere_keeps_a_prefix_and_all_that_is_added_later(
    records, later, data, logbook
):
    logbook.unlink(missing_ok=True)
    durable.append(logbook, records)
    whole = logbook.read_bytes() if records else b""
    logbook.write_bytes(whole[: data.draw(st.integers(0, len(whole)))])
    kept = durable.read(logbook)
    assert kept == records[: len(kept)]
    durable.append(logbook, later)
    assert durable.read(logbook) == kept + later


@given(junk=st.binary(max_size=60))
@same_folder
def test_rubbish_at_the_end_of_a_logbook_hides_nothing(junk, logbook):
    logbook.unlink(missing_ok=True)
    durable.append(logbook, [{"first": 1}])
    with logbook.open("ab") as file:
        file.write(junk)
    durable.append(logbook, [{"last": 2}])
    records = durable.read(logbook)
    assert records[0] == {"first": 1}
    assert records[-1] == {"last": 2}


def test_values_that_are_no_records_are_passed_over(logbook):
    logbook.write_text('1\n[]\n"text"\nnull\n{"a":1}\n')
    assert durable.read(logbook) == [{"a": 1}]


@given(value=JSON)
@same_folder
def test_documents_and_digests_take_any_json(value, tmp_path):
    path = tmp_path / "value.json"
    durable.write_json(path, value)
    assert json.loads(path.read_bytes()) == value
    assert json.loads(durable.canonical(value).encode()) == value


@given(value=st.dictionaries(TEXT, JSON, min_size=2, max_size=4))
@same_folder
def test_canonical_json_does_not_depend_on_the_order_of_keys(value):
    backwards = dict(reversed(value.items()))
    assert durable.canonical(value) == durable.canonical(backwards)


def test_threads_share_flushes_and_lose_no_record(logbook, monkeypatch):
    flushes, first, others_wait = [], threading.Event(), threading.Event()
    real = os.fsync

    def fsync(descriptor):
        flushes.append(descriptor)
        first.set()
        assert others_wait.wait(5)
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    book = durable.Logbook(logbook)
    threads = [threading.Thread(target=book.add, args=({"n": n},)) for n in range(20)]
    threads[0].start()
    assert first.wait(5)
    for thread in threads[1:]:
        thread.start()
    while len(book._queue) < 19:
        others_wait.wait(0.001)
    others_wait.set()
    for thread in threads:
        thread.join(5)
    assert sorted(record["n"] for record in durable.read(logbook)) == list(range(20))
    assert len(flushes) == 3  # the file for the first, the folder that it is new in, all others


def test_a_record_that_could_not_be_written_is_an_error_for_everyone_who_waits(
    logbook, monkeypatch
):
    def full(_path, _records):
        raise OSError(errno.ENOSPC, "No space left on device")

    book = durable.Logbook(logbook)
    with monkeypatch.context() as patch:
        patch.setattr(durable, "append", full)
        for number in range(2):
            with pytest.raises(OSError, match="No space"):
                book.add({"n": number})
    book.add({"n": 2})
    assert [record["n"] for record in durable.read(logbook)] == [0, 1, 2]


def test_two_processes_that_append_do_not_mix_their_records(logbook):
    children = []
    for number in range(2):
        child = os.fork()
        if not child:
            try:
                for turn in range(50):
                    durable.append(logbook, [{"who": [number, turn], "text": "x" * 20_000}])
            finally:
                os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)
    told = [record["who"] for record in durable.read(logbook)]
    for number in range(2):
        assert [turn for who, turn in told if who == number] == list(range(50))


def records(*numbers):
    return [{"n": number} for number in numbers]


def test_a_logbook_is_followed_from_where_it_was_read_to(tmp_path):
    path = tmp_path / "log.jsonl"
    following = durable.Following(path)
    assert following.new() == (False, [])
    durable.append(path, records(1, 2))
    assert following.new() == (True, records(1, 2))
    assert following.new() == (False, [])
    durable.append(path, records(3))
    assert following.new() == (False, records(3))


def test_a_logbook_that_was_begun_again_is_read_from_its_beginning(tmp_path):
    path = tmp_path / "log.jsonl"
    following = durable.Following(path)
    durable.append(path, records(1, 2))
    following.new()
    path.unlink()
    assert following.new() == (True, [])
    durable.append(path, records(3, 4, 5))
    assert following.new() == (True, records(3, 4, 5))
    path.write_text('{"n":9}\n{"n":8}\n{"n":7}\n{"n":6}\n')  # the same file, no shorter
    assert following.new() == (True, records(9, 8, 7, 6))


@given(st.lists(st.integers(0, 999), max_size=6), st.data())
def test_however_a_logbook_grows_each_record_is_met_once(numbers, data):
    """Also where a process is seen writing, or a crash cut a record short."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.jsonl"
        following, met = durable.Following(path), []

        def look():
            is_other, found = following.new()
            if is_other:
                met.clear()
            met.extend(found)

        for number in numbers:
            whole = durable.canonical({"n": number}).encode() + b"\n"
            cut = data.draw(st.integers(0, len(whole)))
            with path.open("ab") as file:
                file.write(whole[:cut])
            look()
            if data.draw(st.booleans()):  # a crash: the next record begins on a line of its own
                durable.append(path, [{"n": -1}])
            else:
                with path.open("ab") as file:
                    file.write(whole[cut:])
            look()
            assert met == durable.read(path)
