"""From a server's JSON to a reply. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from tinyarms.core.text import storable
from tinyarms.models.openai_api.answer_json import choice_number
from tinyarms.models.openai_api.answer_text import AnswerText, answer_text
from tinyarms.models.openai_api.dialects import opening, unwrap
from tinyarms.models.openai_api.label_logprobs import (
    Position,
    label_logprobs,
    listed_words,
    unquoted,
)
from tinyarms.models.openai_api.request_form import Posting
from tinyarms.models.openai_api.usage import milliseconds, usage_of
from tinyarms.models.openai_api.wording import answer_of, completion_of
from tinyarms.skills.execution import ModelReply, ModelRequest

_NEVER = -100.0
"""Log-probabilities, in nats, at or below this count as not listed. llama.cpp writes the logarithm
of 0 as the smallest number there is, which would spoil every sum."""
_CERTAIN = 1e-3
"""Log-probabilities, in nats, above this are not believed: 0 is the largest, but for rounding."""


def read_answer(
    request: ModelRequest, posting: Posting, data: Any, latency_ms: float
) -> ModelReply:
    """The reply to a request that was posted so.

    Raises `NoText` if the answer has no text, and `TypeError` if it has no known form.
    """
    if not isinstance(data, Mapping):
        raise TypeError("the answer is no object")
    answer = _first_choice(data) if "choices" in data else data
    said = answer_text(answer, is_chat="messages" in posting.body)
    tokens = _tokens(answer, said) if request.want_labels else []
    text, tokens = _without_wrapping(request, posting, said.text, tokens)
    written = said.thoughts + " " * said.skipped + said.text
    usage = usage_of(data, posting.request, written)
    return ModelReply(
        text=storable(text),
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        latency_ms=latency_ms,
        cached_tokens=usage.cached_tokens,
        label_logprobs=label_logprobs(request.want_labels, tokens),
        listed=listed_words(tokens),
        prompt_ms=milliseconds(data, "prompt_ms"),
        generation_ms=milliseconds(data, "predicted_ms"),
        left_out=posting.form.name,
        tokens_estimated=usage.is_estimated,
    )


def _first_choice(data: Mapping[str, Any]) -> Mapping[str, Any]:
    choices = data["choices"]
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], Mapping):
        raise TypeError("the answer has no choice")
    numbered = [choice for choice in choices if isinstance(choice, Mapping)]
    return min(numbered, key=choice_number)


def _without_wrapping(
    request: ModelRequest, posting: Posting, text: str, tokens: list[Position]
) -> tuple[str, list[Position]]:
    """The text and its tokens without what the form of the request has put around them."""
    if posting.is_reworded:
        text = completion_of(request, text)
    if request.constraint is None:
        return text, tokens
    text = answer_of(text)  # some servers take a schema and let the model write a code fence
    dialect = posting.answer_dialect
    if dialect is None:
        return text.strip(), tokens
    before = opening(dialect, request.constraint, text)
    tokens = unquoted(tokens, before) if before else tokens
    return unwrap(dialect, request.constraint, text), tokens


def _tokens(answer: Mapping[str, Any], said: AnswerText) -> list[Position]:
    """The answer's tokens with their alternatives, without those of the thoughts.

    None if the server sent none, or something else in their place.
    """
    logprobs = answer.get("logprobs")
    listed = logprobs.get("content") if isinstance(logprobs, Mapping) else logprobs
    try:
        positions = [_position(token) for token in listed or []]
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
        return []
    skip = said.skipped
    while positions and skip >= len(positions[0].token) > 0:
        skip -= len(positions.pop(0).token)
    return [] if skip else positions


def _position(token: Any) -> Position:
    alternatives = token.get("top_logprobs") or []
    if not alternatives:
        return Position(_string(token.get("token", "")), ())
    # A grammar may have forced a token that is far from the likeliest, and so is not listed.
    listed = {t["token"]: t["logprob"] for t in (token, *reversed(alternatives))}
    values = [(_string(text), float(v)) for text, v in listed.items() if v is not None]
    if any(value > _CERTAIN for _, value in values):
        raise ValueError("a probability above 1")
    usable = [(text, value) for text, value in values if math.isfinite(value) and value > _NEVER]
    return Position(_string(token["token"]), usable)


def _string(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a token is no text")
    return value
