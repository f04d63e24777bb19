"""The bytes of a file on their way."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from snakemake_vip.errors import TransferError
from snakemake_vip.rest.content import Content


@given(st.binary(max_size=200), st.integers(1, 50), st.data())
def test_exactly_what_is_announced_is_read(data, piece, draw):
    start = draw.draw(st.integers(0, len(data)))
    size = draw.draw(st.integers(0, len(data) - start))
    file = io.BytesIO(data)
    file.seek(start)
    content = Content(file, size, "sending")
    assert len(content) == size
    read = b"".join(iter(lambda: content.read(piece), b""))
    assert read == data[start : start + size]
    assert len(content) == 0


def test_without_a_size_all_the_rest_is_read():
    assert Content(io.BytesIO(b"12345"), 4, "sending").read() == b"1234"


def test_a_file_that_ends_early_is_told():
    content = Content(io.BytesIO(b"12"), 5, "sending x")
    assert content.read(10) == b"12"
    with pytest.raises(TransferError, match="sending x: the local file ends 3 bytes early"):
        content.read(10)


def test_a_disk_that_fails_is_told():
    class Broken(io.RawIOBase):
        def read(self, _=-1):
            raise OSError(5, "Input/output error")

    with pytest.raises(TransferError, match=r"cannot be read \(Input/output error\)"):
        Content(Broken(), 5, "sending x").read(10)
