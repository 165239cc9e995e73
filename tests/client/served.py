"""A real HTTP server in a process of its own, with the routes that the client uses.

It stores what it got before it answers, and counts a request with the same key once, as `tinyarms
serve` does. `python -m tests.client.served FOLDER PORT` runs it.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import tinyarms

TOKEN = "token-of-the-test"
_LOCK = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer waits 40 ms for the other side
    folder: Path

    def do_GET(self) -> None:
        if not self._knows_token():
            return
        if found := re.fullmatch(r"/v1/skills/([\w-]+)/prompt", self.path):
            if found[1] == "unknown":
                self._problem(404, "There is no skill.")
                return
            if (self.folder / "behind-a-proxy").exists():
                self._answer("Not found", 404)
                return
            prompt = {"text": "Good or bad?", "calibration": {"good": 0.5}, "demonstrations": []}
            version = {"skill": found[1], "number": 3, "prompt": prompt, "new_field": 1}
            self._answer({"schema": "tinyarms/1", "version": version, "memory": None})
        elif self.path.startswith("/v1/ballot?"):
            options = [{"letter": "A", "output": "good"}, {"letter": "B", "output": None}]
            ballot = {"id": "b 1", "skill": "s", "inputs": {"text": "t"}, "options": options}
            self._answer({"ballot": ballot, "why_not_asked": None})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not self._knows_token():
            return
        key = self.headers["Idempotency-Key"]
        if body.get("correction") == "refuse me":
            self._problem(422, "The correction is no output.")
            return
        if body.get("correction") == "break":
            self._problem(500, "A mistake.")
            return
        if body.get("correction") == "behind a proxy":
            self._answer("Not found", 404)
            return
        with _LOCK:
            kept = self._kept()
            if key not in kept:
                kept[key] = {"path": self.path, "body": body, "sent": 0}
            kept[key]["sent"] += 1
            temporary = self.folder / f"kept.{threading.get_ident()}.tmp"
            temporary.write_text(json.dumps(kept))
            temporary.replace(self.folder / "kept.json")
        if self.path == "/v1/tasks":
            self._answer({"task_id": body["task_id"], "skill": body["skill"], "output": "good"})
        else:
            self._answer({"counted": True})

    def _kept(self) -> dict[str, Any]:
        return kept_in(self.folder)

    def _knows_token(self) -> bool:
        if self.headers["Authorization"] == f"Bearer {TOKEN}":
            return True
        self._problem(401, "The token is unknown.")
        return False

    def _problem(self, status: int, detail: str) -> None:
        told = {"detail": detail, "hint": "Correct it."}
        self._answer(told, status, "application/problem+json")

    def _answer(self, answer: Any, status: int = 200, kind: str = "application/json") -> None:
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


def kept_in(folder: Path) -> dict[str, Any]:
    try:
        kept: dict[str, Any] = json.loads((folder / "kept.json").read_text())
    except FileNotFoundError:
        return {}
    return kept


@dataclass
class Served:
    folder: Path
    port: int = 0
    process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        root = Path(tinyarms.__file__).parents[1]
        paths = [str(root), str(Path(__file__).parents[2])]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.client.served", str(self.folder), str(self.port)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())

    def kill(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            assert self.process.stdout is not None
            self.process.stdout.close()
            self.process = None

    @property
    def kept(self) -> dict[str, Any]:
        return kept_in(self.folder)


class Server(ThreadingHTTPServer):
    allow_reuse_address = True


if __name__ == "__main__":
    Handler.folder = Path(sys.argv[1])
    server = Server(("127.0.0.1", int(sys.argv[2])), Handler)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()
