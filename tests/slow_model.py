"""A project whose model is a real server that takes its time."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.end_to_end.project import write_project


class Slow(BaseHTTPRequestHandler):
    """A model's server that takes its time; it says `good` to everything."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer waits 40 ms for the other side
    calls = 0
    most_quick = 10**9
    """Calls after which it takes a minute for each."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        type(self).calls += 1
        time.sleep(0.02 if self.calls <= self.most_quick else 60)
        choice = {"index": 0, "finish_reason": "stop", "message": {"content": "good"}}
        self._send({"id": "1", "object": "chat.completion", "choices": [choice]})

    def do_GET(self) -> None:
        self._send({"data": []})

    def _send(self, answer: Any) -> None:
        content = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def slow_project(root: Path) -> Iterator[Path]:
    """A new project, whose model answers until the end of the block."""
    write_project(root)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Slow.calls, Slow.most_quick = 0, 10**9
    config = root / "config.yaml"
    model = f"{{kind: openai, model: small, base_url: http://127.0.0.1:{server.server_port}/v1}}"
    config.write_text(re.sub(r"\{kind: replay[^}]*\}", model, config.read_text()))
    try:
        yield root
    finally:
        server.shutdown()
        server.server_close()
