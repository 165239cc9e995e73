"""What every request passes before a route, and every answer after it."""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from urllib.parse import unquote

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

_SECURITY_HEADERS = {name.encode(): value.encode() for name, value in SECURITY_HEADERS.items()}
BODY_S = 60.0
"""Seconds in which a body has to arrive. Higher: slower callers are served, and those that never
end hold more connections."""
_ONCE = ("authorization", "content-type", "idempotency-key", "last-event-id")
"""Headers of which there may be one: of two, a proxy may read the other one."""
_ABSOLUTE = re.compile(rb"https?://([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)
"""A target that names the host as well, as in `GET http://127.0.0.1:8765/healthz`."""
_WHOLE = frozenset({b"range", b"if-range"})
"""Headers that are passed over: what the service has is small, and is sent whole."""


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
        _take_absolute_target(scope)
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
            _check_once(headers)
        except Refused as refused:
            await problem(refused)(scope, receive, send_guarded)
            return
        if origin and scope["method"] == "OPTIONS":
            await _preflight(send_guarded)
            return
        scope["headers"] = [each for each in scope["headers"] if each[0] not in _WHOLE]
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


def _take_absolute_target(scope: Scope) -> None:
    """Let the host that the target names, if it does, stand in place of the header `Host`, as
    RFC 9112, section 3.2.2, asks of every server."""
    absolute = _ABSOLUTE.fullmatch(scope.get("raw_path") or b"")
    if absolute is None:
        return
    host, path = absolute.groups()
    scope["raw_path"] = path or b"/"
    scope["path"] = unquote(scope["raw_path"].decode("ascii"))
    others = [each for each in scope["headers"] if each[0].lower() != b"host"]
    scope["headers"] = [(b"host", host), *others]


def _check_once(headers: dict[str, list[str]]) -> None:
    for name in _ONCE:
        if len(headers.get(name, ())) > 1:
            raise Refused(400, "usage", f"The header {name} is there twice.", "Send one.")


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
    """The same, but a body that turns out too long, or takes too long, ends with an error."""
    received, is_whole = 0, False
    ends = asyncio.get_running_loop().time() + BODY_S

    async def limited() -> Message:
        nonlocal received, is_whole
        if is_whole:
            return await receive()  # It waits until the caller goes away.
        try:
            async with asyncio.timeout_at(ends):
                message = await receive()
        except TimeoutError:
            raise HTTPException(
                408, f"The body did not arrive within {BODY_S:g} seconds", {"connection": "close"}
            ) from None
        is_whole = not message.get("more_body", False)
        received += len(message.get("body", b""))
        if received > most:
            # The only error that FastAPI lets through while it reads a body.
            raise HTTPException(413, f"A request may have at most {most / 1e6:g} MB")
        return message

    return limited


def _with_defaults(
    headers: list[tuple[bytes, bytes]], origin: str | None
) -> list[tuple[bytes, bytes]]:
    headers = [each for each in headers if each[0].lower() != b"accept-ranges"]
    there = {name.lower() for name, _ in headers}
    added = _SECURITY_HEADERS
    if origin is not None:
        added = added | {
            b"access-control-allow-origin": origin.encode("latin-1"),
            b"vary": b"origin",
            b"access-control-expose-headers": b"x-tinyarms-task",
            b"cross-origin-resource-policy": b"cross-origin",
        }
    return [*headers, *(pair for pair in added.items() if pair[0] not in there)]


async def _preflight(send: Send) -> None:
    headers = [
        (b"access-control-allow-methods", b"GET, POST"),
        (b"access-control-allow-headers", b"authorization, content-type, idempotency-key"),
        (b"access-control-max-age", b"600"),
    ]
    await send({"type": "http.response.start", "status": 204, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
