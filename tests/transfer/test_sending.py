from __future__ import annotations

import hashlib
import io

import pytest

from snakemake_vip.transfer import sending
from snakemake_vip.transfer.sending import Sending

GOOD = hashlib.sha256(b"content").hexdigest()


def test_it_is_hashed_on_its_way_and_told_before_its_end_is_given_out():
    told, moved = [], []
    one = Sending(io.BytesIO(b"content and more"), 7, told.append, moved.append)
    assert one.read(3) == b"con"
    assert (told, one.sha256) == ([], None)
    assert one.read(4) == b"tent"
    assert (told, one.sha256, moved) == ([GOOD], GOOD, [3, 4])


def test_what_is_refused_at_its_end_is_never_given_out_whole():
    def refuse(_digest):
        raise ZeroDivisionError

    one = Sending(io.BytesIO(b"content"), 7, refuse)
    one.read(6)
    with pytest.raises(ZeroDivisionError):
        one.read(1)
    assert one.sha256 is None


@pytest.mark.parametrize("content", [b"content", b""])
def test_a_small_file_is_complete_before_anything_is_given_out(content):
    told, moved = [], []
    one = Sending(io.BytesIO(content), len(content), told.append, moved.append)
    one.read_ahead()
    assert told == [hashlib.sha256(content).hexdigest()]
    assert moved == []
    assert one.read(3) + one.read() == content
    assert sum(moved) == len(content)
    assert len(told) == 1


def test_a_large_file_is_not_read_before_its_turn(monkeypatch):
    monkeypatch.setattr(sending, "AHEAD", 6)
    file, told = io.BytesIO(b"content"), []
    Sending(file, 7, told.append).read_ahead()
    assert (file.tell(), told) == (0, [])
