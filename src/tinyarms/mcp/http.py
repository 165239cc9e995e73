"""Serve the tools over HTTP on this machine: a token for every request, no foreign Host or page."""

from __future__ import annotations

import hmac
import logging
import signal
import socket
from typing import Any

import uvicorn
from mcp.server.mcpserver import MCPServer
from mcp.server.transport_security import TransportSecuritySettings
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from tinyarms.core.ending import Ending
from tinyarms.core.errors import ServiceError
from tinyarms.mcp.door import Door
from tinyarms.mcp.server import ToolServer

HOST = "127.0.0.1"
PATH = "/mcp"
MAX_REQUEST_BYTES = 5_000_000
"""Most bytes of a request: a table of `MAX_CONTENT_BYTES` and its JSON."""

_GRACE_S = 1
"""Seconds that open requests may take after the server was told to end. Higher: longer answers are
finished, and Ctrl-C takes longer."""
_INTERRUPTED = 130


class TokenGate:
    """Refuses every request that does not have the token (`Authorization: Bearer TOKEN`)."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app, self._token = app, token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] == "http" and self._has_token(scope):
            await self._app(scope, receive, send)
            return
        headers = {"WWW-Authenticate": "Bearer"}
        refusal = JSONResponse({"error": "The token is missing or wrong."}, 401, headers)
        await refusal(scope, receive, send)

    def _has_token(self, scope: Scope) -> bool:
        given = [value for name, value in scope["headers"] if name == b"authorization"]
        if len(given) != 1:
            return False  # Of two, a proxy may have read the other one.
        scheme, _, token = given[0].partition(b" ")
        return scheme.lower() == b"bearer" and hmac.compare_digest(token.strip(), self._token)


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


def serve(server: ToolServer, token: str, listener: socket.socket) -> None:
    """Serve until Ctrl-C, which raises `KeyboardInterrupt`, or SIGTERM.

    A search that is under way ends at its next step; the next call goes on there.
    """
    port = listener.getsockname()[1]
    config = uvicorn.Config(
        app_of(server, token, port),
        log_level="error",
        access_log=False,
        server_header=False,
        ws="none",  # There is none; an upgrade is refused as any other request.
        timeout_graceful_shutdown=_GRACE_S,
    )
    served = _Server(config, server.door)
    try:
        served.run(sockets=[listener])
    finally:
        served.ending.close()


class _Server(uvicorn.Server):
    """Ends soon, whatever waits, and lets SIGTERM kill no process whose project is open."""

    def __init__(self, config: uvicorn.Config, door: Door) -> None:
        super().__init__(config)
        self._door = door
        self.ending = Ending(door.arms.close)

    def handle_exit(self, sig: int, frame: object) -> None:
        super().handle_exit(sig, frame)  # type: ignore[arg-type]
        self._door.ending.set()
        # Whatever is cut off from now on is no error of the server.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        self.ending.begin(0 if sig == signal.SIGTERM else _INTERRUPTED)
        if sig == signal.SIGTERM:
            self._captured_signals.clear()
