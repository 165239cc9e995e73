"""The counter of all calls: every call of every contestant goes through it.

A task call is a chat whose last turn ends with an example that the optimizers were given, in the
form in which prompts show it (`Input: {text}\\nOutput:`); a call on a held-out example is a test
call; everything else is a writer call.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from search.dataset import Dataset, task_request
from tinyarms.core.errors import ModelRejected
from tinyarms.models.base import Model
from tinyarms.skills.example import Example
from tinyarms.skills.execution import ModelReply, ModelRequest
from tinyarms.skills.prompt import Prompt

Kind = Literal["task", "test", "writer"]


class OutOfCalls(Exception):
    """The budget is spent."""


@dataclass
class Counts:
    """Calls made so far."""

    task: int = 0
    test: int = 0
    writer: int = 0
    tokens: int = 0
    """Read and written in task and writer calls, also where a stored reply answered."""


class Counter:
    """A `LanguageModel` that counts, and refuses task calls beyond `limit`.

    Writer calls have the same limit, so that a run without task calls ends too. Without a limit
    it only counts: tinyArms keeps its own budget, which the report checks.
    """

    def __init__(self, inner: Model, dataset: Dataset, limit: int | None = None) -> None:
        self._inner = inner
        self._given = _endings(dataset, dataset.given)
        self._held_out = _endings(dataset, dataset.held_out)
        self._limit = limit
        self._lock = threading.Lock()
        self.counts = Counts()

    @property
    def name(self) -> str:
        """The inner model's name."""
        return self._inner.name

    @property
    def slots(self) -> int:
        """How many calls it accepts at once."""
        return self._inner.slots

    def complete(self, request: ModelRequest) -> ModelReply:
        """Count one request and pass it on. Raises `OutOfCalls`, `ModelError`."""
        kind = self._kind(request)
        with self._lock:
            so_far = getattr(self.counts, kind)
            if kind != "test" and self._limit is not None and so_far >= self._limit:
                raise OutOfCalls(f"{so_far} {kind} calls were made: the budget is spent")
            setattr(self.counts, kind, so_far + 1)
        reply = self._inner.complete(request)
        if kind != "test":
            with self._lock:
                self.counts.tokens += reply.prompt_tokens + reply.completion_tokens
        return reply

    def text_of(self, request: ModelRequest) -> str:
        """The reply's text; empty if the server refuses the request, for example as too long."""
        try:
            return self.complete(request).text
        except ModelRejected:
            return ""

    def close(self) -> None:
        """Nothing to close: the next contestant uses the inner model."""

    def _kind(self, request: ModelRequest) -> Kind:
        said = request.messages[-1].content if request.messages else ""
        if said.endswith(self._given):
            return "task"
        return "test" if said.endswith(self._held_out) else "writer"


def _endings(dataset: Dataset, examples: Sequence[Example]) -> tuple[str, ...]:
    """For each example the part of a task call's last turn that follows the instruction."""
    instruction = Prompt("The prompt.")
    turns = (task_request(dataset, instruction, e.inputs).messages[-1].content for e in examples)
    return tuple(turn.removeprefix(instruction.text).lstrip() for turn in turns)
