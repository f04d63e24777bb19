"""What an answer of VIP means: pure, from status, headers and body to an error or none.

Decisions go by (HTTP status, ``errorCode``); the text is for display only, since VIP's texts change
with version and language.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from snakemake_vip.errors import (
    AuthenticationError,
    CapacityError,
    OutageError,
    PlatformError,
    VipError,
)

_AUTHENTICATION = frozenset({8002, 8003, 8004})
_CAPACITY = frozenset({2000, 2001, 2003})
_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
_HTTP_UNAUTHORIZED = 401
_HTTP_REDIRECTS = range(300, 400)
_HTTP_ERRORS = 400

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


def failure(
    what: str, *, status: int, content_type: str, body: bytes, wants_json: bool
) -> VipError | None:
    """Return the error that an answer means, or none where it is a good one.

    Parameters
    ----------
    what
        The request in words, for the message.
    status
        HTTP status.
    content_type
        The answer's ``Content-Type``.
    body
        The answer, or its beginning.
    wants_json
        Whether only JSON is a good answer.
    """
    is_json = content_type.partition(";")[0].strip().lower() == "application/json"
    code, message = _code_and_message(body) if is_json and status >= _HTTP_ERRORS else (None, "")
    if status == _HTTP_UNAUTHORIZED or code in _AUTHENTICATION:
        return AuthenticationError(
            f"{what}: VIP refused the API key (HTTP {status}).",
            code=code,
            status=status,
            message=message,
            remedy=REMEDIES.get(code or 8002, REMEDIES[8002]),
        )
    if status in _HTTP_REDIRECTS:
        return OutageError(
            f"{what}: sent elsewhere (HTTP {status}) instead of answered.",
            "A log-in page of your network, or a wrong vip.url, may stand in between.",
        )
    if status >= _HTTP_ERRORS:
        return _refusal(what, status, code, message)
    if wants_json and not is_json:
        return OutageError(
            f"{what}: what answers is not VIP ({content_type or 'no content type'}).",
            "A proxy, a log-in page of your network, or a wrong vip.url may stand in between.",
        )
    return None


def _refusal(what: str, status: int, code: int | None, message: str) -> VipError:
    if code in _CAPACITY:
        return CapacityError(
            f"{what}: no room.", code=code, status=status, message=message, remedy=REMEDIES[code]
        )
    if status in _TRANSIENT:
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
        413: "The file is larger than the platform takes.",
    }.get(status, "")


def _code_and_message(body: bytes) -> tuple[int | None, str]:
    try:
        answer = json.loads(body)
    except ValueError:
        return None, ""
    if not isinstance(answer, Mapping):
        return None, ""
    fields = cast("Mapping[str, Any]", answer)
    code = fields.get("errorCode")
    return (code if isinstance(code, int) else None), str(fields.get("errorMessage") or "")
