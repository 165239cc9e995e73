"""A project whose model is a server that takes its time, and a fleet of Ray actors that ask it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.end_to_end.project import SKILL, MadeUp, write_project
from tests.ray_cluster import without_ray
from tinyarms.skills.contract import Labels
from tinyarms.skills.execution import Message, ModelRequest

ACTOR = "ray::ModelActor"
"""How the process of an actor calls itself."""
CALLS_PATH = "/calls"
"""Where a `SlowServer` says how many calls it has answered."""
_CONSTRAINT = Labels(("good", "bad")).constraint()


class SlowServer:
    """Answers like `MadeUp`, each call after `delay_s` seconds."""

    def __init__(self, delay_s: float) -> None:
        self.delay_s = delay_s
        self.calls = 0
        """Answered so far."""
        self.at_once = 0
        """Most calls that it had at the same time since somebody set it to 0."""
        self._now = 0
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._http = _Server(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._http.server_port}/v1"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,))
        self._thread.start()

    def __enter__(self) -> SlowServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End it as if its process were killed: connections too."""
        self._over.set()
        self._http.shutdown()
        self._http.end_connections()
        self._http.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server, made_up = self, MadeUp()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with server._lock:
                    server._now += 1
                    server.at_once = max(server.at_once, server._now)
                is_over = server._over.wait(server.delay_s)
                with server._lock:
                    server._now -= 1
                if is_over:
                    return
                reply = made_up.complete(_request(body))
                with server._lock:
                    server.calls += 1
                said = {"message": {"role": "assistant", "content": reply.text}, "text": reply.text}
                usage = {"prompt_tokens": 20, "completion_tokens": 1}
                content = json.dumps({"choices": [said], "usage": usage}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def do_GET(self) -> None:
                if self.path != CALLS_PATH:
                    self.send_error(404)
                    return
                content = str(server.calls).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        return Handler


@contextmanager
def slow_server_elsewhere(delay_s: float) -> Iterator[tuple[str, Callable[[], int]]]:
    """The URL of a `SlowServer` in a process of its own, where it takes no time of this one, and
    how many calls it has answered."""
    code = (
        "import sys; from tests.fleet import SlowServer\n"
        f"with SlowServer({delay_s}) as server: print(server.url, flush=True); sys.stdin.read()"
    )
    root = Path(__file__).parents[1]
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()

        def calls() -> int:
            with urllib.request.urlopen(url.removesuffix("/v1") + CALLS_PATH) as answer:
                return int(answer.read())

        try:
            yield url, calls
        finally:
            process.communicate()  # The end of its input ends it.


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._connections: set[Any] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed has closed the connection."""

    def end_connections(self) -> None:
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.shutdown(2)


def _request(body: dict[str, Any]) -> ModelRequest:
    if "prompt" in body:
        return ModelRequest(completion=body["prompt"], seed=body.get("seed", 0))
    turns = tuple(Message(turn["role"], turn["content"]) for turn in body["messages"])
    constraint = _CONSTRAINT if body.keys() & {"grammar", "response_format"} else None
    return ModelRequest(messages=turns, seed=body.get("seed", 0), constraint=constraint)


def fleet_project(
    root: Path, urls: Sequence[str], model: str, actors: int = 4, batch: int = 1
) -> Path:
    """The made-up project; its skill uses `small` (a server), `several` (all of them) or
    `fleet` (actors that ask the first)."""
    write_project(root)
    config = (root / "config.yaml").read_text()
    first, rest = config.split("models:\n")[0], config.split("no model is needed\n")[1]
    slow = "kind: openai, model: small, server: llama.cpp, timeout_s: 100"
    models = f"""\
models:
  small: {{{slow}, base_url: "{urls[0]}"}}
  several: {{{slow}, slots: 4, urls: {json.dumps(list(urls))}}}
  fleet: {{kind: ray, model: small, actors: {actors}, num_cpus: 0.1}}
"""
    rest = rest.replace("model: small", f"model: {model}")
    (root / "config.yaml").write_text(first + models + rest)
    constants = root / "config" / "constants.yaml"
    constants.write_text(f"{constants.read_text()}  evolution: {{batch: {batch}}}\n")
    return root


def found(root: Path) -> list[tuple[Any, ...]]:
    """All that a search has found, byte for byte, without ids and times."""
    with closing(sqlite3.connect(root / "tinyarms.db")) as database:
        candidates = database.execute(
            "SELECT prompt_text, mutation_type, generation, fitness_score FROM prompt_candidates "
            "ORDER BY rowid"
        ).fetchall()
        variants = database.execute(
            "SELECT variant_letter, prompt_hash FROM prompt_variants ORDER BY variant_letter"
        ).fetchall()
    assert candidates
    return [*candidates, *variants]


@contextmanager
def program(root: Path, *words: str, **environ: str) -> Iterator[subprocess.Popen[str]]:
    """The real program, in a process of its own, in the project's folder."""
    environment = {**without_ray(dict(os.environ)), **environ, "TINYARMS_HOME": str(root)}
    command = [sys.executable, "-m", "tinyarms.cli.main", *words]
    # A shell's `&` lets this process ignore Ctrl-C, and the program would inherit that.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        running = subprocess.Popen(
            command,
            cwd=root,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
    finally:
        signal.signal(signal.SIGINT, before)
    try:
        yield running
    finally:
        if running.poll() is None:
            running.kill()
        running.communicate()


def evolve_words(calls: int) -> tuple[str, ...]:
    return ("prompt", "evolve", SKILL, "--budget", str(calls), "--json")


def until(is_so: Callable[[], object], what: str, patience_s: float = 120.0) -> None:
    """Wait until it is so."""
    deadline_s = time.monotonic() + patience_s
    while not is_so():
        assert time.monotonic() < deadline_s, f"not within {patience_s:g} s: {what}"
        time.sleep(0.05)


def ray_processes(of: int) -> dict[int, str]:
    """Pid → command of the processes of the Ray that the process `of` started."""
    mark = f"tinyarms-ray-{of}-"
    found = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            environment = (folder / "environ").read_bytes().decode(errors="replace")
            if int(folder.name) != of and mark in environment:
                found[int(folder.name)] = command.strip()
    return found


def kill_actor(of: int, choose: Callable[[Sequence[int]], int]) -> bool:
    """Kill one actor of the Ray of the process `of` by SIGKILL; whether there was one."""
    pids = [pid for pid, command in ray_processes(of).items() if command.startswith(ACTOR)]
    if not pids:
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(choose(sorted(pids)), signal.SIGKILL)
    return True
