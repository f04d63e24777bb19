"""The platform itself, and the account: ``/platform``, ``/authenticate``, ``/user``, ..."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from snakemake_vip.sandbox.answers import RefusedError, catalogue, message, unauthorized
from snakemake_vip.sandbox.api.requests import ANY_VERB, json_body, portal_of, required

if TYPE_CHECKING:
    from starlette.requests import Request

USER = "user@sandbox.example"
"""Who the sandbox's user is to ``/authenticate``; the key is the password as well."""

LISTED_EXECUTIONS = 500
_BAD_CREDENTIALS, _NO_KEY_FOR = 8002, 8000


async def platform(request: Request) -> Response:
    """Answer ``/platform``, whatever the verb: the official client checks its key by PUT."""
    codes = catalogue()
    properties = {
        "platformName": "VIP sandbox",
        "APIErrorCodesAndMessages": codes,
        "platformDescription": "A local stand-in for the Virtual Imaging Platform",
        "supportedTransferProtocols": ["http"],
        "supportedModules": ["Processing", "Data"],
        "defaultLimitListExecutions": LISTED_EXECUTIONS,
        "unsupportedMethods": ["playExecution"],
        "maxSizeDirectTransfer": portal_of(request).options.largest_download,
        "minAuthorizedExecutionTimeout": None,
        "maxAuthorizedExecutionTimeout": None,
        "email": USER,
        "defaultStudy": None,
        "supportedAPIVersion": "0.3",
        "oidcLoginProviders": [],
        "apierrorCodesAndMessages": codes,
    }
    return JSONResponse(properties)


async def authenticate(request: Request) -> Response:
    """Answer ``POST /authenticate``: the key of the one user."""
    body = await json_body(request)
    name, password = str(required(body, "username")), str(required(body, "password"))
    key = portal_of(request).state.key
    if name != USER or not hmac.compare_digest(password.encode(), key.encode()):
        return unauthorized(_BAD_CREDENTIALS, message(_BAD_CREDENTIALS))
    return JSONResponse({"httpHeader": "apikey", "httpHeaderValue": key})


async def nothing(_: Request) -> Response:
    """Answer with an empty list: there are no publications and no external platforms."""
    return JSONResponse([])


async def external_key(request: Request) -> Response:
    """Refuse a key for an external storage: the sandbox knows no such storage."""
    if request.method == "PUT":
        body = await json_body(request)
        storage = required(body, "storageIdentifier")
        required(body, "apiKey")
        raise RefusedError(reason=f"there is no external storage {storage}")
    raise RefusedError(_NO_KEY_FOR, reason="there is no key to delete")


routes = [
    Route("/platform", platform, methods=ANY_VERB),
    Route("/authenticate", authenticate, methods=["POST"]),
    Route("/publications", nothing, methods=ANY_VERB),
    Route("/externalPlatforms", nothing, methods=ANY_VERB),
    Route("/user/externalKeys", nothing, methods=["GET"]),
    Route("/user/externalKeys", external_key, methods=["PUT"]),
    Route("/user/externalKeys/{storage}", external_key, methods=["DELETE"]),
]
