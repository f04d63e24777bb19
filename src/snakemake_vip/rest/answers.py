"""What an answer of VIP means: pure, from status, content type and body to an error or none.

Decisions go by (HTTP status, ``errorCode``); the text is for display only, since VIP's texts change
with version and language.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from snakemake_vip.errors import (
    AuthenticationError,
    CapacityError,
    OutageError,
    PlatformError,
    VipError,
)
from snakemake_vip.rest.fields import ShapeError

_AUTHENTICATION = frozenset({8002, 8003, 8004})
_CAPACITY = frozenset({2000, 2001, 2003})
_TRANSIENT = frozenset({408, 425, 429})
_LASTING = frozenset({501, 505})
_HTTP_UNAUTHORIZED = 401
_HTTP_MOVED = frozenset({301, 308})
_HTTP_MULTIPLE_CHOICES = 300
_HTTP_ERRORS = 400
_HTTP_SERVER_ERRORS = 500
_PAGES = frozenset({"text/html", "application/xhtml+xml"})
_SHOWN = 500

REMEDIES = {
    1000: "Check the identifier.",
    1001: "Your account has no right to this; ask the owner or VIP's support.",
    2000: "The platform is full; wait until executions of others have ended.",
    2001: "Wait until one of your executions has ended, or ask VIP's support for more capacity.",
    2002: "The pipeline is not usable as it is installed; tell VIP's support.",
    2003: "The engine is full; wait.",
    2004: "The launch failed on VIP's side; look at the inputs, then tell VIP's support.",
    8000: "VIP gives no reason for this code; it may be a path, a right or a fault on its side.",
    8001: "This platform does not offer that.",
    8002: "Check the key: it is on your account page of VIP (it changes when you renew it).",
    8003: "Give a key: vip.api_key names an environment variable or a file.",
    8004: "The account may be locked; log in on the portal or write to VIP's support.",
    8005: "A pipeline's identifier is <application>/<version>.",
    8006: "Check the name of the application.",
    8007: "Look it up with: snakemake-vip pipelines",
    8008: "Join the pipeline's group on the portal, then try again.",
    8009: "Check the value of that input.",
    8010: "Check the date.",
    8013: "Check the path: yours begin with /vip/Home/ or with a group that you are in.",
    8015: "The execution was deleted on VIP; its results are gone there.",
    8018: "Give that input a value in input_settings.",
    8019: "Use letters, digits, '-', '_' and spaces only.",
    8020: "Check the inputs.",
}


@dataclass(frozen=True)
class Answer:
    """A whole answer.

    Attributes
    ----------
    status
        HTTP status.
    content_type
        The header, or nothing.
    body
        All of it; of an error its beginning.
    """

    status: int
    content_type: str
    body: bytes

    @property
    def media_type(self) -> str:
        """The content type without parameters."""
        return self.content_type.partition(";")[0].strip().lower()

    @property
    def is_json(self) -> bool:
        """Whether the body is said to be JSON."""
        return self.media_type == "application/json" or self.media_type.endswith("+json")

    @property
    def is_error(self) -> bool:
        """Whether the status tells an error."""
        return self.status >= _HTTP_ERRORS

    @property
    def text(self) -> str:
        """The body as text; VIP writes UTF-8."""
        return self.body.decode("utf-8", errors="replace")

    def json(self) -> Any:
        """Return the body as JSON.

        Raises
        ------
        ShapeError
            If it is none, or only a part of one.
        """
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            pass
        # Not inside the handler: the error that was caught holds the whole body.
        msg = "the answer is not JSON, or not all of it"
        raise ShapeError(msg)


def failure(
    what: str,
    answer: Answer,
    *,
    wants_json: bool,
    hide: Callable[[str], str] = str,
) -> VipError | None:
    """Return the error that an answer means, or none where it is a good one.

    Parameters
    ----------
    what
        The request in words, for the message.
    answer
        What came.
    wants_json
        Whether only JSON is a good answer.
    hide
        Takes out of a text what must not be shown.
    """
    code, message = _code_and_message(answer) if answer.is_error else (None, "")
    message = _shown(hide(message))
    if answer.status == _HTTP_UNAUTHORIZED or code in _AUTHENTICATION:
        return AuthenticationError(
            f"{what}: VIP refused the API key (HTTP {answer.status}).",
            code=code,
            status=answer.status,
            message=message,
            remedy=REMEDIES.get(code or 8002, REMEDIES[8002]),
        )
    if answer.is_error:
        return _refusal(what, answer.status, code, message)
    if answer.status >= _HTTP_MULTIPLE_CHOICES:
        return _elsewhere(what, answer.status)
    # Nothing in VIP's API is a web page; a proxy's or a network's may come with status 200.
    if answer.media_type in _PAGES or (wants_json and not answer.is_json):
        kind = _shown(hide(answer.content_type)) or "no content type"
        return OutageError(
            f"{what}: what answers is not VIP ({kind}).",
            "A proxy, a log-in page of your network, or a wrong vip.url may stand in between.",
        )
    return None


def _elsewhere(what: str, status: int) -> VipError:
    told = f"{what}: sent elsewhere (HTTP {status}) instead of answered."
    if status in _HTTP_MOVED:
        remedy = "Open vip.url in a browser, and write the address that it then shows in vip.url."
        return PlatformError(told, status=status, remedy=remedy)
    return OutageError(
        told, "A log-in page of your network, or a wrong vip.url, may stand in between."
    )


def _refusal(what: str, status: int, code: int | None, message: str) -> VipError:
    if code in _CAPACITY:
        return CapacityError(
            f"{what}: no room.", code=code, status=status, message=message, remedy=REMEDIES[code]
        )
    is_fault = status >= _HTTP_SERVER_ERRORS and status not in _LASTING
    if is_fault or status in _TRANSIENT:
        told = f" ({message})" if message else ""
        return OutageError(f"{what}: VIP answered HTTP {status}{told}.", "It may pass; try again.")
    remedy = REMEDIES.get(code, "") if code is not None else _remedy_of_status(status)
    return PlatformError(
        f"{what}: refused (HTTP {status}).",
        code=code,
        status=status,
        message=message,
        remedy=remedy,
    )


def _remedy_of_status(status: int) -> str:
    return {
        403: "Your account has no right to this.",
        404: "Check vip.url: there is no such page.",
        407: "The proxy of your network asks for a password; give it in HTTPS_PROXY.",
        413: "The file is larger than the platform takes.",
    }.get(status, "")


def _code_and_message(answer: Answer) -> tuple[int | None, str]:
    if not answer.is_json:
        return None, ""
    try:
        found = answer.json()
    except ShapeError:
        return None, ""
    if not isinstance(found, Mapping):
        return None, ""
    fields = cast("Mapping[str, Any]", found)
    code, message = fields.get("errorCode"), fields.get("errorMessage")
    is_code = isinstance(code, int) and not isinstance(code, bool)
    return code if is_code else None, message if isinstance(message, str) else ""


def _shown(text: str) -> str:
    """Return a stranger's text fit for a terminal: one line of bounded length."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}..."
