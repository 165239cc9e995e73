"""What every request passes before a route, and every answer after it."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tinyarms.web.problems import problem
from tinyarms.web.refusal import Refused
from tinyarms.web.security.hosts import Embedding, check_source
from tinyarms.web.settings import WebSettings

SECURITY_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}
"""Of every answer that does not set them itself. No script stands in a page, and none comes from
elsewhere. The referrer stays with this service; without any, browsers send `Origin: null` with the
forms of its own pages."""


class Guard:
    """Refuses foreign hosts and origins, and large requests; adds the headers of every answer."""

    def __init__(self, app: ASGIApp, settings: WebSettings, embedding: Embedding) -> None:
        self._app = app
        self._settings = settings
        self._embedding = embedding
        self._most = int(settings.server.max_body_mb * 1e6)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            elif scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
            return
        headers: dict[str, list[str]] = defaultdict(list)
        for name, value in scope["headers"]:
            headers[name.decode("latin-1").lower()].append(value.decode("latin-1"))
        method, path = _method_of(scope["method"], headers), scope["path"]
        origin = self._allowed_origin(method, path, headers)

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": _with_defaults(message["headers"], origin)}
            await send(message)

        try:
            check_source(method, path, headers, self._settings, self._embedding)
            self._check_length(headers)
        except Refused as refused:
            await problem(refused)(scope, receive, send_guarded)
            return
        if origin and scope["method"] == "OPTIONS":
            await _preflight(send_guarded)
            return
        await self._app(scope, _limited(receive, self._most), send_guarded)

    def _allowed_origin(self, method: str, path: str, headers: dict[str, list[str]]) -> str | None:
        if not self._embedding.may_call(method, path):
            return None
        origins = headers.get("origin", [])
        allowed = self._settings.server.origins
        return origins[0] if len(origins) == 1 and origins[0] in allowed else None

    def _check_length(self, headers: dict[str, list[str]]) -> None:
        lengths = headers.get("content-length", [])
        if lengths and (not lengths[0].isdecimal() or int(lengths[0][:20]) > self._most):
            raise _too_large(self._most)


def _method_of(method: str, headers: dict[str, list[str]]) -> str:
    """The method; of a preflight, the one that it asks about."""
    asked = headers.get("access-control-request-method")
    return asked[-1] if method == "OPTIONS" and asked else method


def _too_large(most: int) -> Refused:
    return Refused(
        413,
        "size",
        f"A request may have at most {most / 1e6:g} MB.",
        "server.max_body_mb in config/constants.yaml sets it.",
    )


def _limited(receive: Receive, most: int) -> Receive:
    """The same, but a body that turns out too long ends with an error."""
    received = 0

    async def limited() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > most:
            # The only error that FastAPI lets through while it reads a body.
            raise HTTPException(413, f"A request may have at most {most / 1e6:g} MB")
        return message

    return limited


def _with_defaults(
    headers: list[tuple[bytes, bytes]], origin: str | None
) -> list[tuple[bytes, bytes]]:
    there = {name.lower() for name, _ in headers}
    added: dict[str, Any] = {**SECURITY_HEADERS}
    if origin is not None:
        added |= {
            "access-control-allow-origin": origin,
            "vary": "origin",
            "access-control-expose-headers": "x-tinyarms-task",
            "cross-origin-resource-policy": "cross-origin",
        }
    more = [(name.encode(), value.encode("latin-1")) for name, value in added.items()]
    return [*headers, *(pair for pair in more if pair[0] not in there)]


async def _preflight(send: Send) -> None:
    headers = [
        (b"access-control-allow-methods", b"GET, POST"),
        (b"access-control-allow-headers", b"authorization, content-type, idempotency-key"),
        (b"access-control-max-age", b"600"),
    ]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
