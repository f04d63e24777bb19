"""``/control``: what VIP has not. The log of requests, the state, options, faults."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from snakemake_vip.sandbox.api.requests import json_body, portal_of
from snakemake_vip.sandbox.faults import Fault
from snakemake_vip.sandbox.options import CHANGEABLE

if TYPE_CHECKING:
    from starlette.requests import Request


async def requests(request: Request) -> Response:
    """Answer with every request since the log was emptied, oldest first."""
    return JSONResponse([asdict(e) for e in portal_of(request).activity.exchanges])


async def forget_requests(request: Request) -> Response:
    """Empty the log of requests."""
    portal_of(request).activity.exchanges.clear()
    return Response(status_code=204)


async def state(request: Request) -> Response:
    """Answer with what goes on."""
    portal = portal_of(request)
    running = portal.store.running()
    return JSONResponse(
        {
            "folder": str(portal.state.folder),
            "options": portal.options.as_json(),
            "pipelines": list(portal.pipelines),
            "executions": portal.store.count(),
            "running": [execution.id for execution in running],
            "late": portal.faults.late,
            "quiet_for": portal.activity.quiet_for,
        }
    )


async def options(request: Request) -> Response:
    """Change options of the running server."""
    changes: dict[str, Any] = await json_body(request)
    fixed = sorted(set(changes) - CHANGEABLE)
    if fixed:
        return _wrong(f"cannot be changed while the sandbox runs: {', '.join(fixed)}")
    portal = portal_of(request)
    try:
        portal.change(changes)
    except ValueError as error:
        return _wrong(str(error))
    portal.options.write(portal.state.options_file)
    return JSONResponse(portal.options.as_json())


async def faults(request: Request) -> Response:
    """Answer with the faults that wait, and how often each struck."""
    return JSONResponse(portal_of(request).faults.listing())


async def post_fault(request: Request) -> Response:
    """Add a fault; see :mod:`snakemake_vip.sandbox.faults`."""
    try:
        fault = Fault.read(await json_body(request))
    except ValueError as error:
        return _wrong(str(error))
    portal_of(request).faults.post(fault)
    return JSONResponse(asdict(fault), status_code=201)


async def forget_faults(request: Request) -> Response:
    """Remove all faults."""
    portal_of(request).faults.clear()
    return Response(status_code=204)


def _wrong(text: str) -> Response:
    return JSONResponse({"error": text}, status_code=422)


routes = [
    Route("/requests", requests, methods=["GET"]),
    Route("/requests", forget_requests, methods=["DELETE"]),
    Route("/state", state, methods=["GET"]),
    Route("/options", options, methods=["PUT"]),
    Route("/faults", faults, methods=["GET"]),
    Route("/faults", post_fault, methods=["POST"]),
    Route("/faults", forget_faults, methods=["DELETE"]),
]
