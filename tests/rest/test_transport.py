"""One exchange: time limits, repetition, connections."""

from __future__ import annotations

import io
import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from rest_calls import (
    CHANGES,
    HTML,
    MIB,
    PLATFORM,
    every_call,
    every_change,
    every_look,
)

from snakemake_vip.errors import (
    AuthenticationError,
    CapacityError,
    ConfigurationError,
    OutageError,
    PlatformError,
    UnknownHostError,
)
from snakemake_vip.rest.client import Client
from snakemake_vip.rest.transport import Limits, Transport


@every_call
def test_a_silent_server_is_left(wire, call):
    wire.reply({"before": 20})
    begun = time.monotonic()
    with pytest.raises(OutageError, match="no answer within"):
        call(wire.client(read=0.05, slow_read=0.05))
    assert time.monotonic() - begun < 3
    assert len(wire.heard()) == 1


@every_call
def test_a_connection_that_is_not_accepted_is_given_up(call, monkeypatch):
    asked = []

    def connect(address, timeout=None, *_, **__):
        asked.append(timeout)
        raise TimeoutError

    monkeypatch.setattr("urllib3.util.connection.create_connection", connect)
    limits = Limits(connect=3, read=5, slow_read=7, patience=0)
    with pytest.raises(OutageError, match="no connection within"):
        call(Client(Transport("http://127.0.0.1:9", None, limits)))
    # The limit of connecting is that of sending as well, and lines may be slow.
    assert asked in ([3], [7])


@every_look
def test_a_body_that_stalls_is_left(wire, call):
    wire.reply({"body": b"[", "announced": 99, "hang": True})
    with pytest.raises(OutageError, match="no answer within"):
        call(wire.client(read=0.05, slow_read=0.05))


def test_a_body_that_trickles_for_ever_is_left(wire):
    wire.reply({"body": b" " * 500, "trickle": 0.01})
    begun = time.monotonic()
    with pytest.raises(OutageError, match="did not end within"):
        wire.client(whole=0.2).platform()
    assert time.monotonic() - begun < 2


def test_an_upload_that_nobody_takes_is_left(wire):
    wire.reply({"unread": True, "before": 20})
    with pytest.raises(OutageError):
        wire.client(slow_read=0.2).upload("/vip/Home/x", io.BytesIO(bytes(64 * MIB)), 64 * MIB)


def test_a_slow_line_may_take_longer_for_a_piece_than_to_connect(wire):
    wire.reply({"status": 201, "body": b"", "kind": None, "late": 0.3, "discard": True})
    client = wire.client(connect=0.05, slow_read=5)
    client.upload("/vip/Home/x", io.BytesIO(bytes(32 * MIB)), 32 * MIB)
    assert wire.seen[0].body == 32 * MIB


# -- repetition


@every_change
@pytest.mark.parametrize(
    "reply",
    [{"status": 500}, {"status": 503, **HTML}, {"reset": True}, {"before": 20}, HTML],
    ids=["500", "503", "reset", "silence", "page"],
)
def test_what_changes_something_is_sent_exactly_once(wire, call, reply):
    wire.reply(reply, {})
    read = 0.1 if "before" in reply else 5
    with pytest.raises(OutageError):
        call(wire.patient(read=read, slow_read=read))
    assert len(wire.heard()) == 1


@pytest.mark.parametrize(
    "bad",
    [
        {"status": 500},
        {"status": 502, **HTML},
        {"status": 504, "body": b"", "kind": None},
        {"status": 429},
        {"status": 520, **HTML},
        HTML,
        {"body": b"", "kind": None},
        {"body": b"", "kind": "application/json"},
        {"body": b'{"platformName": "He'},
        {"body": b'{"platformName": "He', "announced": 99},
        {"body": b"[" * 100_000},
        {"body": b"\xff\xfe{"},
        {"body": b"[]"},
        {"body": b'{"maxSizeDirectTransfer": "much"}'},
        {"reset": True},
        {"before": 20},
        {"status": 302, "headers": {"Location": "http://127.0.0.1:9/"}},
    ],
    ids=str,
)
def test_a_look_is_repeated_until_vip_answers(wire, bad):
    bad.setdefault("body", b"{}")
    good = {"body": json.dumps(PLATFORM).encode()}
    wire.reply(bad, bad, good)
    assert wire.patient(read=0.2 if "before" in bad else 5).platform().name == "Here"
    assert len(wire.seen) == 3


def test_pauses_grow_and_patience_ends(wire, caplog):
    wire.reply({"status": 503})
    begun = time.monotonic()
    with pytest.raises(OutageError, match="503"):
        wire.patient(patience=0.5, longest_pause=0.2).platform()
    assert 0.4 < time.monotonic() - begun < 3
    assert 4 < len(wire.seen) < 20
    assert "HTTP 503. Next try in" in caplog.text


@every_call
def test_a_refused_key_ends_at_once(wire, call):
    wire.refuse(8002, 401, "Bad credentials")
    with pytest.raises(AuthenticationError):
        call(wire.patient())
    assert len(wire.seen) == 1


