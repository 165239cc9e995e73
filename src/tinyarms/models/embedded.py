"""The embedded model: llama.cpp's server in a child process of our own."""

from __future__ import annotations

import json
import os
import secrets
import selectors
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinyarms.core.errors import ModelTimeout, ModelUnavailable
from tinyarms.core.settings import ModelSettings
from tinyarms.models.breaker import Breaker
from tinyarms.models.client import OpenAiModel
from tinyarms.skills.execution import ModelReply, ModelRequest

# -P: the folder that we happen to stand in is no place to import from.
SERVER_COMMAND = (sys.executable, "-P", "-m", "tinyarms.models.embedded_server")
_START_S = 60.0
_STOP_S = 5.0
_BACKGROUND_NICE = 10


@dataclass(frozen=True)
class _Child:
    process: subprocess.Popen[bytes]
    model: OpenAiModel

    def stop(self, patience_s: float = 0.0) -> None:
        """End the process: at once, or by itself within `patience_s` seconds."""
        self.model.close()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            self.process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class EmbeddedModel:
    """A `LanguageModel` on this machine: one child process, one model, `settings.slots` slots.

    The process starts with the first request and ends with `close()` or with this process,
    however that ends. If it dies it is started again, once for each request; if it hangs
    (no answer within `settings.timeout_s` seconds) it is killed, and the next request starts
    it again. Safe to use from several threads. `background` gives it a lower priority.
    """

    def __init__(
        self,
        settings: ModelSettings,
        gguf_path: Path,
        *,
        name: str,
        background: bool = False,
        command: Sequence[str] = SERVER_COMMAND,
    ) -> None:
        self._name = name
        self._settings = settings
        self._gguf_path = gguf_path
        self._background = background
        self._command = command
        self._breaker = Breaker()
        self._lock = threading.Lock()
        self._child: _Child | None = None
        self._closed = False

    @property
    def name(self) -> str:
        """The model's name under `models:`."""
        return self._name

    @property
    def pid(self) -> int | None:
        """The child's process id; `None` while there is none."""
        child = self._child
        return child.process.pid if child else None

    def complete(self, request: ModelRequest) -> ModelReply:
        """Answer one request. Raises `ModelError`."""
        with self._breaker.guard(self._name):
            try:
                return self._ask(request)
            except _Died:
                pass
            try:
                return self._ask(request)
            except _Died as died:
                raise ModelUnavailable(
                    f"{self._name}: the model's process failed twice on one request ({died}).",
                    "Is there enough memory? A smaller `context_window` or `slots` needs less.",
                ) from died

    def close(self) -> None:
        """End the child process. Requests after this raise `ModelUnavailable`."""
        with self._lock:
            self._closed = True
            child, self._child = self._child, None
        if child:
            child.stop(_STOP_S)

    def _ask(self, request: ModelRequest) -> ModelReply:
        child = self._running_child()
        try:
            return child.model.complete(request)
        except ModelTimeout:
            self._discard(child)
            raise
        except ModelUnavailable as error:
            self._discard(child)
            raise _Died(error.message) from error

    def _running_child(self) -> _Child:
        with self._lock:
            if self._closed:
                raise ModelUnavailable(f"{self._name}: the model has been closed.")
            if self._child and self._child.process.poll() is not None:
                self._child.stop()
                self._child = None
            if self._child is None:
                self._child = self._start()
            return self._child

    def _discard(self, child: _Child) -> None:
        """Kill this child, unless another thread has done so and started the next one."""
        with self._lock:
            if self._child is not child:
                return
            self._child = None
        child.stop()

    def _start(self) -> _Child:
        if not self._gguf_path.is_file():
            raise ModelUnavailable(
                f"{self._name}: the weights {self._gguf_path} are not there.",
                f"Get them with: tinyarms model pull {self._settings.model}",
            )
        api_key = secrets.token_urlsafe(32)
        process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for us: we end the child
        )
        try:
            address = self._greet(process, api_key)
        except BaseException:
            _end(process)
            raise
        model = OpenAiModel(self._settings, f"{address}/v1", api_key, name=self._name, retries=0)
        return _Child(process, model)

    def _greet(self, process: subprocess.Popen[bytes], api_key: str) -> str:
        """Hand over settings and key, wait for the model to be loaded; the server's address."""
        wanted = {
            "model": str(self._gguf_path),
            "api_key": api_key,
            "slots": self._settings.slots,
            "context_window": self._settings.context_window,
            "threads": self._settings.threads or default_threads(),
            "nice": _BACKGROUND_NICE if self._background else 0,
        }
        answer = _exchange(process, json.dumps(wanted).encode() + b"\n")
        if answer is None:
            raise ModelUnavailable(
                f"{self._name}: the model's process ended or hung while it loaded "
                f"{self._gguf_path}.",
                f"Is the file whole? Get it again with: tinyarms model pull {self._settings.model}",
            )
        if "address" not in answer:
            raise ModelUnavailable(f"{self._name}: {answer['error']}.", answer["hint"])
        return str(answer["address"])


class _Died(Exception):
    """The child went away while it had our request."""


def default_threads() -> int:
    """All cores but one, for the person at the machine; of one or two cores, all.

    On two cores, two threads made twice the calls per second of one (6.9 and 3.6).
    """
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    return cores if cores <= 2 else cores - 1


def _exchange(process: subprocess.Popen[bytes], line: bytes) -> dict[str, Any] | None:
    """Send a line, return the line of JSON that comes back; `None` if none comes in time."""
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(line)
        process.stdin.flush()
    except BrokenPipeError:
        return None
    deadline = time.monotonic() + _START_S
    received = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while not received.endswith(b"\n"):
            if not selector.select(max(0.0, deadline - time.monotonic())):
                return None
            chunk = os.read(process.stdout.fileno(), 4096)
            if not chunk:
                return None
            received += chunk
    answer: dict[str, Any] = json.loads(received)
    return answer


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.communicate()
