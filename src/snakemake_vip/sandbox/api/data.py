"""``/path``: the user's files."""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from snakemake_vip.sandbox.answers import RefusedError, SpringError
from snakemake_vip.sandbox.api.content import received, sent
from snakemake_vip.sandbox.api.requests import ANY_VERB, portal_of

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.requests import Request

    from snakemake_vip.sandbox.portal import Portal

_CARMIN = "application/carmin+json"


async def data(request: Request) -> Response:
    """Answer ``/path/...``. A known ``action`` wins over the verb, as VIP's routing has it."""
    portal = portal_of(request)
    path = "/" + request.path_params["path"]
    match request.query_params.get("action"):
        case "exists":
            return JSONResponse({"exists": portal.tree.exists(path)})
        case "properties":
            return JSONResponse(portal.tree.properties(path))
        case "list":
            return JSONResponse(portal.tree.listing(path))
        case "content":
            return await _download(request, portal, path)
        case "md5":
            raise RefusedError(reason="md5 is not implemented")
        case _:
            return await _by_verb(request, portal, path)


async def _by_verb(request: Request, portal: Portal, path: str) -> Response:
    if request.method == "PUT":
        return await _upload(request, portal, path)
    if request.method == "DELETE":
        return _delete(portal, path)
    raise SpringError(reason="no action")


async def _download(request: Request, portal: Portal, path: str) -> Response:
    file = portal.tree.place(path).real
    if file is None or not file.is_file():
        raise RefusedError(reason=f"{path} is no file")
    if file.stat().st_size > portal.options.largest_download:
        raise RefusedError(reason=f"{path} is too large for a direct transfer")
    wanted = request.headers.get("range")
    return await portal.transfers.download(lambda: sent(file, wanted))


async def _upload(request: Request, portal: Portal, path: str) -> Response:
    draft = portal.tree.draft()
    if _media(request) == _CARMIN:
        await _carmin(request, draft)
    elif not await received(request, draft):
        draft.unlink()
        portal.tree.make_directory(path)
        return Response(status_code=201)
    try:
        portal.tree.target(path)
    except Exception:
        draft.unlink()
        raise
    await portal.transfers.upload(lambda: portal.tree.settle(draft, path))
    return Response(status_code=201)


def _media(request: Request) -> str:
    return request.headers.get("content-type", "").split(";")[0].strip().lower()


async def _carmin(request: Request, draft: Path) -> None:
    """Write the file in an ``application/carmin+json`` body: the only way to an empty file."""
    try:
        body: Any = json.loads(await request.body())
    except ValueError as error:
        raise SpringError(reason="the body is not JSON") from error
    if not isinstance(body, dict):
        raise SpringError(reason="the body is not a JSON object")
    kind, content = body.get("type"), body.get("base64Content")  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    if kind is None or content is None:
        raise RefusedError(status=500, reason="type or base64Content is missing")
    if str(kind).lower() != "file":  # pyright: ignore[reportUnknownArgumentType]
        raise RefusedError(reason=f"cannot upload a {kind}")
    try:
        decoded = base64.b64decode(str(content), validate=True)  # pyright: ignore[reportUnknownArgumentType]
    except binascii.Error as error:
        raise RefusedError(reason="the content is not base64") from error
    await run_in_threadpool(draft.write_bytes, decoded)


def _delete(portal: Portal, path: str) -> Response:
    """Queue a deletion and answer at once."""
    real = portal.tree.writable(path).file
    if not real.exists():
        raise RefusedError(reason=f"{path} does not exist")
    portal.transfers.delete(lambda: portal.tree.remove(real))
    return Response(status_code=204)


routes = [Route("/path/{path:path}", data, methods=ANY_VERB)]
