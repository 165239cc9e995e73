"""From a server's JSON to a reply. Pure functions."""

from __future__ import annotations

from typing import Any

from tinyarms.models.openai_api.dialects import opening, unwrap
from tinyarms.models.openai_api.label_logprobs import Position, label_logprobs, unquoted
from tinyarms.models.openai_api.request_form import Posting
from tinyarms.models.openai_api.wording import answer_of, completion_of
from tinyarms.skills.execution import ModelReply, ModelRequest

_NEVER = -100.0
"""Log-probabilities, in nats, at or below this count as not listed. llama.cpp writes the logarithm
of 0 as the smallest number there is, which would spoil every sum."""


def read_answer(
    request: ModelRequest, posting: Posting, data: Any, latency_ms: float
) -> ModelReply:
    """The reply to a request that was posted so.

    Raises `AttributeError`, `KeyError`, `IndexError`, `TypeError`, `ValueError` or `OverflowError`
    if the data is no completion.
    """
    if "choices" not in data:  # Ollama's own API
        chat = "message" in data
        text = data["message"]["content"] if chat else data["response"]
        answer = _positions(data.get("logprobs")) if request.want_labels else []
        usage = {
            "prompt_tokens": data.get("prompt_eval_count"),
            "completion_tokens": data.get("eval_count"),
        }
    else:
        choice = data["choices"][0]
        text = choice["text"] if "text" in choice else choice["message"]["content"]
        tokens = (choice.get("logprobs") or {}).get("content")
        answer = _positions(tokens) if request.want_labels else []
        usage = data.get("usage") or {}
    if not isinstance(text, str):
        raise TypeError("the answer is no text")
    timings = data.get("timings") or {}
    text, answer = _without_wrapping(request, posting, text, answer)
    return ModelReply(
        text=text,
        prompt_tokens=int(usage.get("prompt_tokens") or 0),
        completion_tokens=int(usage.get("completion_tokens") or 0),
        latency_ms=latency_ms,
        cached_tokens=_cached_tokens(data, usage),
        label_logprobs=label_logprobs(request.want_labels, answer),
        prompt_ms=_milliseconds(timings, "prompt_ms"),
        generation_ms=_milliseconds(timings, "predicted_ms"),
        left_out=posting.form.name,
    )


def _without_wrapping(
    request: ModelRequest, posting: Posting, text: str, answer: list[Position]
) -> tuple[str, list[Position]]:
    """The text and its tokens without what the form of the request has put around them."""
    if posting.is_reworded:
        text = completion_of(request, text)
    if request.constraint is None:
        return text, answer
    if "json_schema" in posting.form.left_out:  # nothing kept the model from a code fence
        text = answer_of(text)
    dialect = posting.answer_dialect
    if dialect is None:
        return text, answer
    before = opening(dialect, request.constraint, text)
    answer = unquoted(answer, before) if before else answer
    return unwrap(dialect, request.constraint, text), answer


def _positions(content: Any) -> list[Position]:
    """The generated tokens with their alternatives; none if the server sent none."""
    return [_position(token) for token in content or []]


def _position(token: Any) -> Position:
    alternatives = token.get("top_logprobs") or []
    if not alternatives:
        return Position(token.get("token", ""), ())
    # A grammar may have forced a token that is far from the likeliest, and so is not listed.
    listed = {t["token"]: t["logprob"] for t in (token, *reversed(alternatives))}
    values = [(text, float(value)) for text, value in listed.items() if value is not None]
    return Position(token["token"], [(text, value) for text, value in values if value > _NEVER])


def _cached_tokens(data: Any, usage: Any) -> int:
    details = usage.get("prompt_tokens_details") or {}
    timings = data.get("timings") or {}
    return int(details.get("cached_tokens") or timings.get("cache_n") or 0)


def _milliseconds(timings: Any, name: str) -> float | None:
    """One of llama.cpp's own timings; `None` from other servers."""
    return None if timings.get(name) is None else float(timings[name])
