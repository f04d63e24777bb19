"""One exchange: time limits, repetition, what is no answer of VIP, and who sees the key."""

from __future__ import annotations

import io
import json
import logging
import threading
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import pytest

from snakemake_vip.errors import (
    AuthenticationError,
    CapacityError,
    ConfigurationError,
    OutageError,
    PlatformError,
    TransferError,
    VipError,
)
from snakemake_vip.rest.client import Client
from snakemake_vip.rest.key import ApiKey
from snakemake_vip.rest.transport import CHUNK, Limits, Transport

PLATFORM = {"platformName": "Here", "supportedAPIVersion": "0.3"}
HTML = {"body": b"<html>Please log in</html>", "kind": "text/html;charset=utf-8"}
MIB = 1 << 20


def json_error(code, status=400, **more):
    body = json.dumps({"errorCode": code, "errorMessage": "no", **more})
    return {"status": status, "body": body.encode()}


CHANGES = {
    "launch": lambda client: client.launch("n", "a/1", {}, "/vip/Home"),
    "kill": lambda client: client.kill("workflow-abcdef"),
    "delete_execution": lambda client: client.delete_execution("workflow-abcdef", files=True),
    "make_directory": lambda client: client.make_directory("/vip/Home/x"),
    "upload": lambda client: client.upload("/vip/Home/x", io.BytesIO(b"123"), 3),
    "upload_empty": lambda client: client.upload("/vip/Home/x", io.BytesIO(), 0),
    "delete_path": lambda client: client.delete_path("/vip/Home/x"),
}
LOOKS = {
    "platform": Client.platform,
    "pipelines": Client.pipelines,
    "pipeline": lambda client: client.pipeline("a/1"),
    "pipeline_oddly_named": lambda client: client.pipeline("a+b/1"),
    "descriptor": lambda client: client.descriptor("a/1"),
    "executions": Client.executions,
    "count_executions": Client.count_executions,
    "execution": lambda client: client.execution("workflow-abcdef"),
    "results": lambda client: client.results("workflow-abcdef"),
    "log": lambda client: client.log("workflow-abcdef", job=1),
    "properties": lambda client: client.properties("/vip/Home"),
    "exists": lambda client: client.exists("/vip/Home"),
    "listing": lambda client: client.listing("/vip/Home"),
}


def download(client):
    with client.download("/vip/Home/x") as answer:
        return answer.content


EVERYTHING = {**CHANGES, **LOOKS, "download": download}
every_call = pytest.mark.parametrize("call", EVERYTHING.values(), ids=EVERYTHING.keys())
every_change = pytest.mark.parametrize("call", CHANGES.values(), ids=CHANGES.keys())
every_look = pytest.mark.parametrize("call", LOOKS.values(), ids=LOOKS.keys())


# -- time limits


@every_call
def test_a_silent_server_is_left(wire, call):
    wire.reply({"before": 20})
    begun = time.monotonic()
    with pytest.raises(OutageError, match="no answer within"):
        call(wire.client(read=0.05, slow_read=0.05))
    assert time.monotonic() - begun < 3
    assert len(wire.seen) == 1


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
    with pytest.raises(OutageError, match="did not end within 0.2 s"):
        wire.client(whole=0.2).platform()
    assert time.monotonic() - begun < 2


def test_an_upload_that_nobody_takes_is_left(wire):
    wire.reply({"unread": True, "before": 20})
    with pytest.raises(OutageError):
        wire.client(slow_read=0.2).upload("/vip/Home/x", io.BytesIO(bytes(64 * MIB)), 64 * MIB)


def test_a_slow_line_may_take_longer_for_a_piece_than_to_connect(wire):
    wire.reply({"status": 201, "body": b"", "kind": None, "before": 0.3, "unread": True})
    client = wire.client(connect=0.05, slow_read=5)
    client.upload("/vip/Home/x", io.BytesIO(b"123"), 3)


# -- repetition


@every_change
@pytest.mark.parametrize(
    "reply",
    [{"status": 500}, {"status": 503, **HTML}, {"reset": True}, {"before": 20}, HTML],
    ids=["500", "503", "reset", "silence", "page"],
)
def test_what_changes_something_is_sent_exactly_once(wire, call, reply):
    wire.reply(reply, {})
    with pytest.raises(OutageError):
        call(wire.patient(read=0.05, slow_read=0.05))
    assert len(wire.seen) == 1


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
    assert wire.patient(read=0.05).platform().name == "Here"
    assert len(wire.seen) == 3


