"""The simulated model of `--stand-in` behind chat completions, for trials without weights."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from foreign.llama_server import Served
from search.dataset import Dataset
from search.stand_in import StandIn
from tinyarms.skills.execution import Message, ModelReply, ModelRequest


class PlainStandIn(StandIn):
    """A stand-in whose answer depends on the messages only, not on the form of the request."""

    def __init__(self, dataset: Dataset) -> None:
        super().__init__([dataset])

    def complete(self, request: ModelRequest) -> ModelReply:
        """Answer one request."""
        if request.completion is not None:
            return super().complete(request)
        return super().complete(ModelRequest(messages=request.messages))


@contextmanager
def stand_in_server(dataset: Dataset) -> Iterator[Served]:
    """A server of the stand-in for this data set. It takes `response_format` and `logprobs`."""
    http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(PlainStandIn(dataset)))
    http.daemon_threads = True
    threading.Thread(target=http.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield Served(f"http://127.0.0.1:{http.server_port}", "none")
    finally:
        http.shutdown()
        http.server_close()


def _handler(model: StandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            content = json.dumps(_answer(model, body)).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler


def _answer(model: StandIn, body: dict[str, Any]) -> dict[str, Any]:
    turns = tuple(Message(turn["role"], turn["content"]) for turn in body["messages"])
    reply = model.complete(ModelRequest(messages=turns))
    before, after = ('{"answer":"', '"}') if "response_format" in body else ("", "")
    listed = [
        {"token": label, "logprob": value} for label, value in (reply.label_logprobs or {}).items()
    ]
    said = {"token": reply.text, "logprob": 0.0, "top_logprobs": listed}
    tokens = [{"token": before, "logprob": 0.0, "top_logprobs": []}, said] if before else [said]
    choice = {
        "message": {"role": "assistant", "content": f"{before}{reply.text}{after}"},
        "finish_reason": "stop",
        "logprobs": {"content": tokens} if body.get("logprobs") else None,
    }
    usage = {"prompt_tokens": reply.prompt_tokens, "completion_tokens": reply.completion_tokens}
    return {"choices": [choice], "usage": usage}
