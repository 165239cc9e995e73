"""Whatever somebody sends, the answer is a problem with a remedy, and nothing else happens."""

from __future__ import annotations

import json
import re
import shutil
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from threading import Event, Thread, Timer
from typing import Any

import pytest
import uvicorn

from tests.loop.place import SKILL, Place, text
from tests.web.conftest import Web
from tests.web.served import serving
from tinyarms.web.connections import Limited, LimitedH11
from tinyarms.web.jobs import Job
from tinyarms.web.problems import PROBLEM_JSON
from tinyarms.web.reference import described
from tinyarms.web.start import fastest

pytestmark = pytest.mark.slow

Schema = Mapping[str, Any]
NAMES = {"skill": SKILL, "format": "markdown"}


def assert_refused(answer: Any, sent: object) -> None:
    """The answer is a problem with a hint, or an error of the OpenAI API, and no fault of ours."""
    assert 400 <= answer.status_code < 500, (sent, answer.status_code, answer.text)
    said = answer.json()
    if "error" in said:
        assert said["error"]["message"], sent
        return
    assert answer.headers["content-type"] == PROBLEM_JSON, sent
    assert said["status"] == answer.status_code and said["detail"] and said["hint"], (sent, said)


def operations(web: Web) -> Iterator[tuple[str, str, Schema | None]]:
    """Each method and path of the API, and the schema of its body; `None`: it has none."""
    document = described(web.app)
    for path, methods in document["paths"].items():
        filled = re.sub(r"{([^}]*)}", lambda found: NAMES.get(found[1], "x"), path)
        for method, operation in methods.items():
            content = operation.get("requestBody", {}).get("content", {})
            schema = content.get("application/json", {}).get("schema")
            yield method.upper(), filled, None if schema is None else resolved(document, schema)


def resolved(document: Schema, schema: Schema) -> Schema:
    """The schema with all that it refers to."""
    if "$ref" in schema:
        return resolved(document, document["components"]["schemas"][schema["$ref"].split("/")[-1]])
    found = dict(schema)
    for key in ("anyOf", "oneOf"):
        if key in found:
            found[key] = [resolved(document, each) for each in found[key]]
    if "properties" in found:
        found["properties"] = {
            name: resolved(document, each) for name, each in found["properties"].items()
        }
    for key in ("items", "additionalProperties"):
        if isinstance(found.get(key), dict):
            found[key] = resolved(document, found[key])
    return found


BODIES: Mapping[str, bytes] = {
    "no JSON": b"{",
    "two values": b"{} {}",
    "null": b"null",
    "a list": b"[]",
    "a text": b'"x"',
    "a number": b"1",
    "NaN": b'{"n": NaN}',
    "a key twice": b'{"skill": "a", "skill": "b"}',
    "a key twice, deeper": b'{"inputs": {"text": "a", "text": "b"}}',
    "deep": b"[" * 100_000,
    "no UTF-8": b'{"skill": "\xff"}',
    "UTF-16": '{"skill": "feeling", "inputs": {}}'.encode("utf-16"),
    "half a letter": rb'{"skill": "\ud83d", "user": "\ud83d", "against": "\ud83d"}',
    "a long number": b'{"n": ' + b"9" * 5000 + b"}",
    "unknown fields": json.dumps({f"field {n}": n for n in range(1000)}).encode(),
    "wrong types": json.dumps(
        {"skill": 1, "inputs": [], "rows": {}, "prompts": "x", "variant": [], "answer": 3}
        | {"to": "x", "user": {}, "shares": "a", "answers": [], "contents": [], "against": []}
        | {"before": {}, "after": [], "n": -1, "success": "yes", "choice": 7, "output": []}
        | {"messages": "x", "model": 3, "input": 7, "annoyed": "no", "dry_run": 1, "yes": 1}
    ).encode(),
}


@pytest.mark.parametrize("kind", BODIES)
def test_a_body_that_is_wrong_is_refused_by_every_route(web: Web, kind: str) -> None:
    client = web.client("release", **{"content-type": "application/json"})
    seen = 0
    for method, path, schema in operations(web):
        if schema is None or (kind == "null" and "anyOf" in schema):
            continue
        answer = client.request(method, path, content=BODIES[kind])
        assert_refused(answer, (method, path))
        if "UTF" in kind:
            assert answer.status_code == 422 and "not UTF-8" in answer.text
        if "twice" in kind:
            assert answer.status_code == 422 and "occurs twice" in answer.text
        seen += 1
    assert seen > 20


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded"])
def test_a_body_of_another_type_is_refused(web: Web, content_type: str) -> None:
    client = web.client("release", **({"content-type": content_type} if content_type else {}))
    for method, path, schema in operations(web):
        if schema is not None and "anyOf" not in schema:
            assert_refused(client.request(method, path, content=b"{}"), (method, path))


