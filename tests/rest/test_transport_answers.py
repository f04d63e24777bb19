"""What is no answer of VIP is never taken for one."""

from __future__ import annotations

import gzip
import io
import json
import tracemalloc

import pytest
from rest_calls import (
    CHANGES,
    HTML,
    LOOKS,
    MIB,
    PLATFORM,
    every_call,
    every_look,
)

from snakemake_vip.errors import (
    OutageError,
    PlatformError,
    VipError,
)
from snakemake_vip.rest.client import Client


@every_call
def test_a_page_with_status_200_is_never_a_success(wire, call):
    wire.reply(HTML)
    with pytest.raises(OutageError, match="not VIP"):
        call(wire.client())


@every_look
@pytest.mark.parametrize(
    "body", [b"null", b"5", b'"x"', b"[5]", b"[[]]", b'{"error": "?"}', b'[{"x": 1}]', b"true"]
)
def test_json_of_something_else_is_not_vips(wire, call, body):
    wire.reply({"body": body})
    client = wire.client()
    if call is LOOKS["log"]:
        assert call(client) == body.decode()
    elif call is Client.count_executions and body == b"5":
        assert call(client) == 5
    elif call is LOOKS["descriptor"] and body.startswith(b"{"):
        assert call(client) is None
    elif call is Client.platform and body.startswith(b"{"):
        assert call(client).name == "VIP"
    else:
        with pytest.raises(OutageError, match="not VIP"):
            call(client)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"name": "n"}', b"{", b'{"identifier": 1, "jobs": 5}']
)
def test_a_launch_that_is_answered_oddly_is_in_doubt(wire, body):
    wire.reply({"body": body})
    with pytest.raises(OutageError):
        CHANGES["launch"](wire.patient())
    assert len(wire.seen) == 1


@pytest.mark.parametrize("status", [301, 308])
def test_a_portal_that_moved_is_told_at_once(wire, status):
    wire.reply({"status": status, "headers": {"Location": "https://elsewhere.example/"}})
    with pytest.raises(PlatformError, match=f"HTTP {status}"):
        wire.patient().platform()
    assert len(wire.seen) == 1


@every_call
def test_nothing_follows_a_redirection(wire, other_wire, call):
    for status in (301, 302, 303, 307, 308):
        headers = {"Location": f"{other_wire.url}/rest/platform"}
        wire.reply({"status": status, "headers": headers})
        with pytest.raises(VipError):
            call(wire.client())
    assert other_wire.seen == []


def test_a_huge_page_of_an_error_is_not_read_whole(wire):
    wire.reply({"status": 400, "body": bytes(40 * MIB), "kind": "text/html"})
    tracemalloc.start()
    try:
        with pytest.raises(PlatformError):
            wire.client().platform()
        assert tracemalloc.get_traced_memory()[1] < 4 * MIB
    finally:
        tracemalloc.stop()


def test_an_answer_that_is_too_large_for_vip_is_refused(wire, monkeypatch):
    monkeypatch.setattr("snakemake_vip.rest.transport._LARGEST_ANSWER", 1000)
    wire.reply({"body": b" " * 2000})
    with pytest.raises(OutageError, match="larger than any of VIP's"):
        wire.client().platform()
    wire.reply({"body": json.dumps(PLATFORM).encode().ljust(1000)})
    assert wire.client().platform().name == "Here"


def test_an_upload_that_is_refused_before_its_end_tells_why(wire):
    wire.reply({"status": 413, "unread": True, **HTML})
    with pytest.raises(VipError) as caught:
        wire.client().upload("/vip/Home/x", io.BytesIO(b"x" * 100), 100)
    assert caught.value.status == 413
    assert "larger" in caught.value.remedy


def test_an_answer_is_not_expanded_without_end(wire):
    # Each step expands a thousandfold, and nobody asked for either.
    small = gzip.compress(gzip.compress(bytes(400 * MIB), 1))
    headers = {"Content-Encoding": "gzip, gzip"}
    wire.reply({"body": small, "headers": headers})
    tracemalloc.start()
    try:
        with pytest.raises(OutageError, match="larger than any of VIP's"):
            wire.client().platform()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 200 * MIB
