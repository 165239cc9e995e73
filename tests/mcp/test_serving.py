"""The server as a process, on stdio and over HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import httpx2
import pytest
from mcp.client.streamable_http import streamable_http_client

import tinyarms
from mcp import Client
from tests.end_to_end.project import SKILL
from tests.mcp.calling import content_of, on_stdio
from tests.slow_model import Slow, slow_project
from tests.started import Started
from tinyarms import TinyArms

pytestmark = pytest.mark.slow

TOKEN = "a-token-of-at-least-sixteen"


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    with slow_project(tmp_path / "project") as root:
        yield root


def test_evolve_reports_progress_and_ends_when_it_is_cancelled(root: Path) -> None:
    """The next call goes on where it stopped: what was asked is not asked again."""
    seen: list[tuple[float, str]] = []

    async def run() -> Any:
        async with Client(on_stdio(root)) as client:
            with anyio.CancelScope() as scope:

                async def progress(done: float, total: float | None, message: str | None) -> None:
                    seen.append((done, message or ""))
                    if len(seen) == 2:
                        scope.cancel()

                arguments = {"skill": SKILL, "calls": 200}
                await client.call_tool("evolve", arguments, progress_callback=progress)
            assert scope.cancelled_caught
            at_cancel = Slow.calls
            # The lease is free again, and the server answers.
            for _ in range(100):
                stats = content_of(await client.call_tool("list_skills", {}))
                [skill] = stats["skills"]
                if skill["state"] == "searching":
                    break
            await anyio.sleep(1)
            stopped_at = Slow.calls
            await anyio.sleep(1)
            assert Slow.calls == stopped_at < at_cancel + 20
            return content_of(await client.call_tool("evolve", {"skill": SKILL, "calls": 200}))

    answer = asyncio.run(run())
    assert answer["resumed"] and answer["result"] in ("nothing_better", "not_worth_it")
    numbers = [number for number, _ in seen]
    assert numbers == sorted(set(numbers)) and re.search(r"\d+ of \d+", seen[0][1])


HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}


@pytest.mark.parametrize(
    ("end", "code"), [("stdin", 0), (signal.SIGINT, 130), (signal.SIGTERM, 130)]
)
def test_it_ends_with_stdin_and_with_a_signal(root: Path, end: Any, code: int) -> None:
    """A line that is no message ends nothing, and stdout has messages only."""
    server = on_stdio(root)
    process = subprocess.Popen(
        [server.command, *server.args],
        cwd=root,
        env=server.env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None and process.stdout is not None
    process.stdin.write(f"garbage\n{json.dumps(HELLO)}\n")
    process.stdin.flush()
    answer = json.loads(process.stdout.readline())
    if "id" not in answer or answer["id"] != 1:  # the refusal of the garbage
        answer = json.loads(process.stdout.readline())
    assert answer["result"]["serverInfo"]["name"] == "tinyarms"
    if end == "stdin":
        process.stdin.close()
    else:
        process.send_signal(end)
    assert process.wait(60) == code
    process.stdout.close()
    if not process.stdin.closed:
        process.stdin.close()


@contextmanager
def http_server(root: Path, token: str | None = TOKEN) -> Iterator[tuple[str, str, Any]]:
    """A server process over HTTP: its address, the token, and the process."""
    given = {} if token is None else {"TINYARMS_MCP_TOKEN": token}
    process = Started(["mcp", "--http", "--port", "0"], root, {**os.environ, **given})
    try:
        assert process.stderr is not None
        address = process.stderr.readline().split()[-1]
        shown = token or process.stderr.readline().split()[-1]
        yield address, shown, process
    finally:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_answered_task_is_stored_however_the_server_ends(root: Path, end: Any) -> None:
    """Also while the database is busy: then the spool has it."""

    async def run(address: str) -> str:
        async with (
            httpx2.AsyncClient(headers={"Authorization": f"Bearer {TOKEN}"}, timeout=60) as http,
            Client(streamable_http_client(address, http_client=http)) as client,
        ):
            await client.call_tool("run_task", {"skill": SKILL, "inputs": {"text": "first"}})
            database = sqlite3.connect(root / "tinyarms.db", isolation_level=None)
            database.execute("begin immediate")
            try:
                arguments = {"skill": SKILL, "inputs": {"text": "second"}}
                task = content_of(await client.call_tool("run_task", arguments))
                process.send_signal(end)
                if end == signal.SIGKILL:
                    process.wait(60)
            finally:
                database.execute("rollback")
                database.close()
            return str(task["task_id"])

    with http_server(root) as (address, _, process):
        task_id = asyncio.run(run(address))
        code = process.wait(60)
    assert code == {signal.SIGINT: 130, signal.SIGTERM: 0}.get(end, -end)
    with TinyArms.open(root) as arms:
        assert arms.feedback(task_id, success=True).known


@pytest.mark.parametrize("most_quick", [10**9, 20], ids=["quick model", "slow model"])
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_a_search_does_not_hold_up_the_end_of_the_server(
    root: Path, end: Any, most_quick: int
) -> None:
    """Neither does a model that needs a minute, and the search goes on afterwards."""
    ended_after_s = 0.0

    async def search(address: str) -> None:
        nonlocal ended_after_s
        async with (
            httpx2.AsyncClient(headers={"Authorization": f"Bearer {TOKEN}"}, timeout=120) as http,
            Client(streamable_http_client(address, http_client=http)) as client,
            anyio.create_task_group() as group,
        ):
            group.start_soon(client.call_tool, "evolve", {"skill": SKILL, "calls": 200})
            while Slow.calls < 21:
                await anyio.sleep(0.01)
            began = time.monotonic()
            process.send_signal(end)
            await anyio.to_thread.run_sync(process.wait)
            ended_after_s = time.monotonic() - began
            group.cancel_scope.cancel()

    Slow.most_quick = most_quick
    with http_server(root) as (address, _, process):
        with contextlib.suppress(Exception):  # the client notices that the server is gone
            asyncio.run(search(address))
        assert process.wait(90) == (130 if end == signal.SIGINT else 0)
        assert "Traceback" not in process.stderr.read()
    assert 0 < ended_after_s < 12, "about two seconds on a machine that is not busy"
    Slow.most_quick = 10**9
    with TinyArms.open(root) as arms:
        assert arms.evolve(SKILL, budget_calls=200).resumed


def test_the_tools_work_over_http_with_the_token(root: Path) -> None:
    async def run(address: str, token: str) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=30) as http,
            Client(streamable_http_client(address, http_client=http)) as client,
        ):
            answer = content_of(await client.call_tool("list_skills", {}))
            assert [skill["skill"] for skill in answer["skills"]] == [SKILL]
            [tool] = [
                each for each in (await client.list_tools()).tools if each.name == "import_examples"
            ]
            assert "file" not in tool.input_schema["properties"]

    with http_server(root, token=None) as (address, token, process):
        assert len(token) >= 32
        asyncio.run(run(address, token))
        process.send_signal(signal.SIGINT)
        assert process.wait(20) in (0, 130)


STRANGERS: list[tuple[dict[str, str], int]] = [
    ({}, 401),
    ({"Authorization": "Bearer wrong"}, 401),
    ({"Authorization": TOKEN}, 401),
    ({"Authorization": f"Basic {TOKEN}"}, 401),
    ({"Authorization": f"Bearer {TOKEN}", "Host": "evil.example"}, 421),
    ({"Authorization": f"Bearer {TOKEN}", "Origin": "http://evil.example"}, 403),
    ({"Authorization": f"Bearer {TOKEN}", "Origin": "null"}, 403),
    ({"Authorization": f"Bearer {TOKEN}", "Content-Type": "text/plain"}, 400),
]
"""Headers of a request, and the status with which it is refused."""


def test_requests_of_strangers_are_refused_and_no_other_machine_can_ask(root: Path) -> None:
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}})
    usual = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    with http_server(root) as (address, _, _process):
        for headers, status in STRANGERS:
            for method in ("POST",) if status == 400 else ("POST", "GET", "DELETE"):
                reply = httpx2.request(method, address, headers=usual | headers, content=body)
                assert reply.status_code == status, (method, headers, reply.text)
                assert TOKEN not in reply.text
        right = ("authorization", f"bearer {TOKEN}")  # Names of schemes have no case.
        for given, status in (([right], 200), ([right, right], 401), ([right, ("a", "b")], 200)):
            reply = httpx2.post(address, headers=[*usual.items(), *given], json=HELLO)
            assert reply.status_code == status, (given, reply.text)
        port = int(re.findall(r":(\d+)/", address)[0])
        listening = Path("/proc/net/tcp").read_text().splitlines()
        local = [line.split()[1] for line in listening if f":{port:04X} 00000000:0000 0A" in line]
        assert address.startswith("http://127.0.0.1:") and local == [f"0100007F:{port:04X}"]


@pytest.mark.parametrize(
    ("words", "environ", "said"),
    [
        (["--port", "1"], {}, "needs --http"),
        (["--http"], {"TINYARMS_MCP_TOKEN": "short"}, "too short"),
        (["--http", "--port", "1"], {}, "cannot be used"),
        (["--http", "--port", "99999"], {}, "99999"),
    ],
)
def test_wrong_options_are_said_in_a_line(
    root: Path, words: list[str], environ: dict[str, str], said: str
) -> None:
    if os.geteuid() == 0 and words == ["--http", "--port", "1"]:
        pytest.skip("root may use any port")
    done = subprocess.run(
        [sys.executable, "-m", "tinyarms", "mcp", *words],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(Path(tinyarms.__file__).parents[1]), **environ},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode in (1, 2) and said in done.stderr
    assert len(done.stderr.splitlines()) == 1
