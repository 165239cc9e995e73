"""The base type of all models of this package: a language model that must be closed."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from tinyarms.skills.execution import LanguageModel, ModelRequest


class Model(LanguageModel, Protocol):
    """A language model that holds connections or a process until it is closed."""

    @property
    def slots(self) -> int:
        """How many calls it accepts at once."""
        ...

    def close(self) -> None:
        """Release its connections or its process. Called once, at the end."""
        ...


@runtime_checkable
class Stoppable(Protocol):
    """A model whose calls can be ended from another thread."""

    def stop_calls(self) -> None:
        """End the calls in flight: they raise `CallStopped`. Later calls are made as usual."""
        ...


@runtime_checkable
class Negotiating(Protocol):
    """A model whose server may not take all that a request asks for."""

    def left_out(self, request: ModelRequest) -> str:
        """What this request would now be sent without, as `ModelReply.left_out` says it."""
        ...

    def as_sent(self, request: ModelRequest) -> ModelRequest:
        """This request in the words in which it would now be sent, with all tokens of its reply."""
        ...


def left_out_by(model: LanguageModel, request: ModelRequest) -> str:
    """What this request would now be sent without; nothing for a model that takes everything."""
    return model.left_out(request) if isinstance(model, Negotiating) else ""


def as_sent_by(model: LanguageModel, request: ModelRequest) -> ModelRequest:
    """The request in the words in which the model is asked, for a bound of its tokens."""
    return model.as_sent(request) if isinstance(model, Negotiating) else request


def stop_calls(model: LanguageModel) -> None:
    """End the model's calls in flight, where it can."""
    if isinstance(model, Stoppable):
        model.stop_calls()
