"""Serve the tools over HTTP on this machine: a token for every request, no foreign Host or page."""

from __future__ import annotations

import hmac
import socket
from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from tinyarms.core.errors import ServiceError

HOST = "127.0.0.1"
PATH = "/mcp"
MAX_REQUEST_BYTES = 5_000_000
"""Most bytes of a request: a table of `MAX_CONTENT_BYTES` and its JSON."""


class TokenGate:
    """Refuses every request that does not have the token (`Authorization: Bearer TOKEN`)."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app, self._expected = app, f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        given = dict(scope.get("headers", ())).get(b"authorization", b"")
        if scope["type"] == "http" and hmac.compare_digest(given, self._expected):
            await self._app(scope, receive, send)
            return
        headers = {"WWW-Authenticate": "Bearer"}
        refusal = JSONResponse({"error": "The token is missing or wrong."}, 401, headers)
        await refusal(scope, receive, send)


def listening(port: int) -> socket.socket:
    """A socket on this machine only. `port`: 0 for a free one. Raises `ServiceError`."""
    try:
        return socket.create_server((HOST, port))
    except OSError as error:
        raise ServiceError(
            f"Port {port} of {HOST} cannot be used ({error.strerror}).", "Choose another: --port"
        ) from error


def app_of(server: MCPServer[Any], token: str, port: int) -> ASGIApp:
    """The application that is served. Only requests to this machine's own names come in, and none
    that a page of another site has sent."""
    names = [f"{name}:{port}" for name in (HOST, "localhost")]
    security = TransportSecuritySettings(
        allowed_hosts=names, allowed_origins=[f"http://{name}" for name in names]
    )
    app = server.streamable_http_app(
        streamable_http_path=PATH,
        transport_security=security,
        max_request_body_size=MAX_REQUEST_BYTES,
        host=HOST,
    )
    return TokenGate(app, token)


def serve(server: MCPServer[Any], token: str, listener: socket.socket) -> None:
    """Serve until Ctrl-C."""
    import uvicorn

    port = listener.getsockname()[1]
    config = uvicorn.Config(app_of(server, token, port), log_level="warning", access_log=False)
    uvicorn.Server(config).run(sockets=[listener])
