"""Files stream, whatever their size."""

from __future__ import annotations

import io
import tracemalloc

import pytest
from rest_calls import (
    MIB,
    download,
)

from snakemake_vip.errors import (
    OutageError,
    TransferError,
)
from snakemake_vip.rest.content import CHUNK


def test_a_download_needs_little_memory(wire):
    wire.reply({"body": bytes(64 * MIB), "kind": "application/octet-stream"})
    client = wire.client(slow_read=5)
    tracemalloc.start()
    try:
        with client.download("/vip/Home/x") as answer:
            received = sum(map(len, answer.iter_content(CHUNK)))
        assert received == 64 * MIB
        assert tracemalloc.get_traced_memory()[1] < 5 * MIB
    finally:
        tracemalloc.stop()


class Zeros(io.RawIOBase):
    """Many bytes that need no memory."""

    def __init__(self, size):
        self.left = size

    def readable(self):
        return True

    def read(self, size=-1):
        count = min(size, self.left)
        self.left -= count
        return bytes(count)


def test_an_upload_needs_little_memory(wire):
    size = 64 * MIB
    wire.reply({"status": 201, "body": b"", "kind": None, "discard": True})
    client = wire.client(slow_read=5)
    tracemalloc.start()
    try:
        client.upload("/vip/Home/x", Zeros(size), size)
        assert tracemalloc.get_traced_memory()[1] < 5 * MIB
    finally:
        tracemalloc.stop()
    assert wire.seen[0].headers["content-length"] == str(size)
    assert wire.seen[0].body == size


def test_a_download_that_is_cut_is_an_outage(wire):
    wire.reply({"body": b"123", "announced": 10, "kind": "application/octet-stream"})
    with pytest.raises(OutageError), wire.client().download("/vip/Home/x") as answer:
        b"".join(answer.iter_content(CHUNK))


def test_a_download_is_asked_for_without_compression(wire):
    wire.reply({"kind": "application/octet-stream"})
    download(wire.client())
    assert wire.seen[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("told", ["bytes 0-9/10", "bytes 4-9/10", "", "pages 3-9/10"])
def test_another_part_than_the_wanted_one_is_refused(wire, told):
    kind = "application/octet-stream"
    wire.reply({"status": 206, "kind": kind, "headers": {"Content-Range": told}})
    with (
        pytest.raises(OutageError, match="another part"),
        wire.client().download("/vip/Home/x", start=3),
    ):
        pass


def test_the_wanted_part_is_asked_for(wire):
    headers = {"Content-Range": "bytes 3-9/10"}
    wire.reply({"status": 206, "kind": "application/octet-stream", "headers": headers})
    with wire.client().download("/vip/Home/x", start=3) as answer:
        assert answer.status_code == 206
    assert wire.seen[0].headers["range"] == "bytes=3-"


def test_a_file_that_shrinks_while_it_is_sent_is_told(wire):
    with pytest.raises(TransferError, match="ends 2 bytes early"):
        wire.patient().upload("/vip/Home/x", io.BytesIO(b"123"), 5)