@pytest.mark.parametrize("code", [8002, 8003, 8004, None, 40101])
def test_a_refused_key_is_told_with_a_remedy(wire, code):
    wire.refuse(code, 401, "Bad credentials")
    with pytest.raises(AuthenticationError) as caught:
        wire.patient().platform()
    assert (caught.value.status, caught.value.code) == (401, code)
    assert "key" in caught.value.what
    assert caught.value.remedy
    assert len(wire.seen) == 1


def test_a_page_with_401_is_a_refused_key_too(wire):
    wire.reply({"status": 401, **HTML})
    with pytest.raises(AuthenticationError):
        wire.patient().platform()
    assert len(wire.seen) == 1


@pytest.mark.parametrize("code", [1000, 1001, 2004, 8000, 8007, 8013, 9999, -1])
def test_a_refusal_ends_at_once_whatever_its_code(wire, code):
    wire.refuse(code, 400, "because")
    with pytest.raises(PlatformError) as caught:
        wire.patient().execution("workflow-abcdef")
    assert (caught.value.code, caught.value.message) == (code, "because")
    assert not isinstance(caught.value, CapacityError | AuthenticationError)
    assert len(wire.seen) == 1


@pytest.mark.parametrize("code", [2000, 2001, 2003])
@pytest.mark.parametrize("status", [400, 503])
def test_a_full_platform_is_told_as_such(wire, code, status):
    wire.refuse(code, status)
    with pytest.raises(CapacityError) as caught:
        CHANGES["launch"](wire.patient())
    assert caught.value.code == code
    assert len(wire.seen) == 1


@pytest.mark.parametrize(
    "body",
    [
        b'{"errorCode": 8007, "errorMessage": "no", "errorDetails": {"a": [1]}}',
        b'{"errorMessage": "no", "errorCode": 8007}',
        b' {"timestamp": 1, "errorCode": 8007, "errorMessage": "no"}\n',
    ],
)
@pytest.mark.parametrize("kind", ["application/json", "Application/JSON; charset=utf-8"])
def test_neither_order_nor_further_members_hide_an_error(wire, body, kind):
    wire.reply({"status": 400, "body": body, "kind": kind})
    with pytest.raises(PlatformError) as caught:
        wire.client().pipeline("a/1")
    assert (caught.value.code, caught.value.message) == (8007, "no")


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"x"', b"null", b'{"errorCode": "x", "errorMessage": 5}', b"\xff"]
)
def test_an_error_without_code_is_told_by_its_status(wire, body):
    wire.reply({"status": 404, "body": body})
    with pytest.raises(PlatformError) as caught:
        wire.client().platform()
    assert (caught.value.status, caught.value.code) == (404, None)
    assert "vip.url" in caught.value.remedy


def test_a_platform_without_https_is_told_at_once(wire):
    url = wire.url.replace("http:", "https:")
    begun = time.monotonic()
    with pytest.raises(ConfigurationError, match="does not speak https"):
        Client(Transport(url, None, Limits(patience=60))).platform()
    assert time.monotonic() - begun < 5


def test_a_name_that_vanishes_after_an_answer_is_an_outage(wire, monkeypatch):
    wire.say(PLATFORM)
    client = wire.client(patience=0)

    def unknown(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    def asked():
        client.close()
        with monkeypatch.context() as patch:
            patch.setattr("socket.getaddrinfo", unknown)
            with pytest.raises(OutageError) as caught:
                client.platform()
        return type(caught.value)

    assert asked() is UnknownHostError
    client.platform()
    assert asked() is OutageError


# -- connections


def test_answers_leave_the_connection_open_for_the_next(wire):
    client = wire.client()
    for value in (PLATFORM, PLATFORM, PLATFORM):
        wire.say(value)
        client.platform()
    wire.refuse(8000)
    with pytest.raises(PlatformError):
        client.pipelines()
    wire.say([])
    client.pipelines()
    assert len({seen.connection for seen in wire.seen}) == 1


def test_threads_share_a_transport_without_mixing_answers(wire):
    wire.reply({"echo": True})
    client = wire.client(read=5)
    asked = [f"workflow-{number:06}" for number in range(200)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(client.execution, asked))
    assert [execution.identifier for execution in answers] == asked
    assert len({seen.connection for seen in wire.seen}) <= 8


def test_connections_of_ended_threads_serve_the_next_ones(wire):
    wire.say(PLATFORM)
    client = wire.client()
    for _ in range(5):
        thread = threading.Thread(target=client.platform)
        thread.start()
        thread.join(5)
    assert len(wire.seen) == 5
    assert len({seen.connection for seen in wire.seen}) == 1


def test_a_closed_client_opens_a_new_connection(wire):
    wire.say(PLATFORM)
    client = wire.client()
    client.platform()
    client.close()
    client.platform()
    assert len({seen.connection for seen in wire.seen}) == 2
