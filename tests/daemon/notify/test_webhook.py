from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from tinyarms.daemon.notify import webhook
from tinyarms.daemon.notify.webhook import PAUSES_S, WebhookError, post


@dataclass
class Server:
    """A real HTTP server that answers with these statuses, the last one for ever."""

    url: str = ""
    statuses: list[int] = field(default_factory=lambda: [200])
    got: list[Any] = field(default_factory=list)

    def status(self) -> int:
        return self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    made = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.got.append((self.path, self.headers["Content-Type"], json.loads(body)))
            self.send_response(made.status())
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        made.url = f"http://127.0.0.1:{running.server_port}/hook/secret-token"
        Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        yield made
        running.shutdown()


def test_it_posts_json(server: Server) -> None:
    post(server.url, {"text": "grün"}, pytest.fail)
    assert server.got == [("/hook/secret-token", "application/json", {"text": "grün"})]


@pytest.mark.parametrize(
    ("statuses", "tries", "said"),
    [
        ([503, 429, 204], 3, None),
        ([500], 3, "127.0.0.1: HTTP status 500"),
        ([404], 1, "127.0.0.1: HTTP status 404"),
        ([302], 1, "127.0.0.1: HTTP status 302"),
    ],
)
def test_it_tries_again_where_that_may_help(
    server: Server, statuses: list[int], tries: int, said: str | None
) -> None:
    server.statuses, slept = statuses, list[float]()
    if said is None:
        post(server.url, {}, slept.append)
    else:
        with pytest.raises(WebhookError) as raised:
            post(server.url, {}, slept.append)
        assert str(raised.value) == said
    assert len(server.got) == tries
    assert slept == list(PAUSES_S)[: tries - 1]


def test_a_server_that_is_not_there(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhook, "TIMEOUT_S", 0.5)
    slept: list[float] = []
    with pytest.raises(WebhookError, match=r"^127\.0\.0\.1: no answer \(Connection refused\)$"):
        post("http://127.0.0.1:1/secret-token", {}, slept.append)
    assert slept == list(PAUSES_S)
    with pytest.raises(WebhookError) as raised:
        post("http://[bad/secret-token", {}, pytest.fail)
    assert "secret" not in str(raised.value)