def test_pauses_grow_and_patience_ends(wire, caplog):
    wire.reply({"status": 503})
    begun = time.monotonic()
    with pytest.raises(OutageError, match="503"):
        wire.patient(patience=0.5, longest_pause=0.2).platform()
    assert 0.4 < time.monotonic() - begun < 3
    assert 4 < len(wire.seen) < 20
    assert "HTTP 503. Next try in" in caplog.text


@pytest.mark.parametrize("code", [8002, 8003, 8004, None, 40101])
@every_call
def test_a_refused_key_ends_at_once(wire, call, code):
    wire.refuse(code, 401, "Bad credentials")
    with pytest.raises(AuthenticationError) as caught:
        call(wire.patient())
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


# -- what is no answer of VIP


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


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@every_call
def test_nothing_follows_a_redirection(wire, other_wire, call, status):
    wire.reply({"status": status, "headers": {"Location": f"{other_wire.url}/rest/platform"}})
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


# -- the key


def test_the_key_is_sent(wire, secret):
    wire.say([])
    wire.client().executions()
    assert wire.seen[0].headers["apikey"] == secret


FAILURES = {
    "silence": {"before": 20},
    "reset": {"reset": True},
    "stall": {"body": b"{", "announced": 9, "hang": True},
    "cut": {"body": b"{", "announced": 9},
    "not json": {"body": b"{"},
    "page": HTML,
    "500": {"status": 500, **HTML},
    "401": json_error(8002, 401),
    "400": json_error(8000),
    "elsewhere": {"status": 302, "headers": {"Location": "http://127.0.0.1:9/"}},
}


@pytest.mark.parametrize("reply", FAILURES.values(), ids=FAILURES.keys())
@every_call
def test_no_error_and_no_record_shows_the_key(wire, call, reply, secret, told, caplog):
    caplog.set_level(logging.DEBUG)
    wire.reply(reply)
    try:
        call(wire.patient(read=0.03, slow_read=0.03, patience=0.02))
    except VipError as error:
        assert secret not in told(error)
    assert wire.seen[0].headers["apikey"] == secret
    assert {"urllib3.connectionpool", "snakemake_vip.rest.transport"} & {
        record.name for record in caplog.records
    }
    for record in caplog.records:
        assert secret not in f"{record.getMessage()} {vars(record)}"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9", "http://nowhere.invalid", "https://127.0.0.1:9"]
)
def test_no_error_shows_the_key_where_nobody_answers(url, secret, told, monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    transport = Transport(url, ApiKey(secret), Limits(connect=2, patience=0))
    with pytest.raises(OutageError) as caught:
        Client(transport).platform()
    assert url in caught.value.what
    assert secret not in told(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_a_server_that_repeats_the_key_does_not_make_it_show(wire, secret):
    wire.refuse(8002, 401, f"Bad credentials: {secret}")
    with pytest.raises(AuthenticationError) as caught:
        wire.client().platform()
    assert secret not in str(caught.value) + caught.value.message
    wire.reply({"body": b"", "kind": f"text/{secret}"})
    with pytest.raises(OutageError) as caught:
        wire.client().platform()
    assert secret not in str(caught.value)


def test_what_a_server_writes_cannot_play_with_the_terminal(wire):
    wire.refuse(8000, 400, "\x1b[2J\x07first\nsecond\u202e" + "x" * 5000)
    with pytest.raises(PlatformError) as caught:
        wire.client().execution("workflow-abcdef")
    assert caught.value.message.startswith("[2J first second x")
    assert caught.value.message.isprintable()
    assert len(caught.value.message) < 600


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


# -- streams


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


# -- headers


def test_the_headers_are_those_that_vip_wants(wire, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("default login me password mine\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setattr("snakemake_vip.rest.address.is_local", lambda _: False)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    wire.reply(
        {"body": json.dumps(PLATFORM).encode(), "headers": {"Set-Cookie": "JSESSIONID=1; Path=/"}}
    )
    client = wire.client()
    client.platform()
    client.platform()
    for seen in wire.seen:
        assert seen.headers["accept"] == "*/*"
        assert seen.headers["user-agent"].startswith("snakemake-vip/")
        assert not {"cookie", "authorization", "origin"} & set(seen.headers)


def test_no_proxy_is_asked_for_this_machine(wire, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    wire.say(PLATFORM)
    assert wire.client().platform().name == "Here"


def test_without_a_key_none_is_sent(wire):
    wire.say(PLATFORM)
    Client(Transport(wire.url, None)).platform()
    assert "apikey" not in wire.seen[0].headers


def test_a_wrong_proxy_of_the_environment_is_a_mistake_of_the_configuration(monkeypatch):
    monkeypatch.setenv("https_proxy", "http://[bad")
    client = Client(Transport("https://nowhere.invalid", None, Limits(patience=60)))
    with pytest.raises(ConfigurationError):
        client.platform()
