from __future__ import annotations

import hashlib
import io
import os
from pathlib import PurePosixPath

import pytest

from snakemake_vip.errors import TransferError
from snakemake_vip.transfer.sending import Sending, refuse_if_changed
from snakemake_vip.transfer.tree import LocalFile

GOOD = hashlib.sha256(b"content").hexdigest()


def test_it_is_hashed_on_its_way_and_told_before_its_end_is_given_out():
    told, moved = [], []
    sending = Sending(io.BytesIO(b"content and more"), 7, told.append, moved.append)
    assert sending.read(3) == b"con"
    assert (told, sending.sha256) == ([], None)
    assert sending.read(4) == b"tent"
    assert (told, sending.sha256, moved) == ([GOOD], GOOD, [3, 4])


def test_what_is_refused_at_its_end_is_never_given_out_whole():
    def refuse(_digest):
        raise ZeroDivisionError

    sending = Sending(io.BytesIO(b"content"), 7, refuse)
    sending.read(6)
    with pytest.raises(ZeroDivisionError):
        sending.read(1)
    assert sending.sha256 is None


def test_an_empty_file_is_complete_from_the_start():
    told = []
    assert Sending(io.BytesIO(), 0, told.append).sha256 == hashlib.sha256().hexdigest()
    assert len(told) == 1


def test_a_file_that_is_as_it_was_found_passes_and_any_other_does_not(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"content")
    stat = path.stat()
    file = LocalFile(path, PurePosixPath("a"), stat.st_size, stat.st_mtime_ns)
    refuse_if_changed(file)
    os.utime(path, (1, 1))
    with pytest.raises(TransferError, match="a changed while it was sent"):
        refuse_if_changed(file)
    path.unlink()
    with pytest.raises(TransferError, match="a cannot be read: No such file"):
        refuse_if_changed(file)