def test_a_wrong_method_is_refused(web: Web) -> None:
    client = web.client("release")
    described_ones = {(method, path) for method, path, _ in operations(web)}
    for path in {path for _, path in described_ones}:
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "FOO"):
            if (method, path) not in described_ones:
                answer = client.request(method, path)
                assert_refused(answer, (method, path))
                assert answer.status_code == 405


BYTES: Mapping[str, bytes] = {
    "garbage": b"GARBAGE\r\n\r\n",
    "no host": b"GET /healthz HTTP/1.1\r\n\r\n",
    "two hosts": b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: 127.0.0.1\r\n\r\n",
    "a negative length": b"POST /v1/tasks HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    b"Content-Length: -5\r\n\r\n",
    "two lengths": b"POST /v1/tasks HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\n"
    b"Content-Length: 3\r\n\r\n{}x",
    "an upgrade": b"GET /v1/skills HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    b"Sec-WebSocket-Version: 13\r\n\r\n",
}


def test_what_is_no_http_is_refused_too(new_web_project: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(new_web_project, tmp_path / "project"))
    with serving(root) as served:
        port = int(served.url.rpartition(":")[2])
        for kind, sent in BYTES.items():
            with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
                connection.sendall(sent)
                head, body = answered(connection)
            assert head.startswith(("HTTP/1.1 4",)), (kind, head)
            assert f"content-type: {PROBLEM_JSON}" in head.lower(), (kind, head)
            assert json.loads(body)["hint"], kind


def answered(connection: socket.socket) -> tuple[str, str]:
    """The head and the body of an answer."""
    got = b""
    while b"\r\n\r\n" not in got:
        got += connection.recv(65_536)
    head, _, body = got.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: ([0-9]+)", head)
    assert length is not None, head
    while len(body) < int(length[1]):
        body += connection.recv(65_536)
    return head.decode(), body.decode()


# No request names a path, an address, a declaration or code.

GIVEN: Mapping[str, Any] = {
    "skill": SKILL,
    "inputs": {"text": text(1)},
    "contents": {"rows.csv": "text,label\na,good\nb,bad\n"},
    "rows": [{"inputs": {"text": "a"}, "expected": "good"}],
    "prompts": ["Good or bad, please?"],
    "output": "good",
    "variant": "A",
    "answer": "approve",
    "before": 1,
    "after": 1,
    "against": "main",
    "user": "bo",
    "choice": None,
    "annoyed": None,
    "answers": {"e1": "drop"},
    "model": "small",
    "messages": [{"role": "user", "content": text(1)}],
    "input": text(1),
}
"""What a valid request may have in its fields, where these are required."""


def with_text(schema: Schema, hostile: str) -> Iterator[Any]:
    """Values of the schema, or nearly, that contain a text."""
    for each in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from with_text(each, hostile)
    kind = schema.get("type")
    if kind == "string":
        yield hostile
    elif kind == "array":
        yield from ([each] for each in with_text(schema.get("items") or ANY_TEXT, hostile))
    elif kind == "object":
        properties = schema.get("properties", {})
        for name, below in properties.items():
            for value in with_text(below, hostile):
                required = {n: GIVEN.get(n, "x") for n in schema.get("required", ())}
                yield {**required, name: value}
        if not properties:
            more = schema.get("additionalProperties")
            for value in with_text(more if isinstance(more, dict) else ANY_TEXT, hostile):
                yield {"text": value}
            yield {hostile: "x"}


ANY_TEXT: Schema = {"type": "string"}
CODE = "canary_scorer"


