"""The ASGI application of a sandbox."""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Mount

from snakemake_vip.sandbox.answers import RefusedError, spring_response
from snakemake_vip.sandbox.api import control, data, executions, pipelines, platform
from snakemake_vip.sandbox.api.faulty import Faulty
from snakemake_vip.sandbox.api.front import Front

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp

    from snakemake_vip.sandbox.portal import Portal

_log = logging.getLogger(__name__)
_BODY_OF_NOBODY = 400


def application(portal: Portal) -> ASGIApp:
    """Return the application that serves `portal`: ``/rest`` and ``/control``."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncGenerator[None]:
        portal.begin()
        yield
        await portal.end()

    rest = [*platform.routes, *pipelines.routes, *executions.routes, *data.routes]
    app = Starlette(
        routes=[Mount("/rest", routes=rest), Mount("/control", routes=control.routes)],
        exception_handlers={
            RefusedError: _refused,
            HTTPException: _spring,
            ClientDisconnect: _gone,
            Exception: _failed,
        },
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    app.state.portal = portal
    return Front(Faulty(app, portal.faults), portal)


async def _refused(request: Request, error: Exception) -> Response:
    refusal = cast("RefusedError", error)
    if refusal.reason:
        _log.info("%s %s refused: %s", request.method, request.url.path, refusal.reason)
    return refusal.response


async def _spring(_: Request, error: Exception) -> Response:
    return spring_response(cast("HTTPException", error).status_code)


async def _gone(request: Request, _: Exception) -> Response:
    _log.info("%s %s: the client went away", request.method, request.url.path)
    return spring_response(_BODY_OF_NOBODY)


async def _failed(request: Request, _: Exception) -> Response:
    _log.error("%s %s failed", request.method, request.url.path)
    return RefusedError(status=500).response
