"""A server of the OpenAI API that misbehaves: the first part of a URL's path says how.

`http://HOST:PORT/html/v1` answers every call with a page of HTML, `/html,chat-only/v1` also has no
`/completions`. The model behind it is that of `tests.end_to_end.project`.
"""

from __future__ import annotations

import json
import random
import re
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from tests import odd_answers, odd_gateways
from tests.end_to_end.project import MadeUp
from tests.odd_answers import Behaviour, Call, Sent
from tinyarms.skills.contract import Labels
from tinyarms.skills.execution import Message, ModelRequest

_LABELS = Labels(("good", "bad"))
_LONG_S = 30.0
"""Seconds that a call is held where the server hangs."""
_ASKS_FOR_A_LABEL = re.compile(r"with one of these, and with nothing else|keeps this JSON schema")


SILENT: Mapping[str, Behaviour] = {**odd_answers.SILENT, **odd_gateways.SILENT}
"""Behaviours whose answers have no text: nothing of them may be stored as a reply."""
BEHAVIOURS: Mapping[str, Behaviour] = {
    **odd_answers.ANSWERING,
    **odd_gateways.ANSWERING,
    **SILENT,
    **dict.fromkeys(odd_gateways.ABOUT_ITSELF, Call.reply),
}
GATEWAYS = frozenset({*odd_gateways.ANSWERING, *odd_gateways.SILENT, *odd_gateways.ABOUT_ITSELF})
CHAT_ONLY = "chat-only"


class OddServer:
    """Serves all behaviours on a port of this machine, in threads of this process."""

    def __init__(self, seed: int = 0) -> None:
        self.healed = False
        """Whether every behaviour is now that of a good server."""
        self.calls = 0
        """Calls that were not refused for their path."""
        self.in_flight = 0
        """Calls that hang now."""
        self.good_calls: int | None = None
        """So many calls get good answers, before the behaviour begins; `None`: no such limit."""
        self.most_calls: int | None = None
        """So many calls are answered, and later ones get 401; `None`: no such limit."""
        self._seed = seed
        self._lock = threading.Lock()
        self._numbers: dict[str, int] = {}
        self._over = threading.Event()
        self._http = _Http(("127.0.0.1", 0), _handler(self))
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def url(self, behaviour: str, *, chat_only: bool = False) -> str:
        """The base URL of a behaviour."""
        name = behaviour.replace(" ", "-") + (f",{CHAT_ONLY}" if chat_only else "")
        return f"http://127.0.0.1:{self._http.server_port}/{name}/v1"

    def begin(self) -> None:
        """Count the calls again from 0; the behaviours are odd again."""
        with self._lock:
            self.healed, self.calls, self._numbers = False, 0, {}

    def close(self) -> None:
        self._over.set()
        self._http.shutdown()
        self._http.server_close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def answer(self, path: str, body: Mapping[str, Any]) -> Sent:
        """The answer to a call."""
        name, *_ = path.strip("/").split("/")
        behaviour, _, limits = name.partition(",")
        if limits == CHAT_ONLY and "messages" not in body:
            return Sent(b'{"error": {"message": "Not Found"}}', 404)
        with self._lock:
            self.calls += 1
            number = self._numbers[behaviour] = self._numbers.get(behaviour, 0) + 1
            is_good = self.healed or (self.good_calls is not None and self.calls <= self.good_calls)
            if self.most_calls is not None and self.calls > self.most_calls:
                return Sent(b'{"error": {"message": "The key has expired"}}', 401)
        rng = random.Random(f"{self._seed} {behaviour} {number}")
        call = Call(number, body, made_up_text(body), rng)
        behave = Call.reply if is_good else _BY_PATH[behaviour]
        answer = behave(call)
        if isinstance(answer, Sent):
            return answer
        return Sent(json.dumps(answer).encode("utf-8", "surrogatepass"))

    def about_itself(self, path: str) -> Sent:
        """The answer to a question about the server."""
        name = path.strip("/").partition("/")[0].partition(",")[0]
        found = None if self.healed else _ABOUT_ITSELF.get(name)
        return found or Sent(b"{}", 404)

    def hold(self) -> None:
        """Wait until the test is over."""
        with self._lock:
            self.in_flight += 1
        self._over.wait(_LONG_S)
        with self._lock:
            self.in_flight -= 1


_ABOUT_ITSELF = {n.replace(" ", "-"): sent for n, sent in odd_gateways.ABOUT_ITSELF.items()}
_BY_PATH = {name.replace(" ", "-"): behave for name, behave in BEHAVIOURS.items()}


def made_up_text(body: Mapping[str, Any]) -> str:
    """What the made-up model says to a request, in the form that the request asks for."""
    turns = tuple(
        Message(turn["role"], str(turn["content"])) for turn in body.get("messages") or ()
    )
    said = " ".join(turn.content for turn in turns)
    in_json = "response_format" in body
    wants_label = in_json or "grammar" in body or _ASKS_FOR_A_LABEL.search(said) is not None
    request = ModelRequest(
        messages=turns,
        completion=body.get("prompt"),
        seed=int(body.get("seed") or len(said)),
        constraint=_LABELS.constraint() if wants_label else None,
    )
    text = MadeUp().complete(request).text
    return json.dumps({"answer": text}) if in_json else text


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that end a call are no error."""


def _handler(server: OddServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 65536
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with suppress(BrokenPipeError, ConnectionResetError):
                self._send(server.answer(self.path, body))

        def do_GET(self) -> None:
            with suppress(BrokenPipeError, ConnectionResetError):
                self._send(server.about_itself(self.path))

        def _send(self, sent: Sent) -> None:
            if sent.then == "as it is":
                self.wfile.write(sent.body)
                self.wfile.flush()
                self.close_connection = True
                return
            if sent.then == "hang":
                server.hold()
            if sent.then in ("hang", "reset"):
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            extra = {"drip": 1000, "close": 10}.get(sent.then, 0)
            self.send_response(sent.status)
            for name, value in {"Content-Type": "application/json", **sent.headers}.items():
                self.send_header(name, value)
            if "chunks" in sent.then:
                self.send_header("Transfer-Encoding", "chunked")
            elif sent.then == "no length":
                self.send_header("Connection", "close")
            else:
                self.send_header("Content-Length", str(len(sent.body) + extra))
            self.end_headers()
            if "chunks" in sent.then:
                self.wfile.write(b"%x\r\n%b\r\n" % (len(sent.body), sent.body))
                self.wfile.write(b"0\r\n\r\n" if sent.then == "chunks" else b"")
            else:
                self.wfile.write(sent.body)
            self.wfile.flush()
            if sent.then == "drip":
                self._drip()
            self.close_connection = self.close_connection or sent.then not in ("", "chunks")

        def _drip(self) -> None:
            end_s = time.monotonic() + _LONG_S
            while time.monotonic() < end_s and not server._over.wait(0.1):
                self.wfile.write(b" ")
                self.wfile.flush()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
