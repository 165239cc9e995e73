"""A real HTTP server on this machine that gives prepared answers to the client."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tinyarms.core.settings import ModelSettings
from tinyarms.models.openai_api.breaker import Breaker
from tinyarms.models.openai_api.client import OpenAiModel


@dataclass(frozen=True)
class Answer:
    """One scripted HTTP answer. `hang`: none at all until the test is over."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    hang: bool = False

    def payload(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


def chat(text: str | None, tops: Any = None, **more: Any) -> Answer:
    """A chat completion as llama.cpp's server sends it."""
    choice: dict[str, Any] = {"index": 0, "message": {"role": "assistant", "content": text}}
    if tops is not None:
        listed = [{"id": 1, "token": t, "logprob": v} for t, v in tops]
        first = {"token": tops[0][0], "logprob": tops[0][1], "top_logprobs": listed}
        choice["logprobs"] = {"content": [first]}
    usage = {"prompt_tokens": 48, "completion_tokens": 2}
    return Answer({"choices": [choice], "usage": usage, **more})


def refusal(status: int, message: str = "no", **headers: str) -> Answer:
    return Answer({"error": {"message": message}}, status=status, headers=headers)


Rule = Callable[[str, dict[str, Any]], Answer]
"""From the path and the body of a request to the answer."""


class Server:
    """`answers` are given in turn, the last one again and again; `seen` has what was asked.

    With a `rule` the request decides instead.
    """

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.rule: Rule | None = None
        self.pages: dict[str, Any] = {}
        """What a GET of a path brings; any other path is 404."""
        self.read: list[str] = []
        self.seen: list[tuple[str, dict[str, Any]]] = []
        self.keys: list[str | None] = []
        self._over = threading.Event()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,))
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._http.server_port}/v1"

    def close(self) -> None:
        self._over.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                body = json.loads(self.rfile.read(length))
                server.seen.append((self.path, body))
                server.keys.append(self.headers["Authorization"])
                answers = server.answers
                if server.rule is not None:
                    answer = server.rule(self.path, body)
                else:
                    answer = answers.pop(0) if len(answers) > 1 else answers[0]
                self._send(answer)

            def do_GET(self) -> None:
                server.read.append(self.path)
                page = server.pages.get(self.path)
                self._send(Answer(status=404) if page is None else Answer(page))

            def _send(self, answer: Answer) -> None:
                if answer.hang:
                    server._over.wait(600)
                    return
                self.send_response(answer.status)
                for key, value in {"Content-Type": "application/json", **answer.headers}.items():
                    self.send_header(key.replace("_", "-"), value)
                self.send_header("Content-Length", str(len(answer.payload())))
                self.end_headers()
                self.wfile.write(answer.payload())

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Handler


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.close()


@dataclass
class Sleeper:
    """Stands where `time.sleep` stands: notes the seconds and does not wait."""

    slept: list[float] = field(default_factory=list)

    def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)


@pytest.fixture
def sleeper() -> Sleeper:
    return Sleeper()


MakeClient = Callable[..., OpenAiModel]


@pytest.fixture
def make_client(server: Server, sleeper: Sleeper) -> Iterator[MakeClient]:
    made: list[OpenAiModel] = []

    def make(
        dialect: str = "llama.cpp", breaker: Breaker | None = None, **changes: Any
    ) -> OpenAiModel:
        settings = ModelSettings(
            **{"kind": "openai", "model": "tiny", "server": dialect, "timeout_s": 60.0, **changes}
        )
        client = OpenAiModel(
            settings, server.url, "secret", name="small", breaker=breaker, sleep=sleeper
        )
        made.append(client)
        return client

    yield make
    for client in made:
        client.close()
