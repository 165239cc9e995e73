"""The embedded model: llama.cpp's server in a child process."""

from __future__ import annotations

import json
import os
import secrets
import selectors
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinyarms.core.errors import CallStopped, ModelRejected, ModelTimeout, ModelUnavailable
from tinyarms.core.settings import ModelSettings
from tinyarms.models.embedded import tuning
from tinyarms.models.embedded.catalog import DEFAULT_CONTEXT_WINDOW
from tinyarms.models.embedded.context_growth import Room, find_room, wider_window
from tinyarms.models.embedded.thread_governor import ThreadGovernor
from tinyarms.models.openai_api.breaker import Breaker
from tinyarms.models.openai_api.client import OpenAiModel
from tinyarms.models.pictures.turns import TURNS
from tinyarms.skills.execution import ModelReply, ModelRequest
from tinyarms.skills.request_size import most_tokens, prompt_bytes

# -P: do not import from the working folder.
SERVER_COMMAND = (sys.executable, "-P", "-m", "tinyarms.models.embedded.server")
_START_S = 60.0
_STOP_S = 5.0
_BACKGROUND_NICE = 10


@dataclass
class _Child:
    process: subprocess.Popen[bytes]
    model: OpenAiModel
    window: int
    """Most tokens of a call."""
    users: int = 0
    """Number of requests in progress."""
    retired: bool = False
    """Whether it takes no new requests; the thread of its last request stops it."""
    ended: bool = False
    """Whether it was stopped, and with it the calls in flight."""

    def stop(self, patience_s: float = 0.0) -> None:
        """Kill the process, unless it ends by itself within `patience_s` seconds."""
        self.ended = True
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
    """A `LanguageModel` on this machine: one child process, one model, `slots` slots.

    The process starts with the first request. It ends with `close()` or with this process, however
    this process ends. If it dies, it is started again, once per request. If it hangs (no answer
    within `settings.timeout_s` seconds), it is killed, and the next request starts it again. Safe
    to use from several threads. `background` gives it a lower priority.

    If the settings leave out threads or slots, the numbers that `tune` chose on this machine are
    used. It then also restarts with fewer threads while the machine is busy.

    If they leave out `context_window`, the process starts with a small context. For a request that
    needs more it is started again with a larger one, after the calls in flight, as far as the model
    was trained for it (`trained_context` tokens, by default what its file says) and there is
    memory.
    """

    def __init__(
        self,
        settings: ModelSettings,
        gguf_path: Path,
        *,
        name: str,
        background: bool = False,
        command: Sequence[str] = SERVER_COMMAND,
        trained_context: int | None = None,
    ) -> None:
        self._name = name
        self._settings = settings
        self._gguf_path = gguf_path
        self._background = background
        self._command = command
        self._breaker = Breaker()
        self._trained_context = trained_context
        self._window = settings.context_window or DEFAULT_CONTEXT_WINDOW
        self._lock = threading.Lock()
        self._emptied = threading.Condition(self._lock)
        """Notified when the child in the way of a larger one has no more calls, and at a stop."""
        self._child: _Child | None = None
        self._in_the_way: _Child | None = None
        """A child whose calls must end before one with a larger context starts."""
        self._stops = 0
        """How often the calls in flight were stopped."""
        self._closed = False
        self._tuning: tuning.Tuning | None = None
        self._governor: ThreadGovernor | None = None
        if settings.threads is None or settings.slots is None:
            self._use(tuning.stored(gguf_path))

    @property
    def name(self) -> str:
        """The model's name under `models:`."""
        return self._name

    @property
    def slots(self) -> int:
        """How many requests run at once."""
        return self._settings.slots or (self._tuning.chosen.slots if self._tuning else 1)

    @property
    def threads(self) -> int:
        """Number of threads of the process, now or when it starts."""
        return self._settings.threads or (
            self._governor.threads if self._governor else default_threads()
        )

    @property
    def needs_tuning(self) -> bool:
        """Whether the settings leave out threads or slots and this machine is not measured yet."""
        left_out = self._settings.threads is None or self._settings.slots is None
        return left_out and self._tuning is None and self._gguf_path.is_file()

    @property
    def pid(self) -> int | None:
        """The child's process id; `None` while no child runs."""
        child = self._child
        return child.process.pid if child else None

    def complete(self, request: ModelRequest) -> ModelReply:
        """Answer one request. Raises `ModelError`."""
        with TURNS.work(), self._breaker.guard(self._name):
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

    def tune(self, note: Callable[[tuning.Measured], None]) -> tuning.Tuning:
        """Find the fastest threads and slots on this machine, use them, and store them by the
        weights.

        `note` is called with each measured choice. The measurement takes about ten seconds. Run it
        while nothing else runs: a result from a busy machine is not stored. Raises `ModelError`.
        """
        with self._lock:
            child, self._child = self._child, None
        if child:
            child.stop(_STOP_S)
        result = tuning.calibrate(self._with, tuning.physical_cores(), note)
        self._use(result)
        if not result.disturbed:
            tuning.store(self._gguf_path, result)
        return result

    def stop_calls(self) -> None:
        """End the calls in flight, in any thread: they raise `CallStopped`."""
        children = (self._child, self._in_the_way)
        for child in filter(None, children):
            child.model.stop_calls()
        # Not under the lock, which is held while a child starts.
        self._stops += 1

    def close(self) -> None:
        """End the child process. Requests after this raise `ModelUnavailable`."""
        with self._lock:
            self._closed = True
            children = (self._child, self._in_the_way)
            self._child = self._in_the_way = None
            self._emptied.notify_all()
        for child in filter(None, children):
            child.stop(_STOP_S)

    def _use(self, result: tuning.Tuning | None) -> None:
        self._tuning = result
        watched = result is not None and self._settings.threads is None
        self._governor = ThreadGovernor(result, self.slots) if result and watched else None

    def _with(self, threads: int, slots: int) -> EmbeddedModel:
        """The same model with fixed threads and slots, in a separate process."""
        settings = self._settings.model_copy(update={"threads": threads, "slots": slots})
        return EmbeddedModel(
            settings,
            self._gguf_path,
            name=self._name,
            background=self._background,
            command=self._command,
            trained_context=self._trained_context,
        )

    def _ask(self, request: ModelRequest) -> ModelReply:
        while True:
            child = self._enter()
            try:
                window = self._wider_window(request, child)
                if window is None:
                    return self._reply(request, child)
                self._widen(child, window)
            except ModelTimeout:
                self._retire(child, kill=True)
                raise
            except ModelUnavailable as error:
                self._retire(child, kill=True)
                raise _Died(error.message) from error
            except CallStopped as error:
                if not child.ended:
                    raise
                raise _Died(error.message) from error  # the call was stopped with its child
            finally:
                self._leave(child)

    def _reply(self, request: ModelRequest, child: _Child) -> ModelReply:
        reply = child.model.complete(request)
        if self._governor and self._governor.saw(reply):
            self._retire(child)
        return reply

    def _wider_window(self, request: ModelRequest, child: _Child) -> int | None:
        """The context that the request needs; `None`: it fits, or what is said of it stays as it
        is.

        Raises `ModelRejected` if it fits into no context that is possible here.
        """
        if self._settings.context_window is not None:
            return None
        sent = child.model.as_sent(request)
        if most_tokens(sent) <= child.window:
            return None
        prompt = child.model.prompt_tokens(request)
        if prompt is None:
            return None
        fewest = prompt + sent.max_tokens
        most = fewest + most_tokens(sent) - prompt_bytes(sent) - sent.max_tokens
        if most <= child.window:
            return None
        room = find_room(self._gguf_path, self.slots, child.window, self._trained_context)
        window = wider_window(most, room) or wider_window(fewest, room)
        if window is not None and window > child.window:
            return window
        if fewest > child.window:
            raise _no_room(self._name, fewest, child.window, room)
        return None

    def _widen(self, child: _Child, window: int) -> None:
        """The next request starts a child with this context, once the calls in flight have
        ended: there may not be memory for both."""
        with self._lock:
            self._window = max(self._window, window)
            self._in_the_way = child
            self._let_go(child)

    def _enter(self) -> _Child:
        """The child that will answer a request; starts one if none runs."""
        with self._lock:
            self._await_empty()
            if self._closed:
                raise ModelUnavailable(f"{self._name}: the model has been closed.")
            if self._child and self._child.process.poll() is not None:
                self._let_go(self._child)
            if self._child is None:
                self._child = self._start()
            self._child.users += 1
            return self._child

    def _await_empty(self) -> None:
        """Wait for the calls of the child in the way. Call it with the lock held. Raises
        `CallStopped` if they were stopped."""
        stops = self._stops
        while self._in_the_way and self._in_the_way.users and not self._closed:
            self._emptied.wait()
            if self._stops != stops:
                raise CallStopped(f"{self._name}: the call was stopped.")
        self._in_the_way = None

    def _leave(self, child: _Child) -> None:
        with self._lock:
            child.users -= 1
            if child.retired and not child.users:
                child.stop()
                self._emptied.notify_all()

    def _retire(self, child: _Child, kill: bool = False) -> None:
        """Give this child no more requests; the next request starts another child."""
        if kill:
            child.process.kill()
        with self._lock:
            self._let_go(child)

    def _let_go(self, child: _Child) -> None:
        """Call it with the lock held. Other threads may still use the child; the last one stops
        it."""
        if child.retired or self._closed:
            return
        child.retired = True
        if self._child is child:
            self._child = None
        if not child.users:
            child.stop()

    def _start(self) -> _Child:
        if not self._gguf_path.is_file():
            raise ModelUnavailable(
                f"{self._name}: there are no weights at {self._gguf_path}.",
                f"Get them with: tinyarms model pull {self._settings.model}",
            )
        api_key = secrets.token_urlsafe(32)
        process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C reaches only this process, which ends the child
        )
        try:
            address = self._greet(process, api_key)
        except BaseException:
            _end(process)
            raise
        settings = self._settings.model_copy(update={"context_window": self._window})
        model = OpenAiModel(settings, f"{address}/v1", api_key, name=self._name, retries=0)
        return _Child(process, model, self._window)

    def _greet(self, process: subprocess.Popen[bytes], api_key: str) -> str:
        """Send the settings and the key, wait until the model is loaded; returns the server's
        address."""
        server_options = {
            "model": str(self._gguf_path),
            "api_key": api_key,
            "slots": self.slots,
            "context_window": self._window,
            "threads": self.threads,
            "nice": _BACKGROUND_NICE if self._background else 0,
        }
        answer = _exchange(process, json.dumps(server_options).encode() + b"\n")
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
    """The child died during a request."""


def _no_room(name: str, needed: int, window: int, room: Room) -> ModelRejected:
    what = f"{name}: the prompt and its reply need {needed:,} tokens or more;"
    if room.trained is not None and needed > room.trained:
        return ModelRejected(
            f"{what} the model reads at most {room.trained:,}. Nothing was sent.",
            "Shorten the input, or use a model that reads more.",
            concerns="input",
        )
    if room.most is None:
        return ModelRejected(
            f"{what} the model's context has {window:,}, and how much it may grow here is not "
            "known. Nothing was sent.",
            "Raise `context_window` of this model under `models:`, or shorten the input.",
            concerns="input",
        )
    return ModelRejected(
        f"{what} there is memory for {room.affordable:,}. Nothing was sent.",
        "Free memory, set fewer `slots` of this model, or shorten the input.",
        concerns="input",
    )


def default_threads() -> int:
    """All cores but one, which stays free for the user; all cores if there are only one or two.

    On two cores, two threads made about twice as many calls per second as one (6.9 and 3.6).
    """
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    return cores if cores <= 2 else cores - 1


def _exchange(process: subprocess.Popen[bytes], line: bytes) -> dict[str, Any] | None:
    """Send a line and return the JSON line that comes back; `None` if none comes in time."""
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
