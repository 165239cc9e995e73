"""What runs inside a Ray actor: a model, and nothing of the project."""

from __future__ import annotations

from collections.abc import Callable

from tinyarms.core.errors import ModelError, TinyArmsError
from tinyarms.models.base import Model, stop_calls
from tinyarms.skills.execution import ModelReply, ModelRequest


class ModelActor:
    """Answers calls with a model of its own. Failures are returned and not raised, because Ray
    would wrap them in errors of its own."""

    def __init__(self, make: Callable[[], Model]) -> None:
        self._make = make
        self._model: Model | None = None

    def start(self) -> TinyArmsError | None:
        """Make the model; returns why it cannot be made."""
        try:
            self._model = self._make()
        except TinyArmsError as error:
            return error
        return None

    def complete(self, request: ModelRequest) -> ModelReply | ModelError:
        """The reply, or why there is none."""
        assert self._model is not None
        try:
            return self._model.complete(request)
        except ModelError as error:
            return error

    def stop_calls(self) -> None:
        """End the calls in flight."""
        if self._model is not None:
            stop_calls(self._model)
