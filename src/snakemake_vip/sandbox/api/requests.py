"""Reading requests the way VIP's framework does."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from snakemake_vip.sandbox.answers import RefusedError, SpringError

if TYPE_CHECKING:
    from starlette.requests import Request

    from snakemake_vip.sandbox.portal import Portal

ANY_VERB = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
"""Most of VIP's handlers are declared without a verb."""

_FIELD_NOT_VALID = 8009


def portal_of(request: Request) -> Portal:
    """Return the sandbox that serves `request`."""
    return request.app.state.portal


async def json_body(request: Request) -> dict[str, Any]:
    """Return the JSON object in the body of `request`.

    Raises
    ------
    SpringError
        415 for another content type, 400 for anything but a JSON object.
    """
    media = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if media != "application/json":
        raise SpringError(status=415, reason=f"content type {media!r}")
    try:
        body = json.loads(await request.body())
    except ValueError as error:
        raise SpringError(reason="the body is not JSON") from error
    if not isinstance(body, dict):
        raise SpringError(reason="the body is not a JSON object")
    return cast("dict[str, Any]", body)


def required(body: dict[str, Any], name: str) -> Any:
    """Return a member of `body`; 8009 where it is missing or null."""
    value = body.get(name)
    if value is None:
        raise RefusedError(_FIELD_NOT_VALID, name, "must not be null")
    return value


def check_accepts(request: Request, media: str) -> None:
    """Refuse with 406 a client that does not accept `media`."""
    accepted = request.headers.get("accept", "*/*")
    ranges = [part.split(";")[0].strip().lower() for part in accepted.split(",")]
    if not {"*/*", media, media.split("/", maxsplit=1)[0] + "/*"} & set(ranges):
        raise SpringError(status=406, reason=f"accepts {accepted} only")
