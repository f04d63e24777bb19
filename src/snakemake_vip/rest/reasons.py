"""Why an exchange failed, in the words of the innermost error and without its wrapping."""

from __future__ import annotations

import requests
from urllib3.exceptions import ReadTimeoutError

_NESTED = 10


def reason(error: BaseException) -> str:
    """Return why a request failed.

    Parameters
    ----------
    error
        What requests or urllib3 raised.
    """
    if isinstance(error, requests.ConnectTimeout):
        return "no connection within the time limit"
    for _ in range(_NESTED):
        if isinstance(error, requests.ReadTimeout | ReadTimeoutError):
            return "no answer within the time limit"
        inner = _inner(error)
        if inner is None:
            break
        error = inner
    return str(error) or type(error).__name__


def _inner(error: BaseException) -> BaseException | None:
    last = error.args[-1] if error.args else None
    for inner in (getattr(error, "reason", None), last, error.__cause__):
        if isinstance(inner, BaseException):
            return inner
    return None
