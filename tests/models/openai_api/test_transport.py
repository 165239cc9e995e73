"""A call ends by its deadline, whatever the server sends meanwhile, and when it is stopped."""

from __future__ import annotations

import contextlib
import gzip
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from tests.models.conftest import Answer, MakeClient, Server
from tinyarms.core.errors import BadReply, CallStopped, ModelTimeout
from tinyarms.core.settings import ModelSettings
from tinyarms.models.openai_api import transport
from tinyarms.models.openai_api.client import OpenAiModel
from tinyarms.skills.execution import Message, ModelRequest

HELLO = ModelRequest(messages=(Message("user", "Hello"),))
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@contextlib.contextmanager
def trickling(first: bytes, then: bytes) -> Iterator[str]:
    """A server that sends `first`, and `then` again and again."""
    over = threading.Event()

    def serve() -> None:
        with contextlib.suppress(OSError):
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(first)
                while not over.wait(0.05):
                    connection.sendall(then)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
        over.set()
    thread.join()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("first", "then"),
    [
        (HEAD + b'Content-Length: 9999\r\n\r\n{"choices": []}', b" "),
        (HEAD, b"X-More: 1\r\n"),
        (b"", b""),
    ],
)
def test_a_server_that_trickles_does_not_hold_a_call(first: bytes, then: bytes) -> None:
    with trickling(first, then) as url:
        settings = ModelSettings(kind="openai", model="tiny", timeout_s=0.3)
        client = OpenAiModel(settings, url, None, name="small")
        with pytest.raises(ModelTimeout, match=r"0\.3 s"):
            client.complete(HELLO)
        client.close()


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("status", [200, 400])
def test_an_answer_that_is_too_large_is_refused_in_one_line(
    server: Server,
    make_client: MakeClient,
    monkeypatch: pytest.MonkeyPatch,
    packed: bool,
    status: int,
) -> None:
    monkeypatch.setattr(transport, "MAX_RESPONSE_BYTES", 2**20)
    large = b" " * (2**20 + 1)
    headers = {"Content-Encoding": "gzip"} if packed else {}
    server.answers = [Answer(gzip.compress(large) if packed else large, status, headers)]
    with pytest.raises(BadReply, match="sent more than") as caught:
        make_client().complete(HELLO)
    assert "\n" not in str(caught.value)


def test_stopping_ends_the_calls_of_other_threads_and_only_those(
    server: Server, make_client: MakeClient
) -> None:
    server.answers = [Answer(hang=True)]
    client = make_client(slots=4)
    ended: list[Exception] = []

    def ask(of: Callable[[], object]) -> None:
        try:
            of()
        except CallStopped as error:
            ended.append(error)

    threads = [
        threading.Thread(target=ask, args=(lambda: client.complete(HELLO),)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    while len(server.seen) < 4:
        threading.Event().wait(0.01)
    client.stop_calls()
    for thread in threads:
        thread.join(60)
    assert len(ended) == 4
    server.answers = [Answer({"choices": [{"message": {"content": "Hi"}}]})]
    assert client.complete(HELLO).text == "Hi"
