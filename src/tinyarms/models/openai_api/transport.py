"""HTTP calls with one deadline for all of a call and a limit for the size of the answer.

The calls run as tasks of an event loop in a thread of its own, because a task can be ended at any
point: while it connects, waits for headers, or reads an answer that never ends. A blocked read in a
thread cannot.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import ssl
import threading
from collections.abc import Mapping
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx2

MAX_RESPONSE_BYTES = 32 * 2**20
"""Largest answer that is read, in bytes after decompression. Lower: long replies with many
log-probabilities are refused. Higher: a broken server takes more memory."""
_MAX_REDIRECTS = 5
"""Most addresses that a server may name one after the other before it counts as no answer."""
_REDIRECTS = frozenset({301, 302, 307, 308})
_CLOSING_S = 0.5
"""Seconds that closing the connections may take before they are dropped."""


class TooLarge(Exception):
    """The answer is larger than `MAX_RESPONSE_BYTES`."""


class Stopped(Exception):
    """`stop_calls` or `close` was called meanwhile."""


@dataclass(frozen=True)
class Response:
    """An HTTP answer, whatever its status."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    content: bytes


class Transport:
    """Posts and gets JSON. Safe to use from several threads, and after a fork.

    `trust_env`: whether the variables of the environment for proxies and certificates hold.
    `with_tls`: whether an address may be `https`; the certificates for it take a while to read.
    """

    def __init__(
        self, headers: Mapping[str, str], connections: int, trust_env: bool, with_tls: bool
    ) -> None:
        self._headers = {"Content-Type": "application/json", **headers}
        self._limits = httpx2.Limits(max_keepalive_connections=connections)
        self._trust_env = trust_env
        self._with_tls = with_tls
        self._lock = threading.Lock()
        self._calls: set[Future[Response]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._client: httpx2.AsyncClient | None = None

    def post(
        self, url: str, body: Mapping[str, Any], timeout_s: float, stopped: threading.Event
    ) -> Response:
        """The answer to a JSON body. `timeout_s` is for all of the call.

        Raises `TimeoutError`, `TooLarge`, `Stopped` (also if `stopped` is set), errors of `httpx2`,
        and `OSError`, `ValueError` or `ImportError` for what the environment says of proxies and
        certificates.
        """
        # Half of a surrogate pair is no text: servers refuse it, and so does UTF-8.
        content = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        return self._ask("POST", url, content, timeout_s, stopped)

    def get(self, url: str, timeout_s: float, stopped: threading.Event) -> Response:
        """The answer to a GET; otherwise like `post`."""
        return self._ask("GET", url, None, timeout_s, stopped)

    def _ask(
        self,
        method: str,
        url: str,
        content: bytes | None,
        timeout_s: float,
        stopped: threading.Event,
    ) -> Response:
        with self._lock:
            if stopped.is_set():
                raise Stopped
            loop = self._running_loop()
            call = asyncio.run_coroutine_threadsafe(
                self._send(method, url, content, timeout_s), loop
            )
            self._calls.add(call)
        try:
            return call.result()
        except CancelledError:
            raise Stopped from None
        finally:
            call.cancel()  # a Ctrl-C ends the wait, not the call
            with self._lock:
                self._calls.discard(call)

    def stop_calls(self) -> None:
        """End the calls in flight, in any thread: they raise `Stopped`."""
        with self._lock:
            for call in self._calls:
                call.cancel()

    def close(self) -> None:
        """End the calls in flight and close the connections. A later call opens them again."""
        self.stop_calls()
        with self._lock:
            loop, thread = self._loop, self._thread
            self._loop = self._thread = None
        if loop is not None and thread is not None and thread.is_alive():
            loop.call_soon_threadsafe(loop.stop)
            thread.join(2 * _CLOSING_S)

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        """Under the lock. After a fork the thread of the parent process is not there."""
        if self._loop is None or self._thread is None or not self._thread.is_alive():
            self._client = None
            self._calls = set()
            self._loop = asyncio.new_event_loop()
            self._thread = threading.Thread(
                target=self._run, args=(self._loop,), name="tinyarms-http", daemon=True
            )
            self._thread.start()
        return self._loop

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            loop.run_forever()
        finally:
            loop.run_until_complete(_end(self._client))
            loop.close()

    def _tls(self) -> ssl.SSLContext:
        if not self._with_tls:
            return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # trusts nobody
        if not self._trust_env:
            return _trusted(None, None)
        return _trusted(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))

    async def _send(
        self, method: str, url: str, content: bytes | None, timeout_s: float
    ) -> Response:
        async with asyncio.timeout(timeout_s):
            if self._client is None:
                self._client = httpx2.AsyncClient(
                    headers=self._headers,
                    limits=self._limits,
                    timeout=None,
                    follow_redirects=False,
                    trust_env=self._trust_env,
                    verify=self._tls(),
                )
            is_redirected = False
            for _ in range(_MAX_REDIRECTS):
                try:
                    response = await _received(self._client, method, url, content)
                except httpx2.ConnectError as error:
                    if is_redirected:
                        raise httpx2.ConnectError(f"{error}; it redirects to {url}") from error
                    raise
                target = redirect_within(url, response)
                if target is None:
                    break
                url, is_redirected = target, True
            return response


async def _received(
    client: httpx2.AsyncClient, method: str, url: str, content: bytes | None
) -> Response:
    async with client.stream(method, url, content=content) as response:
        received = bytearray()
        async for part in response.aiter_bytes():
            received += part
            if len(received) > MAX_RESPONSE_BYTES:
                raise TooLarge
        return Response(response.status_code, dict(response.headers), bytes(received))


def redirect_within(url: str, response: Response) -> str | None:
    """Where the same request may be sent again; `None`: nowhere.

    Only to the same server, also from http to https, and to an address for the same purpose: the
    last part of its path is the same. Elsewhere the user has not sent their texts and their key.

    Examples
    --------
    >>> from tinyarms.models.openai_api.transport import Response, redirect_within
    >>> moved = Response(301, {"location": "https://example.org/v1/chat/completions"}, b"")
    >>> redirect_within("http://example.org/v1/chat/completions", moved)
    'https://example.org/v1/chat/completions'
    >>> redirect_within("http://example.com/v1/chat/completions", moved) is None
    True
    """
    location = response.headers.get("location")
    if response.status not in _REDIRECTS or not location:
        return None
    try:
        origin = httpx2.URL(url)
        target = origin.join(location)
    except (httpx2.InvalidURL, ValueError):
        return None
    is_same = (target.scheme, target.host, target.port) == (origin.scheme, origin.host, origin.port)
    is_secured = (origin.scheme, target.scheme) == ("http", "https") and target.host == origin.host
    purposes = {place.path.rstrip("/").rpartition("/")[2] for place in (origin, target)}
    return str(target) if (is_same or is_secured) and len(purposes) == 1 else None


@cache
def _trusted(file: str | None, folder: str | None) -> ssl.SSLContext:
    """The certificates of the system, or those that the environment names."""
    if file is None and folder is None:
        return httpx2.create_ssl_context(trust_env=False)
    return ssl.create_default_context(cafile=file, capath=folder)


async def _end(client: httpx2.AsyncClient | None) -> None:
    """End what still runs in this loop, and close the connections."""
    tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    if client is not None:
        with contextlib.suppress(TimeoutError, OSError, httpx2.HTTPError):
            async with asyncio.timeout(_CLOSING_S):
                await client.aclose()
