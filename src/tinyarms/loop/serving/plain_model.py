"""A call to a model of the project without a skill: nothing is stored, and no prompt is added."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tinyarms.core.errors import UsageError
from tinyarms.core.text import visible
from tinyarms.loop.project.context import Context
from tinyarms.skills.contract import Constraint
from tinyarms.skills.execution import PICTURE, Message, ModelReply, ModelRequest, SentPicture
from tinyarms.skills.skill import PictureInput

MAX_TOKENS = 1024
"""Tokens of a reply unless the caller says how many. Higher: slower answers of models that do not
end by themselves."""


@dataclass(frozen=True)
class GivenTurn:
    """A chat turn as a caller gives it."""

    role: Literal["system", "user", "assistant"]
    parts: tuple[str | bytes, ...]
    """Its texts, and the bytes of its pictures, in their order."""


@dataclass(frozen=True)
class PlainCall:
    """What a caller asks of a model."""

    turns: tuple[GivenTurn, ...]
    max_tokens: int | None = None
    temperature: float = 0.0
    seed: int = 0
    stop: tuple[str, ...] = ()
    schema: Mapping[str, Any] | None = None
    """A JSON schema that the answer should keep, as far as the server can enforce it."""


def complete(context: Context, name: str, call: PlainCall) -> ModelReply:
    """The model's answer. Raises `UsageError` for a model that is not declared, `ModelError`."""
    if name not in context.project.models:
        raise UsageError(
            f"There is no model {visible(name)!r}.",
            f"Declared: {', '.join(context.project.models)}.",
        )
    request = ModelRequest(
        messages=tuple(_message(context, turn) for turn in call.turns),
        max_tokens=call.max_tokens or MAX_TOKENS,
        temperature=call.temperature,
        seed=call.seed,
        stop=call.stop,
        constraint=None if call.schema is None else Constraint(schema=call.schema),
    )
    return context.model(name).complete(request)


def _message(context: Context, turn: GivenTurn) -> Message:
    texts: list[str] = []
    pictures: list[SentPicture] = []
    for part in turn.parts:
        if isinstance(part, str):
            texts.append(part.replace(PICTURE, ""))
        else:
            picture = context.pictures.from_caller(part, "image")
            pictures.append(context.pictures.sent(picture, PictureInput()))
            texts.append(PICTURE)
    return Message(turn.role, "".join(texts), tuple(pictures))
