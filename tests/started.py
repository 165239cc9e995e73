"""The program `tinyarms`, started fast: a server forks it after the imports.

A service takes seconds of a core to import all that it needs, and nothing else of its start, its
run or its end differs from that of a fresh interpreter: it has its own folder, environment and
pipe, gets signals, and ends as any Python program does. `python -m tests.started FD` is the server;
it gets a job from the socket of this number, with the ends of two pipes.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import IO

_MODULES = (
    *("tinyarms.cli.main", "tinyarms.cli.serve", "tinyarms.loop.api", "tinyarms.web.start"),
    *("tinyarms.web.fast_connections", "scipy.special", "uvicorn.lifespan.on", "uvicorn.logging"),
    *("tinyarms.cli.mcp", "tinyarms.mcp.http", "tinyarms.mcp.server"),
)
"""What each service imports before it answers, or for its first requests."""
_MOST_BYTES = 1 << 18
"""Of a job: an environment has some kilobytes."""


class Started:
    """A running program; as a `subprocess.Popen` where tests use one."""

    def __init__(self, words: list[str], cwd: Path, env: Mapping[str, str]) -> None:
        self.args = ["tinyarms", *words]
        self.returncode: int | None = None
        said, say = os.pipe()
        self._status, status = os.pipe()
        job = json.dumps({"words": words, "cwd": str(cwd), "env": dict(env)}).encode()
        socket.send_fds(_server(), [job], [say, status])
        os.close(say)
        os.close(status)
        self.stderr: IO[str] | None = os.fdopen(said)
        self.pid = int(self._told())

    def _told(self) -> str:
        """The next line about it: first its process id, and its exit status at its end."""
        line = b""
        while not line.endswith(b"\n"):
            byte = os.read(self._status, 1)
            if not byte:
                raise RuntimeError("The server of started programs has ended.")
            line += byte
        return line.decode()

    def poll(self) -> int | None:
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            if not select.select([self._status], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
            self.returncode = int(self._told())
            os.close(self._status)
        return self.returncode

    def send_signal(self, sent: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, sent)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


@cache
def _server() -> socket.socket:
    """The socket of this process's server, which ends with it."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        server = subprocess.Popen(
            [sys.executable, "-m", "tests.started", str(theirs.fileno())],
            cwd=Path(__file__).parents[1],
            # More threads than one would be no good company for a fork.
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
            pass_fds=[theirs.fileno()],
        )

    def end() -> None:
        ours.close()
        server.wait()

    atexit.register(end)
    return ours


def _next_program(jobs: socket.socket) -> None:
    """Fork one program after another. Returns in each of them, and in the server at its end."""
    while True:
        content, (*ends,), _, _ = socket.recv_fds(jobs, _MOST_BYTES, 2)
        if not content:
            sys.exit()
        if os.fork() == 0:
            job = json.loads(content)
            say, status = ends
            program = os.fork()
            if program == 0:
                os.close(status)
                jobs.close()
                _become(job, say)
                return
            os.close(say)
            os.write(status, f"{program}\n".encode())
            ended = os.waitstatus_to_exitcode(os.waitpid(program, 0)[1])
            with suppress(BrokenPipeError):  # Nobody has waited for it.
                os.write(status, f"{ended}\n".encode())
            os._exit(0)
        for end in ends:
            os.close(end)
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass


def _become(job: Mapping[str, object], say: int) -> None:
    """Take the place that a fresh program has."""
    os.chdir(str(job["cwd"]))
    os.environ.clear()
    os.environ.update(job["env"])  # type: ignore[call-overload]
    time.tzset()
    os.dup2(say, 2)
    os.close(say)
    sys.stderr = os.fdopen(2, "w", buffering=1, errors="backslashreplace", closefd=False)
    sys.argv = ["tinyarms", *job["words"]]  # type: ignore[misc]
    signal.signal(signal.SIGINT, signal.default_int_handler)


if __name__ == "__main__":
    for module in _MODULES:
        import_module(module)
    from tinyarms.cli.start import main
    from tinyarms.core.privacy.masking import mask

    mask("@")  # loads the finders
    _next_program(socket.socket(fileno=int(sys.argv[1])))
    main()
