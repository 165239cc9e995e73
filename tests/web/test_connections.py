"""What httptools reads fast, and what h11 reads, reach the app alike."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Thread
from typing import Any

import pytest
import uvicorn

from tinyarms.web.connections import HEAD_S, Limited, LimitedH11
from tinyarms.web.fast_connections import MOST_WAITING
from tinyarms.web.start import fastest


async def told(scope: Any, receive: Any, send: Any) -> None:
    """An app that says what has reached it; as a stream for `/stream`, and early for `/early`."""
    body = b""
    more = scope["path"] != "/early"
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    said = {name: scope[name] for name in ("method", "path", "http_version")}
    said |= {name: scope[name].decode("latin-1") for name in ("raw_path", "query_string")}
    said["headers"] = [[each.decode("latin-1") for each in pair] for pair in scope["headers"]]
    text = json.dumps([said, body.decode("latin-1")]).encode()
    headers = [] if scope["path"] == "/stream" else [(b"content-length", b"%d" % len(text))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": text[:20], "more_body": True})
    await send({"type": "http.response.body", "body": text[20:]})


@contextmanager
def listening(protocol: type[Limited]) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(
            told, log_config=None, http=protocol, ws="none", lifespan="off", date_header=False
        )
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, args=[[listener]])
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="module")
def ports() -> Iterator[tuple[int, int]]:
    """Of a service without httptools, and of one with it."""
    assert fastest() is not LimitedH11
    with listening(LimitedH11) as slow, listening(fastest()) as fast:
        yield slow, fast


LAST = b"GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
"""After it the service ends the connection."""


def answers(port: int, *sent: bytes, pause_s: float = 0.0) -> bytes:
    """All that the service says until it ends the connection."""
    got = b""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        try:
            for each in sent:
                connection.sendall(each)
                time.sleep(pause_s)
            while more := connection.recv(1_000_000):
                got += more
        except ConnectionError:  # It did not wait for the rest.
            pass
    return got


H = b"Host: x\r\n"
POST = b"POST /a HTTP/1.1\r\n" + H
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n"
SENT: Mapping[str, bytes] = {
    "a request": b"GET /a?b=%20&c#d HTTP/1.1\r\n" + H + b"X-Two: 1\r\nx-two:  2 \r\n\r\n",
    "a body": POST + b"Content-Length: 3\r\n\r\nabc",
    "two bodies": (POST + b"Content-Length: 3\r\n\r\nabc") * 2,
    "chunks": CHUNKED + b"\r\n2\r\nab\r\n1;x=y\r\nc\r\n0\r\n\r\n",
    "a trailer": CHUNKED + b"\r\n2\r\nab\r\n0\r\nAuthorization: Bearer x\r\nHost: y\r\n\r\n",
    "half a trailer": CHUNKED + b"\r\n2\r\nab\r\n0\r\nX-Y\r\n\r\n",
    "a chunk without a size": CHUNKED + b"\r\nzz\r\nab\r\n0\r\n\r\n",
    "a chunk too long": CHUNKED + b"\r\n1\r\nabc\r\n0\r\n\r\n",
    "a length and chunks": CHUNKED + b"Content-Length: 3\r\n\r\n2\r\nab\r\n0\r\n\r\n",
    "another coding": POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunked twice": CHUNKED + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked in capitals": POST + b"Transfer-Encoding: Chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
    "two equal lengths": POST + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\na",
    "two lengths": POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\na",
    "lengths in one": POST + b"Content-Length: 1, 1\r\n\r\na",
    "a signed length": POST + b"Content-Length: +1\r\n\r\na",
    "a negative length": POST + b"Content-Length: -1\r\n\r\na",
    "a huge length": POST + b"Content-Length: " + b"9" * 30 + b"\r\n\r\na",
    "an empty length": POST + b"Content-Length:\r\n\r\n",
    "another method": b"FOO /a HTTP/1.1\r\n" + H + b"\r\n",
    "a small method": b"get /a HTTP/1.1\r\n" + H + b"\r\n",
    "every method": b"".join(
        each + b" /a HTTP/1.1\r\n" + H + b"\r\n"
        for each in (b"HEAD", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"TRACE", b"PURGE")
    ),
    "HEAD of a stream": b"HEAD /stream HTTP/1.1\r\n" + H + b"\r\n",
    "a stream": b"GET /stream HTTP/1.1\r\n" + H + b"\r\n",
    "an old stream": b"GET /stream HTTP/1.0\r\n" + H + b"\r\n",
    "an old request": b"GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    "HTTP/1.2": b"GET /a HTTP/1.2\r\n" + H + b"\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/0.9": b"GET /a\r\n\r\n",
    "an absolute target": b"GET http://y/a?b HTTP/1.1\r\n" + H + b"\r\n",
    "a host as target": b"GET http://y HTTP/1.1\r\n" + H + b"\r\n",
    "an authority": b"CONNECT y:1 HTTP/1.1\r\n" + H + b"\r\n",
    "a star": b"OPTIONS * HTTP/1.1\r\n" + H + b"\r\n",
    "two slashes": b"GET //y/../a;b?c?d HTTP/1.1\r\n" + H + b"\r\n",
    "odd letters": b'GET /a%00%ff%2F"<>\\^`{|} HTTP/1.1\r\n' + H + b"\r\n",
    "no ASCII in the target": b"GET /\xc3\xa4 HTTP/1.1\r\n" + H + b"\r\n",
    "no ASCII in a header": b"GET /a HTTP/1.1\r\n" + H + b"X: \xc3\xa4\r\n\r\n",
    "a space in the target": b"GET /a b HTTP/1.1\r\n" + H + b"\r\n",
    "no host": b"GET /a HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /a HTTP/1.1\r\n" + H + H + b"\r\n",
    "an empty header": b"GET /a HTTP/1.1\r\nX-Empty:\r\nAuthorization: \r\n" + H + b"Y:\r\n\r\n",
    "a header without a name": b"GET /a HTTP/1.1\r\n" + H + b": a\r\n\r\n",
    "a header without a colon": b"GET /a HTTP/1.1\r\n" + H + b"abc\r\n\r\n",
    "a space before the colon": b"GET /a HTTP/1.1\r\nHost : x\r\n\r\n",
    "a folded header": b"GET /a HTTP/1.1\r\n" + H + b"X: a\r\n b\r\n\r\n",
    "NUL in a header": b"GET /a HTTP/1.1\r\n" + H + b"X: a\x00b\r\n\r\n",
    "a control character": b"GET /a HTTP/1.1\r\n" + H + b"X: a\x0bb\x7f\x01\r\n\r\n",
    "a carriage return": b"GET /a HTTP/1.1\r\n" + H + b"X: a\rb\r\n\r\n",
    "a tab": b"GET /a HTTP/1.1\r\n" + H + b"X:\ta\tb\t\r\n\r\n",
    "odd names": b"GET /a HTTP/1.1\r\n" + H + b"X_y!#$%&'*+.^`|~: 1\r\n\r\n",
    "only line feeds": b"GET /a HTTP/1.1\nHost: x\n\n",
    "line ends before it": b"\r\n\r\nGET /a HTTP/1.1\r\n" + H + b"\r\n",
    "an upgrade": b"GET /a HTTP/1.1\r\n" + H + b"Upgrade: h2c\r\nConnection: Upgrade\r\n\r\n",
    "an upgrade with a body": POST
    + b"Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nContent-Length: 2\r\n\r\nab",
    "keep-alive": b"GET /a HTTP/1.1\r\n" + H + b"Connection: Keep-Alive\r\n\r\n",
    "an answer before the body": b"POST /early HTTP/1.1\r\n" + H + b"Content-Length: 2\r\n\r\nab",
    "nearly too long a head": b"GET /a HTTP/1.1\r\n" + H + b"X: " + b"x" * 60_000 + b"\r\n\r\n",
    "garbage": b"\x16\x03\x01\x02\x00",
    "half a request": b"GET /a HTTP/1.1\r\n" + H + b"Connection: close\r\n\r\nGET",
}


@pytest.mark.parametrize("kind", SENT)
@pytest.mark.parametrize("first", [b"", SENT["a body"]], ids=["first", "second"])
def test_both_read_the_same(ports: tuple[int, int], kind: str, first: bytes) -> None:
    """As the first request of a connection, and as one after another was answered."""
    sent = [*([first] if first else []), SENT[kind], LAST]
    slow, fast = (answers(port, *sent, pause_s=0.05) for port in ports)
    if kind in MAY_DIFFER:
        assert fast.startswith(b"HTTP/1.1 200")
        return
    assert parts_of(fast) == parts_of(slow)


MAY_DIFFER = frozenset({"HEAD of a stream", "line ends before it"})
"""`Transfer-Encoding` in the answer to HEAD; and empty lines, which HTTP lets a service ignore."""


def parts_of(said: bytes) -> list[bytes]:
    """The answers, with their lines in order, in small letters."""
    return sorted(said.lower().replace(b"\r\n\r\n", b"\r\n").split(b"\r\n"))


LONG: Mapping[str, bytes] = {
    "a long trailer": CHUNKED + b"\r\n0\r\nX: " + b"x" * 200_000,
    "a long chunk extension": CHUNKED + b"\r\n1;" + b"x" * 200_000,
    "a long head": b"GET /a HTTP/1.1\r\n" + H + b"X: " + b"x" * 200_000,
    "a long target": b"GET /" + b"x" * 200_000,
}


@pytest.mark.parametrize("kind", LONG)
def test_what_does_not_end_is_refused(ports: tuple[int, int], kind: str) -> None:
    began = time.monotonic()
    for port in ports:
        said = answers(port, LONG[kind])  # nothing, where the end of the connection came first
        assert not said or said.startswith(b"HTTP/1.1 400")
    assert time.monotonic() - began < HEAD_S


@pytest.mark.parametrize("kind", ["a request", "two bodies", "a trailer", "an absolute target"])
def test_a_request_may_come_in_single_bytes(ports: tuple[int, int], kind: str) -> None:
    sent = [bytes([each]) for each in SENT[kind] + LAST]
    slow, fast = (answers(port, *sent, pause_s=0.0003) for port in ports)
    assert parts_of(fast) == parts_of(slow)


def test_requests_that_come_at_once_are_answered_in_turn(ports: tuple[int, int]) -> None:
    many = b"".join(b"GET /%d HTTP/1.1\r\nHost: x\r\n\r\n" % each for each in range(50)) + LAST
    slow, fast = (answers(port, many) for port in ports)
    assert parts_of(fast) == parts_of(slow)
    assert fast.count(b"HTTP/1.1 200") == 51


def test_of_more_requests_at_once_some_are_answered(ports: tuple[int, int]) -> None:
    many = b"GET /a HTTP/1.1\r\nHost: x\r\n\r\n" * (2 * MOST_WAITING)
    answered = answers(ports[1], many).count(b"HTTP/1.1 200")
    assert MOST_WAITING <= answered < 2 * MOST_WAITING


def test_what_is_no_http_after_other_requests_is_no_answer_to_them(ports: tuple[int, int]) -> None:
    said = answers(ports[1], SENT["a body"] * 2 + b"GARBAGE\r\n\r\n")
    assert said.count(b"HTTP/1.1 200") == 2 and said.count(b"HTTP/1.1 ") == 2
