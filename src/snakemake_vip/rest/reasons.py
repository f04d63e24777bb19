"""Why an exchange failed, in the words of the innermost error, and what that lets one expect."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING

import requests
from urllib3.exceptions import ReadTimeoutError

from snakemake_vip.errors import (
    ConfigurationError,
    OutageError,
    Problem,
    UnknownHostError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snakemake_vip.errors import VipError

_NESTED = 10
_MISCONFIGURED = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
)
_NO_SUCH_NAME = {socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)}
"""Not among them is ``EAI_AGAIN``: a name server that is out of reach knows nothing of a name."""
_NOT_TLS = {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST"}
_ADDRESS = "Give the portal's address: https://vip.creatis.insa-lyon.fr"
_CERTIFICATE = (
    "Check vip.url and the date of this computer. If your network has a certificate of its own, "
    "give its file in REQUESTS_CA_BUNDLE."
)
_NAME = "If it is misspelled, end this and correct vip.url; if not, check your network."


def reason(error: BaseException) -> str:
    """Return why a request failed.

    Parameters
    ----------
    error
        What requests or urllib3 raised.
    """
    if isinstance(error, requests.ConnectTimeout):
        return "no connection within the time limit"
    innermost = error
    for innermost in _chain(error):
        if isinstance(innermost, requests.ReadTimeout | ReadTimeoutError):
            return "no answer within the time limit"
    return str(innermost) or type(innermost).__name__


def explained(what: str, url: str, error: BaseException, told: str, *, is_known: bool) -> VipError:
    """Return what a failed request means: an outage, which may pass, or a mistake.

    Parameters
    ----------
    what
        The request in words.
    url
        The portal.
    error
        What requests or urllib3 raised.
    told
        Its :func:`reason`, fit to be shown.
    is_known
        Whether the portal has answered this process before. Then its address is right, and what
        looks like a mistake is something that got in between, and may pass: a network's log-in.
    """
    innermost = list(_chain(error))[-1]
    mistake = _mistake(url, error, None if is_known else innermost, told)
    if mistake:
        return ConfigurationError([mistake])
    if isinstance(error, requests.exceptions.ProxyError):
        return OutageError(
            f"{what}: the proxy of your network could not be reached ({told}).",
            "Check your network and HTTPS_PROXY; the same command goes on from here.",
        )
    unreached = f"{what}: {url} could not be reached"
    if not is_known and isinstance(innermost, socket.gaierror) and innermost.errno in _NO_SUCH_NAME:
        return UnknownHostError(f"{unreached} (no host has that name).", _NAME)
    return OutageError(
        f"{unreached} ({told}).",
        "Check your network and vip.url; the same command goes on from here.",
    )


def _mistake(
    url: str, error: BaseException, innermost: BaseException | None, told: str
) -> Problem | None:
    """Return the mistake of the configuration that an error shows, if it does."""
    if type(error) is OSError:
        return Problem("REQUESTS_CA_BUNDLE", told, "Name a file that is there, or unset it.")
    if isinstance(error, _MISCONFIGURED):
        return Problem("vip.url", f"{url} cannot be asked ({told})", _ADDRESS)
    if isinstance(innermost, ssl.SSLCertVerificationError):
        what = f"the certificate of {url} is not valid ({told})"
        return Problem("vip.url", what, _CERTIFICATE)
    if isinstance(innermost, ssl.SSLError) and getattr(innermost, "reason", None) in _NOT_TLS:
        return Problem("vip.url", f"{url} does not speak https ({told})", _ADDRESS)
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Give an error, what it wraps, and so on."""
    inner: BaseException | None = error
    for _ in range(_NESTED):
        if inner is None:
            return
        yield inner
        inner = _inner(inner)


def _inner(error: BaseException) -> BaseException | None:
    last = error.args[-1] if error.args else None
    for inner in (getattr(error, "reason", None), last, error.__cause__):
        if isinstance(inner, BaseException):
            return inner
    return None