def test_texts_of_requests_open_no_file_reach_no_address_and_run_no_code(
    web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every text in every field of every route may be the name of something here."""
    canary = tmp_path / "canary.md"
    canary.write_text("CANARY-CONTENT\n")
    (tmp_path / f"{CODE}.py").write_text("def score(example, output): return 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("CANARY_ENV", "CANARY-SECRET")
    opened: list[str] = []
    watching = [True]

    def watch(event: str, given: tuple[Any, ...]) -> None:
        if watching[0] and event == "open" and "canary" in str(given[0]):
            opened.append(str(given[0]))

    sys.addaudithook(watch)
    canary.read_text()
    assert opened.pop() == str(canary), "The watch sees nothing."
    callers: list[Any] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/canary"
        Thread(target=_take_calls, args=[listening, callers], daemon=True).start()
        config = (web.arms.root / "config.yaml").read_text()
        models = Place(web.arms.root).config()["models"]
        said, sent = "", 0
        client = web.client("release")
        application = web.client("application")
        hostile = (str(canary), f"file://{canary}", address, f"{CODE}:score", "${CANARY_ENV}")
        for method, path, schema in operations(web):
            if schema is None or path.endswith("/doctor"):
                continue
            for word in hostile:
                for body in with_text(schema, word):
                    asks = application if "/tasks" in path or "completions" in path else client
                    said += asks.request(method, path, json=body).text
                    sent += 1
            for job in web.app.state.service.jobs.all():
                job.wait(60)
                said += json.dumps(job.view().result) + json.dumps(job.view().error)
    watching[0] = False
    assert sent > 300 and "canary" in said
    assert opened == [] and callers == [] and CODE not in sys.modules
    assert "CANARY-CONTENT" not in said and "CANARY-SECRET" not in said
    after = Place(web.arms.root).config()
    assert after["models"] == models and "canary" not in json.dumps(models)
    for name, entry in after["skills"].items():
        assert entry["model"] == "small", name
        assert not any(address in str(entry.get(key)) for key in entry if key != "description")
        assert CODE not in str(entry.get("scorer"))
    assert config.count("kind:") == (web.arms.root / "config.yaml").read_text().count("kind:")


def _take_calls(listening: socket.socket, callers: list[Any]) -> None:
    try:
        while True:
            callers.append(listening.accept()[1])
    except OSError:
        return


# What a single caller can hold up.

HEAD = b"POST /v1/tasks HTTP/1.1\r\nHost: 127.0.0.1\r\n"


@pytest.mark.parametrize(
    "sent",
    [b"", b"GET /healthz HT", HEAD, b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nGET /h"],
    ids=["nothing", "a part of a line", "a part of a head", "a second head"],
)
def test_a_connection_whose_request_does_not_begin_is_ended(
    web: Web, protocol: type[Limited], sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tinyarms.web.connections.HEAD_S", 0.3)
    with listening(web, protocol) as port, connected(port) as connection:
        connection.sendall(sent)
        got = b""
        while more := connection.recv(65_536):  # it ends
            got += more
    assert got.startswith(b"HTTP/1.1 200" if b"\n\r\n" in sent else b"")


@pytest.fixture(params=[LimitedH11, fastest()])
def protocol(request: pytest.FixtureRequest) -> type[Limited]:
    """What reads connections, without httptools and with it."""
    assert fastest() is not LimitedH11
    found: type[Limited] = request.param
    return found


MOST = 20
"""Open connections in the next tests."""
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@pytest.mark.parametrize(
    "sent", [b"", b"GET /h", HEALTH], ids=["nothing", "a part of a line", "a request before"]
)
def test_many_connections_that_wait_hold_up_nobody(
    web: Web, protocol: type[Limited], sent: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Limited, "most_connections", MOST)
    with listening(web, protocol) as port, ExitStack() as stack:
        idle = [stack.enter_context(connected(port)) for _ in range(10 * MOST)]
        for connection in idle:
            with suppress(OSError):  # It is ended already.
                connection.sendall(sent)
                if sent == HEALTH:
                    connection.recv(65_536)
        with connected(port) as honest:
            honest.sendall(HEALTH)
            head, _ = answered(honest)
        still_open = [each for each in idle if not is_ended(each)]
    assert head.startswith("HTTP/1.1 200")
    assert 0 < len(still_open) < MOST


def is_ended(connection: socket.socket) -> bool:
    """Whether the service has ended the connection."""
    connection.settimeout(0.02)
    try:
        while connection.recv(65_536):
            pass
    except TimeoutError:
        return False
    except OSError:
        return True
    return True


def test_a_connection_too_many_is_refused_while_all_others_are_at_work(
    web: Web, protocol: type[Limited], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Limited, "most_connections", MOST)
    token = web.arms.add_token("release", "ada").token
    begun = f"Authorization: Bearer {token}\r\nContent-Type: application/json\r\n".encode()
    with listening(web, protocol) as port, ExitStack() as stack:
        for _ in range(MOST):
            busy = stack.enter_context(connected(port))
            busy.sendall(HEAD + begun + b"Expect: 100-continue\r\nContent-Length: 9\r\n\r\n")
            assert busy.recv(65_536).startswith(b"HTTP/1.1 100")  # Its body is being read.
        with connected(port) as one_more:
            head, body = answered(one_more)
            assert one_more.recv(1) == b""
        busy.sendall(b"{}       ")
        answer, _ = answered(busy)
    assert head.startswith("HTTP/1.1 503 Service Unavailable") and "retry-after: " in head.lower()
    assert "server.max_connections" in json.loads(body)["hint"]
    assert answer.startswith("HTTP/1.1 422")


@pytest.mark.parametrize(
    ("target", "host", "status"),
    [
        ("http://127.0.0.1:{port}/healthz", "127.0.0.1", 200),
        ("HTTP://LocalHost/healthz?x=http://evil.example/", "evil.example", 200),
        ("http://evil.example/healthz", "127.0.0.1", 421),
        ("http://evil.example@127.0.0.1/healthz", "127.0.0.1", 421),
        ("http:///healthz", "127.0.0.1", 421),
        ("http://127.0.0.1", "127.0.0.1", 401),
        ("http://127.0.0.1/v1/no%2Fsuch", "127.0.0.1", 404),
    ],
)
def test_a_target_may_name_its_host_which_then_counts(
    web: Web, protocol: type[Limited], target: str, host: str, status: int
) -> None:
    with listening(web, protocol) as port, connected(port) as connection:
        sent = f"GET {target.format(port=port)} HTTP/1.1\r\nHost: {host}\r\n\r\n"
        connection.sendall(sent.encode())
        head, body = answered(connection)
    assert head.startswith(f"HTTP/1.1 {status} "), (head, body)


def test_a_body_that_does_not_arrive_is_refused_in_time(
    web: Web, protocol: type[Limited], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tinyarms.web.security.guard.BODY_S", 0.3)
    token = web.arms.add_token("release", "ada").token
    authorization = f"Authorization: Bearer {token}\r\n".encode()
    begun = HEAD + authorization + b"Content-Type: application/json\r\n"
    chunk = b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"
    for rest in (b"Content-Length: 100\r\n\r\n{", chunk):
        with listening(web, protocol) as port, connected(port) as connection:
            connection.sendall(begun + rest)
            head, body = answered(connection)
            assert head.startswith("HTTP/1.1 408") and "connection: close" in head.lower()
            assert "did not arrive" in json.loads(body)["detail"]
            assert connection.recv(1) == b""


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=60)


@contextmanager
def listening(web: Web, protocol: type[Limited]) -> Iterator[int]:
    """The service on a port of its own, as `tinyarms serve` runs it, in this process."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(
            web.app, log_config=None, http=protocol, ws="none", timeout_graceful_shutdown=1
        )
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, args=[[listener]])
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


