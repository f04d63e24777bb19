"""Why an exchange failed."""

from __future__ import annotations

import errno
import socket
import ssl

import pytest
import requests
from urllib3 import exceptions

from snakemake_vip.errors import ConfigurationError, OutageError, UnknownHostError
from snakemake_vip.rest.reasons import explained, reason


def test_the_innermost_error_tells():
    refused = ConnectionRefusedError(111, "Connection refused")
    new = exceptions.NewConnectionError(None, "no")
    new.__cause__ = refused
    wrapped = requests.ConnectionError(exceptions.MaxRetryError(None, "/rest/x", new))
    assert reason(wrapped) == "[Errno 111] Connection refused"


def test_a_broken_connection_tells_how():
    reset = ConnectionResetError(104, "Connection reset by peer")
    broken = requests.ConnectionError(exceptions.ProtocolError("Connection aborted.", reset))
    assert reason(broken) == "[Errno 104] Connection reset by peer"


def test_time_limits_are_told_in_words():
    assert reason(requests.ConnectTimeout()) == "no connection within the time limit"
    assert reason(requests.ReadTimeout()) == "no answer within the time limit"
    late = exceptions.ReadTimeoutError(None, None, "Read timed out.")
    assert reason(requests.ConnectionError(late)) == "no answer within the time limit"


def test_an_error_without_words_tells_its_kind():
    assert reason(requests.ConnectionError()) == "ConnectionError"


# -- what that lets one expect

URL = "https://vip.example"


def wrapped(error, kind=requests.ConnectionError):
    """An error of the network as requests raises it."""
    inner = exceptions.HTTPError()
    inner.__cause__ = error
    return kind(exceptions.MaxRetryError(None, "/rest/x", inner))


def meant(error, *, is_known=False):
    return explained("asking", URL, error, reason(error), is_known=is_known)


def certificate():
    return ssl.SSLCertVerificationError(1, "self-signed certificate")


def not_tls():
    error = ssl.SSLError(1, "wrong version number")
    error.reason = "WRONG_VERSION_NUMBER"
    return error


def no_such_name():
    return socket.gaierror(socket.EAI_NONAME, "Name or service not known")


@pytest.mark.parametrize(
    ("error", "said"), [(certificate(), "certificate"), (not_tls(), "does not speak https")]
)
def test_what_will_not_heal_is_a_mistake(error, said):
    found = meant(wrapped(error, requests.exceptions.SSLError))
    assert isinstance(found, ConfigurationError)
    assert found.problems[0].key == "vip.url"
    assert said in str(found)
    assert found.problems[0].remedy


@pytest.mark.parametrize("error", [certificate(), not_tls(), no_such_name()], ids=repr)
def test_what_has_answered_before_has_a_right_address(error):
    assert type(meant(wrapped(error), is_known=True)) is OutageError


def test_a_name_that_no_host_has_is_told_as_such():
    found = meant(wrapped(no_such_name()))
    assert type(found) is UnknownHostError
    assert URL in found.what
    assert "misspelled" in found.remedy


@pytest.mark.parametrize(
    "error",
    [
        socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"),
        ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"),
        ssl.SSLEOFError(8, "EOF occurred in violation of protocol"),
    ],
    ids=repr,
)
def test_what_may_pass_is_an_outage(error):
    assert type(meant(wrapped(error))) is OutageError


def test_a_proxy_out_of_reach_is_named_instead_of_vip():
    found = meant(wrapped(no_such_name(), requests.exceptions.ProxyError))
    assert type(found) is OutageError
    assert "proxy" in found.what
    assert "HTTPS_PROXY" in found.remedy


def test_a_file_of_certificates_that_is_not_there_is_a_mistake():
    found = meant(OSError("Could not find a suitable TLS CA certificate bundle"))
    assert isinstance(found, ConfigurationError)
    assert found.problems[0].key == "REQUESTS_CA_BUNDLE"
