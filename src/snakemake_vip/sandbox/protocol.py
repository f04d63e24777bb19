"""uvicorn's HTTP protocol, with a way for the application to drop the connection."""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from snakemake_vip.sandbox.api.faulty import DROP

if TYPE_CHECKING:
    import asyncio

    from starlette.types import ASGIApp, Receive, Scope, Send

_READ_SIZE = 1 << 18
_NO_LINGER = struct.pack("ii", 1, 0)


class Protocol(H11Protocol):
    """Tells the application of each request how to drop its connection.

    The parameters are uvicorn's.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.app: Any = self._with_drop(self.app)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin a connection; read in large pieces, for the sake of uploads."""
        if hasattr(transport, "max_size"):
            transport.max_size = _READ_SIZE  # pyright: ignore[reportAttributeAccessIssue]
        super().connection_made(transport)

    def _with_drop(self, app: ASGIApp) -> ASGIApp:
        async def served(scope: Scope, receive: Receive, send: Send) -> None:
            scope[DROP] = self._drop
            await app(scope, receive, send)

        return served

    def _drop(self, reset: bool) -> None:
        """End the connection: with a reset, or as if all had been sent."""
        transport = self.transport
        if reset:
            sock = transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
            transport.abort()
        else:
            transport.close()
