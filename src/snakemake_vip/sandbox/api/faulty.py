"""Carries out the faults that :mod:`snakemake_vip.sandbox.faults` describes."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, cast

from starlette.responses import Response

from snakemake_vip.sandbox.answers import (
    container_page,
    error_response,
    message,
    unauthorized,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from snakemake_vip.sandbox.faults import Fault, FaultBoard

DROP = "snakemake_vip.drop"
"""Key of the scope: ends the connection, with a reset where it is called with true."""

_BAD_KEY = 8002
_GENERIC = 8000


class Faulty:
    """Lets requests through to `app`, but for those that a fault strikes.

    Parameters
    ----------
    app
        The API.
    board
        The faults.
    """

    def __init__(self, app: ASGIApp, board: FaultBoard) -> None:
        self._app = app
        self._board = board
        self._late: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, well or badly."""
        if scope["type"] != "http" or scope["path"].startswith("/control"):
            await self._app(scope, receive, send)
            return
        query: str = scope["query_string"].decode("latin-1")
        target = scope["path"] + (f"?{query}" if query else "")
        struck = self._board.strike(scope["method"], target)
        if struck is None:
            await self._app(scope, receive, send)
            return
        fault, strike = struck
        exchange = _Struck(self._app, scope, receive, send, fault, strike)
        if fault.kind == "late":
            await self._given_up(exchange)
        else:
            await exchange.carry_out()

    async def _given_up(self, exchange: _Struck) -> None:
        """Refuse a transfer once its body is here, and let it complete later."""
        body_here = asyncio.Event()
        task = asyncio.get_running_loop().create_task(exchange.complete_late(body_here))
        self._late.add(task)
        self._board.late += 1
        task.add_done_callback(self._is_complete)
        await body_here.wait()
        await exchange.answer(error_response(_GENERIC, message(_GENERIC)))

    def _is_complete(self, task: asyncio.Task[None]) -> None:
        self._late.discard(task)
        self._board.late -= 1


class _Struck:
    """One request that a fault strikes."""

    def __init__(
        self,
        app: ASGIApp,
        scope: Scope,
        receive: Receive,
        send: Send,
        fault: Fault,
        strike: int,
    ) -> None:
        self._app = app
        self._scope = scope
        self._receive = receive
        self._send = send
        self._fault = fault
        self._strike = strike
        self._sent = 0
        self._cut = asyncio.Event()

    async def carry_out(self) -> None:
        """Do what the fault's kind says."""
        kinds: dict[str, Callable[[], Awaitable[None]]] = {
            "error": self._answered,
            "page": self._answered,
            "unauthorized": self._answered,
            "ignore": self._answered,
            "reset": self._reset,
            "truncate": self._cut_off,
            "stall": self._cut_off,
            "slow": self._slowed,
            "short": self._shortened,
            "status": self._disguised,
            "untold": self._disguised,
        }
        await kinds[self._fault.kind]()

    async def answer(self, response: Response) -> None:
        """Answer by something else than the API's own answer."""
        await response(self._scope, self._receive, self._send)

    async def complete_late(self, body_here: asyncio.Event) -> None:
        """Hand the request to the API, but the end of its body only after a while."""

        async def receive() -> Message:
            message = await self._receive()
            if not message.get("more_body"):
                body_here.set()
                await asyncio.sleep(self._fault.seconds)
            return message

        try:
            await self._app(self._scope, receive, _nobody)
        finally:
            body_here.set()

    async def _effect(self) -> None:
        """Let the API do its work, and drop what it answers."""
        if self._fault.when == "after":
            await self._app(self._scope, self._receive, _nobody)

    async def _answered(self) -> None:
        fault = self._fault
        await self._effect()
        if fault.kind == "error":
            await self.answer(error_response(fault.code, message(fault.code), fault.status))
        elif fault.kind == "page":
            await self.answer(container_page(fault.status, "The proxy has a problem"))
        elif fault.kind == "ignore":
            await self.answer(Response(status_code=fault.status))
        else:
            await self.answer(unauthorized(_BAD_KEY, "Bad credentials"))

    async def _reset(self) -> None:
        await self._effect()
        await self._drop(reset=True)

    async def _drop(self, *, reset: bool) -> None:
        self._scope[DROP](reset)
        await self._disconnected()

    async def _disconnected(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            continue

    async def _cut_off(self) -> None:
        """Send a part of the body, then nothing more."""
        work = asyncio.ensure_future(self._app(self._scope, self._receive, self._send_part))
        cut = asyncio.ensure_future(self._cut.wait())
        await asyncio.wait({work, cut}, return_when=asyncio.FIRST_COMPLETED)
        cut.cancel()
        if not self._cut.is_set():
            await work
            return
        work.cancel()
        if self._fault.kind == "truncate":
            await self._drop(reset=False)
            return
        try:
            await asyncio.wait_for(self._disconnected(), self._fault.seconds)
        except TimeoutError:
            await self._drop(reset=True)

    async def _send_part(self, message: Message) -> None:
        if message["type"] == "http.response.body":
            room = max(0, self._fault.size - self._sent)
            body = message.get("body", b"")
            self._sent += len(body)
            if len(body) > room:
                await self._send({**message, "body": body[:room], "more_body": True})
                self._cut.set()
                await asyncio.Event().wait()  # until this task is cancelled
        await self._send(message)

    async def _slowed(self) -> None:
        await asyncio.sleep(self._fault.seconds)
        await self._app(self._scope, self._receive, self._send_slowly)

    async def _send_slowly(self, message: Message) -> None:
        body: bytes = message.get("body", b"")
        if not self._fault.rate or not body:
            await self._send(message)
            return
        step = max(1, int(self._fault.rate / 20))
        for start in range(0, len(body), step):
            piece = body[start : start + step]
            more = message.get("more_body", False) or start + step < len(body)
            await asyncio.sleep(len(piece) / self._fault.rate)
            await self._send({**message, "body": piece, "more_body": more})

    async def _shortened(self) -> None:
        passed = 0

        async def receive() -> Message:
            nonlocal passed
            message = await self._receive()
            body: bytes = message.get("body", b"")
            room = max(0, self._fault.size - passed)
            passed += len(body)
            return {**message, "body": body[:room]} if "body" in message else message

        await self._app(self._scope, receive, self._send)

    async def _disguised(self) -> None:
        """Show the executions in the answer otherwise than they are."""
        first: Message = {}
        pieces: list[bytes] = []

        async def keep(message: Message) -> None:
            first.update({k: v for k, v in message.items() if k in {"status", "headers"}})
            pieces.append(message.get("body", b""))

        await self._app(self._scope, self._receive, keep)
        body = _with(b"".join(pieces), self._shown())
        headers = [(k, v) for k, v in first["headers"] if k != b"content-length"]
        headers.append((b"content-length", str(len(body)).encode()))
        start = {"type": "http.response.start", "status": first["status"], "headers": headers}
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body})

    def _shown(self) -> dict[str, Any]:
        if self._fault.kind == "untold":
            return dict.fromkeys(self._fault.members)
        statuses = self._fault.statuses or ("Unknown",)
        return {"status": statuses[min(self._strike, len(statuses) - 1)]}


def _with(body: bytes, members: Mapping[str, Any]) -> bytes:
    """Return the JSON `body` with other members in each execution."""
    content: Any = json.loads(body)
    is_list = isinstance(content, list)
    for execution in cast("list[dict[str, Any]]", content if is_list else [content]):
        if "status" in execution:
            execution.update(members)
    return json.dumps(content).encode()


async def _nobody(_: Message) -> None:
    """Drop a piece of an answer."""
