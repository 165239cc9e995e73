"""A person's own scorer, `module:function`, in a child process with limits.

The child (`loop.project.scorer_child`) is started once and used for many outputs. It is started
again after it died, or was killed because it took too long. So whatever a scorer does, it costs
one score and a message, and never a score of 0, the program's output or its process.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Literal

from tinyarms.core.errors import CallStopped, ConfigError, NotScored
from tinyarms.core.text import one_line, shorten
from tinyarms.loop.project import scorer_child
from tinyarms.loop.project.child_pipe import Child, start_child, talk
from tinyarms.skills.example import Example
from tinyarms.skills.scorers import Grade

TIMEOUT_S = 10.0
"""Seconds that a scorer may take for one output unless its settings say otherwise. Higher: slower
scorers work, and an endless loop is noticed later."""
MEMORY_MB = 4096
"""Most memory of the child in MiB unless its settings say otherwise. Higher: scorers with a model
of their own work, and one that eats memory harms other programs."""
_LOAD_S = 60.0
"""Seconds for the import of the module, which may load a model. Higher: a hang there is noticed
later."""
_GRACE_S = 1.0
"""Seconds after the limit in which the child may still say where it hung, before it is killed."""
_LOOK_S = 0.5
"""Seconds in which a child that closed its pipe may end by itself, so that its exit status is
known. Higher: a hang at that point is noticed later."""
_MESSAGE_LETTERS = 300
"""Most characters of a fault in a message. Higher: longer messages."""
_FRAME = re.compile(r'File "([^"]+)", line (\d+)')
_Answer = dict[str, float | str | bool]


@dataclass(frozen=True)
class ScorerLimits:
    """What a scorer may use."""

    timeout_s: float = TIMEOUT_S
    """Seconds for one output, above 0."""
    memory_mb: int = MEMORY_MB
    """MiB of memory of its process."""


@dataclass(eq=False)
class OwnScorer:
    """The scorer `path` (`module:function`) of the project in `root`. Threads take turns.

    Raises `NotScored` if it gives no score, and `CallStopped` if `stop` ends it meanwhile.
    """

    path: str
    where: str
    """The place in the configuration, for messages."""
    root: Path
    limits: ScorerLimits = ScorerLimits()
    explains: bool = False
    """Whether the function says why an output gets a low score."""
    _child: Child | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stops: int = 0

    def __call__(self, example: Example, output: str) -> Grade:
        answer = self._ask("score", example, output)
        if "fault" in answer:
            place = f" ({answer['place']})" if answer.get("place") else ""
            fault = shorten(one_line(str(answer["fault"])).rstrip("."), _MESSAGE_LETTERS)
            raise NotScored(f"{fault}{place}.")
        return Grade(float(answer["score"]), one_line(str(answer["reason"])))

    def explain(self, example: Example, output: str) -> str:
        """What the function's own `explain` says; empty if it has none or fails."""
        return str(self._ask("explain", example, output)["reason"]) if self.explains else ""

    def load(self) -> None:
        """Start the child and import the function.

        Raises `ConfigError`, and `CallStopped` if `stop` ends it.
        """
        stops = self._stops
        with self._lock:
            self._running(stops)

    def stop(self) -> None:
        """End the call in flight, and those that wait: they raise `CallStopped`. Later calls are
        made as usual."""
        self._stops += 1
        child = self._child
        if child is not None:
            child.kill()

    def close(self) -> None:
        """End the child. A later call starts another one."""
        self.stop()
        with self._lock:
            self._drop()

    def _ask(self, asks: Literal["score", "explain"], example: Example, output: str) -> _Answer:
        stops = self._stops
        with self._lock:
            try:
                child = self._running(stops)
            except ConfigError as error:  # It could be imported before.
                raise NotScored(error.message) from error
            try:
                request = {"asks": asks, "example": _fields(example), "output": output}
                answer = self._exchange(child, request, self.limits.timeout_s)
            except BaseException:
                self._drop()
                raise
            if answer.get("out_of_memory"):  # It may still hold what filled it.
                self._drop()
            return answer

    def _drop(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.end()

    def _running(self, stops: int) -> Child:
        """The child that is loaded. Raises `CallStopped` if there were other stops than these."""
        if stops != self._stops:
            raise stopped()
        child = self._child
        if child is not None and child.owner == os.getpid() and not child.stopped:
            return child
        self._drop()
        self._child = child = start_child(self, scorer_child.__file__, self.root)
        try:
            if stops != self._stops:  # `stop` has not seen this child.
                raise stopped()
            try:
                loaded = self._exchange(child, self._setup(), _LOAD_S)
            except NotScored as error:
                loaded = {"fault": error.message}
            if "fault" in loaded:
                raise self._unusable(loaded)
        except BaseException:
            self._drop()
            raise
        self.explains = bool(loaded["explains"])
        return child

    def _setup(self) -> dict[str, object]:
        return {
            "sys_path": sys.path,
            "root": str(self.root),
            "scorer": self.path,
            "timeout_s": self.limits.timeout_s,
            "load_s": _LOAD_S,
            "memory_mb": self.limits.memory_mb,
        }

    def _unusable(self, loaded: _Answer) -> ConfigError:
        fault = shorten(one_line(str(loaded["fault"])), _MESSAGE_LETTERS).rstrip(".")
        place = f" ({loaded['place']})" if loaded.get("place") else ""
        return ConfigError(
            f"{self.where}: cannot use the scorer {self.path}: {fault}{place}.",
            f"Name a function (example, output) → score as module:function, and put the module "
            f"into {self.root}, or install it.",
        )

    def _exchange(self, child: Child, request: Mapping[str, object], limit_s: float) -> _Answer:
        """Send one line and read one. Raises `NotScored` if the child dies or takes too long."""
        line = json.dumps(request).encode() + b"\n"
        text = talk(child.process, line, limit_s + _GRACE_S, self.limits.memory_mb)
        if child.stopped:
            raise stopped()
        if text.endswith(b"\n") and text.startswith(b"{"):
            answer: _Answer = json.loads(text)
            return answer
        try:  # What it ended with, before the kill.
            child.process.wait(_LOOK_S)
            is_late = False
        except subprocess.TimeoutExpired:
            is_late = True
        status, dump = child.end(), text.decode(errors="replace")
        if is_late or "Timeout (" in dump:
            what = f"The scorer took longer than {limit_s:g} s"
        else:
            what = _end_in_words(dump, status)
        raise NotScored(f"{what}{self._place_in(dump)}.")

    def _place_in(self, dump: str) -> str:
        """The newest line of the project in the main thread, which `faulthandler` shows last."""
        main = dump.rpartition("(most recent call first):")[2]
        for file, line in _FRAME.findall(main):
            if file.startswith(f"{self.root}{os.sep}") and "site-packages" not in file:
                return f" ({file.removeprefix(f'{self.root}{os.sep}')}:{line})"
        return ""


def stopped() -> CallStopped:
    return CallStopped("The scorer was stopped.")


def _fields(example: Example) -> dict[str, object]:
    values = {each.name: getattr(example, each.name) for each in fields(example)}
    return {**values, "inputs": dict(example.inputs), "required": dict(example.required)}


def _end_in_words(dump: str, status: int) -> str:
    """How the child ended by itself. `dump`: what `faulthandler` wrote; empty: nothing."""
    _, is_crash, rest = dump.partition("Fatal Python error: ")
    if is_crash:
        return f"The scorer crashed ({rest.partition(chr(10))[0]})"
    if status < 0:
        return f"The scorer's process was killed by {signal.Signals(-status).name}"
    return f"The scorer ended its process (exit status {status})"
