"""``/pipelines``: what can be run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from snakemake_vip.sandbox.answers import RefusedError
from snakemake_vip.sandbox.api.requests import ANY_VERB, portal_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from snakemake_vip.sandbox.descriptors import Pipeline
    from snakemake_vip.sandbox.portal import Portal

_NOT_AN_IDENTIFIER, _NOT_FOUND = 8005, 8007


def pipeline_called(portal: Portal, identifier: str) -> Pipeline:
    """Return a pipeline.

    Raises
    ------
    RefusedError
        8005 without a slash, 8007 where there is none of that name.
    """
    if "/" not in identifier:
        raise RefusedError(_NOT_AN_IDENTIFIER, identifier)
    pipeline = portal.pipelines.get(identifier)
    if pipeline is None:
        raise RefusedError(_NOT_FOUND, identifier)
    return pipeline


async def pipelines(request: Request) -> Response:
    """Answer ``/pipelines``: the list, or the one that ``pipelineId`` names."""
    portal = portal_of(request)
    identifier = request.query_params.get("pipelineId")
    if identifier is not None:
        return _one(request, identifier)
    return JSONResponse([p.summary() for p in portal.pipelines.values()])


async def pipeline(request: Request) -> Response:
    """Answer ``/pipelines/{app}/{version}``."""
    return _one(request, request.path_params["identifier"])


def _one(request: Request, identifier: str) -> Response:
    # VIP decodes once more than the framework has: a plus sign becomes a blank
    found = pipeline_called(portal_of(request), unquote_plus(identifier))
    if request.query_params.get("format") == "boutiques":
        return JSONResponse(_without_nulls(found.descriptor))
    return JSONResponse(found.definition())


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        members: Any = value.items()  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
        return {name: _without_nulls(member) for name, member in members if member is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    return value


routes = [
    Route("/pipelines", pipelines, methods=ANY_VERB),
    Route("/pipelines/{identifier:path}", pipeline, methods=ANY_VERB),
]
