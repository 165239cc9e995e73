"""A small proxy that makes a server one that only chats: every other path answers 404."""

from __future__ import annotations

import json
import threading
from collections import Counter
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit

_PASSED = {("POST", "/v1/chat/completions"), ("GET", "/v1/models")}
"""What every server of the OpenAI API has; the rest is llama.cpp's own or may be missing."""
_LONGEST_S = 120.0


class ChatOnlyProxy:
    """Listens on a port of this machine while it is entered.

    `address`: that of the server behind it, e.g. `http://127.0.0.1:4000`. `api_key`: the server's;
    clients need none.
    """

    def __init__(self, address: str, api_key: str) -> None:
        self.passed: Counter[str] = Counter()
        """Path → requests that were passed on."""
        self.refused: Counter[str] = Counter()
        """Path → requests that got 404."""
        self._server = urlsplit(address)
        self._headers = {"Authorization": f"Bearer {api_key}", "Content-Type": "application/json"}
        self._lock = threading.Lock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_port}/v1"

    def __enter__(self) -> Self:
        threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    def answer(self, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        """Status and content for a request."""
        is_passed = (method, path) in _PASSED
        with self._lock:
            (self.passed if is_passed else self.refused)[path] += 1
        if not is_passed:
            return 404, json.dumps({"error": {"message": "Not Found"}}).encode()
        connection = HTTPConnection(
            self._server.hostname or "", self._server.port, timeout=_LONGEST_S
        )
        try:
            connection.request(method, path, body, self._headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()


def _handler(proxy: ChatOnlyProxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65536
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            self._send(self.rfile.read(int(self.headers["Content-Length"])))

        def do_GET(self) -> None:
            self._send(None)

        def _send(self, body: bytes | None) -> None:
            status, content = proxy.answer(self.command, self.path, body)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
