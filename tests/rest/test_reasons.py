"""Why an exchange failed."""

from __future__ import annotations

import requests
from urllib3 import exceptions

from snakemake_vip.rest.reasons import reason


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
