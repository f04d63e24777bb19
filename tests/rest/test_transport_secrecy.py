"""Who sees the key, and what else is sent along."""

from __future__ import annotations

import json
import logging

import pytest
from rest_calls import (
    HTML,
    PLATFORM,
    every_call,
    json_error,
)

from snakemake_vip.errors import (
    AuthenticationError,
    ConfigurationError,
    OutageError,
    PlatformError,
    VipError,
)
from snakemake_vip.rest.client import Client
from snakemake_vip.rest.key import ApiKey
from snakemake_vip.rest.transport import Limits, Transport


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


@every_call
def test_no_error_and_no_record_shows_the_key(wire, call, secret, told, caplog):
    caplog.set_level(logging.DEBUG)
    for reply in FAILURES.values():
        wire.fresh()
        wire.reply(reply)
        read = 0.03 if {"before", "hang"} & set(reply) else 5
        error = _error_of(call, wire.client(read=read, slow_read=read, patience=0.001))
        assert error is None or secret not in told(error)
        assert wire.heard()[0].headers["apikey"] == secret
    names = {record.name for record in caplog.records}
    assert {"urllib3.connectionpool", "snakemake_vip.rest.transport"} <= names
    for record in caplog.records:
        assert secret not in f"{record.getMessage()} {vars(record)}"


def _error_of(call, client):
    try:
        call(client)
    except VipError as error:
        return error
    return None


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


@pytest.mark.parametrize(
    ("url", "warned"),
    [("http://vip.example", True), ("https://vip.example", False), ("http://localhost:1", False)],
)
def test_a_key_that_would_go_unencrypted_is_warned_about(url, warned, secret, caplog):
    Transport(url, ApiKey(secret))
    assert ("not encrypted" in caplog.text) is warned
    assert secret not in caplog.text
    caplog.clear()
    Transport(url, None)
    assert caplog.text == ""


def test_two_accounts_in_one_process_do_not_mix(wire):
    wire.say(PLATFORM)
    mine, theirs = (Client(Transport(wire.url, ApiKey(key * 20))) for key in "ab")
    for client in (mine, theirs, mine):
        client.platform()
    assert [seen.headers["apikey"][0] for seen in wire.seen] == ["a", "b", "a"]


def test_without_a_key_none_is_sent(wire):
    wire.say(PLATFORM)
    Client(Transport(wire.url, None)).platform()
    assert "apikey" not in wire.seen[0].headers


def test_a_wrong_proxy_of_the_environment_is_a_mistake_of_the_configuration(monkeypatch):
    monkeypatch.setenv("https_proxy", "http://[bad")
    client = Client(Transport("https://nowhere.invalid", None, Limits(patience=60)))
    with pytest.raises(ConfigurationError):
        client.platform()
