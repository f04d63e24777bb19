"""What stands before the API: the firewall, the key, the clock and the log of requests."""

from __future__ import annotations

import asyncio
import hmac
import time
from typing import TYPE_CHECKING
from urllib.parse import unquote

from starlette.datastructures import Headers

from snakemake_vip.sandbox.answers import container_page, unauthorized
from snakemake_vip.sandbox.portal import Exchange

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from snakemake_vip.sandbox.portal import Portal

KEY_HEADER = "apikey"
_PUBLIC = frozenset(
    f"/rest/{name}"
    for name in (
        "platform",
        "authenticate",
        "session",
        "publications",
        "reset-password",
        "register",
    )
)
_LOOPBACK = frozenset({"127.0.0.1", "localhost"})
_BAD_KEY, _NO_KEY = 8002, 8003


class Front:
    """Lets through to `app` what VIP would let through.

    Parameters
    ----------
    app
        The API.
    portal
        The sandbox.
    """

    def __init__(self, app: ASGIApp, portal: Portal) -> None:
        self._app = app
        self._portal = portal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        watch = Watch(scope, receive, send)
        activity = self._portal.activity
        activity.open_requests += 1
        try:
            await self._served(scope, watch)
        finally:
            activity.open_requests -= 1
            activity.last = time.monotonic()
            if not scope["path"].startswith("/control"):
                activity.exchanges.append(watch.exchange())

    async def _served(self, scope: Scope, watch: Watch) -> None:
        headers = Headers(scope=scope)
        refusal = refused_by_firewall(scope, headers) or self._refused_by_key(scope, headers)
        if self._portal.options.latency:
            await asyncio.sleep(self._portal.options.latency)
        if refusal is not None:
            await refusal(scope, watch.receive, watch.send)
            return
        path: str = scope["path"]
        if path.startswith("/rest/") and not path.startswith("/rest/path/"):
            scope = {**scope, "path": path.rstrip("/")}
        await self._app(scope, watch.receive, watch.send)

    def _refused_by_key(self, scope: Scope, headers: Headers) -> Response | None:
        """Check the key before anything else: a wrong one is refused even where none is needed."""
        key = headers.get(KEY_HEADER)
        if key is None:
            if is_public(scope):
                return None
            text = "An Authentication object was not found in the SecurityContext"
            return unauthorized(_NO_KEY, text)
        if hmac.compare_digest(key.encode(), self._portal.state.key.encode()):
            return None
        return unauthorized(_BAD_KEY, "Bad credentials")


def is_public(scope: Scope) -> bool:
    """Whether a request needs no key. Exact paths: a trailing slash already makes it private."""
    if scope["path"] in _PUBLIC:
        return True
    exact = scope["path"] == "/rest/pipelines" and scope["query_string"] == b"public"
    return exact and scope["method"] == "GET"


def refused_by_firewall(scope: Scope, headers: Headers) -> Response | None:
    """Return the page for what never reaches VIP's code, none for the rest."""
    host = headers.get("host", "").rpartition(":")[0] or headers.get("host", "")
    if host not in _LOOPBACK or "origin" in headers:
        return container_page(403, "Forbidden")
    raw = scope.get("raw_path", b"").split(b"?")[0].decode("latin-1")
    if "%2f" in raw.lower() or {".", ".."} & set(unquote(raw).split("/")):
        return container_page(400, "Bad Request")
    if scope["path"].startswith("/rest/admin/"):
        return container_page(403, "Forbidden")
    return None


class Watch:
    """Counts the bytes of one exchange while they pass.

    Parameters
    ----------
    scope, receive, send
        Those of the exchange.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._began = time.time()
        self._clock = time.monotonic()
        self._status = self._received = self._sent = 0

    async def receive(self) -> Message:
        """Pass on a piece of the request."""
        message = await self._receive()
        self._received += len(message.get("body", b""))
        return message

    async def send(self, message: Message) -> None:
        """Pass on a piece of the answer."""
        self._status = message.get("status", self._status)
        self._sent += len(message.get("body", b""))
        await self._send(message)

    def exchange(self) -> Exchange:
        """Return what there was."""
        return Exchange(
            time=self._began,
            seconds=time.monotonic() - self._clock,
            method=self._scope["method"],
            path=self._scope["path"],
            query=self._scope["query_string"].decode("latin-1"),
            status=self._status,
            received=self._received,
            sent=self._sent,
        )
