"""A model that is asked for a limited time, and whose replies are not stored."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tinyarms.core.errors import BadReply, CallStopped, ModelTimeout, TinyArmsError
from tinyarms.loop.project.context import Context
from tinyarms.models.base import Model, left_out_by, stop_calls
from tinyarms.models.registry import make_model
from tinyarms.skills.execution import ModelReply, ModelRequest

_STOP_EVERY_S = 0.5
"""Seconds between two attempts to end the calls beyond the limit. One that was only about to begin
is ended by the next attempt."""


@dataclass
class AskedModel:
    """A model that may be asked for so many seconds in all."""

    name: str
    model: Model
    timeout_s: float
    over: threading.Event
    """Set when the time is up."""
    reasoning_tokens: int = 0
    """Tokens that it may spend on thoughts before each answer."""
    left_out: set[str] = field(default_factory=set)
    """What requests were sent without, because the server does not take it."""
    has_answered: bool = False
    """Whether any request was answered."""

    def complete(self, request: ModelRequest) -> ModelReply:
        """Answer one request. Raises `ModelError`; `ModelTimeout` when the time is up, `BadReply`
        for whatever else goes wrong."""
        if self.over.is_set():
            raise self._too_late()
        try:
            reply = self.model.complete(request)
        except CallStopped as error:
            raise (self._too_late() if self.over.is_set() else error) from error
        except TinyArmsError:
            raise
        except Exception as error:
            what = f"{self.name}: its answer cannot be read."
            raise BadReply(what, "Is it an OpenAI-compatible server?") from error
        self.left_out |= self.lacks(request)
        self.has_answered = True
        return reply

    def lacks(self, request: ModelRequest) -> set[str]:
        """What such a request is sent without."""
        features = left_out_by(self.model, request)
        return set(features.split(",")) if features else set()

    def _too_late(self) -> ModelTimeout:
        longer = f"tinyarms doctor --timeout {2 * self.timeout_s:g}"
        if self.has_answered:
            return ModelTimeout(
                f"the {self.timeout_s:g} s for all calls to {self.name} are over.",
                f"To give it more time: {longer}",
            )
        return ModelTimeout(
            f"It did not answer within {self.timeout_s:g} s.",
            f"Is it busy or still loading? To wait longer: {longer}",
        )


@contextmanager
def asked_model(context: Context, name: str, timeout_s: float) -> Iterator[AskedModel]:
    """The model `models.<name>`, whose calls end when the time is up.

    A call that fails is not repeated, and nothing is written to a recording. Raises `ConfigError`
    and `UsageError`.
    """
    settings = context.model_settings(name)
    if settings.kind != "replay":
        settings = settings.model_copy(update={"recording": None})
    model = make_model(name, settings, context.project.root, context.environ, retries=0)
    over, done = threading.Event(), threading.Event()

    def end_calls() -> None:
        if not done.wait(timeout_s):
            over.set()
            stop_calls(model)
            while not done.wait(_STOP_EVERY_S):
                stop_calls(model)

    threading.Thread(target=end_calls, daemon=True).start()
    try:
        yield AskedModel(name, model, timeout_s, over, settings.reasoning_tokens)
    finally:
        done.set()
        model.close()