@pytest.mark.parametrize(
    "name", ["authorization", "content-type", "idempotency-key", "last-event-id"]
)
def test_of_two_headers_none_is_believed(web: Web, name: str) -> None:
    """A proxy may have read the other one."""
    token = web.arms.add_token("release", "ada").token
    given = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    given |= {"idempotency-key": "a", "last-event-id": "1"}
    for method, path in (("GET", "/v1/skills"), ("POST", "/v1/tasks"), ("GET", "/")):
        answer = web.client().request(method, path, headers=[*given.items(), (name, given[name])])
        assert_refused(answer, path)
        assert f"The header {name} is there twice" in answer.text


@pytest.mark.parametrize("asked", ["bytes=0-9", "bytes=5-1", "bytes=9999999-", "x", "bytes=0-0,2-"])
def test_files_are_sent_whole(web: Web, asked: str) -> None:
    client = web.client("release")
    for path in ("/assets/style.css", "/docs/swagger-ui.css", "/widget.js", "/v1/skills"):
        whole, part = client.get(path), client.get(path, headers={"range": asked, "if-range": "x"})
        assert (part.status_code, part.content) == (200, whole.content), path
        assert "accept-ranges" not in whole.headers


def test_who_listens_to_a_job_hears_nothing_once_the_token_is_revoked(web: Web) -> None:
    held, begun = Event(), Event()

    def work(job: Job) -> None:
        for number in range(1000):
            job.note(f"step {number}")
            begun.set()
            if held.wait(0.01):
                return

    job = web.app.state.service.jobs.start("evolve", SKILL, work)
    assert begun.wait(60)
    token = web.arms.add_token("view", "ada")
    client = web.client(authorization=f"Bearer {token.token}")
    try:
        Timer(1.0, lambda: web.arms.revoke_token(token.id)).start()
        heard = client.get(f"/v1/jobs/{job.id}/events").text  # it ends
        assert job.state == "running" and "step 0" in heard and "event: done" not in heard
        assert client.get(f"/v1/jobs/{job.id}").status_code == 401
    finally:
        held.set()
        job.wait(60)
