"""The tokens of a call: what the server says, or an estimate where that cannot be true."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tinyarms.skills.execution import ModelRequest
from tinyarms.skills.request_size import (
    likely_prompt_tokens,
    likely_text_tokens,
    most_prompt_tokens,
)

_HIDDEN_TOKENS = 100_000
"""Most tokens that a server may add to a prompt, for example for its own system message. Higher:
fewer wrong counts are noticed."""
_MAX_REPLY_TOKENS = 1_000_000
"""Most tokens of a reply, with hidden thoughts. Higher: fewer wrong counts are noticed."""


@dataclass(frozen=True)
class Usage:
    """The tokens of one call."""

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int
    """The part of `prompt_tokens` that came from the server's prefix cache."""
    is_estimated: bool
    """Whether one of the two counts is an estimate."""


def usage_of(data: Mapping[str, Any], request: ModelRequest, written: str) -> Usage:
    """The tokens of a call with this answer.

    `request`: as it was sent. `written`: what the model wrote, thoughts included. A count that is
    missing, no number, 0, negative or impossibly high is estimated from the text and the pictures.
    """
    usage = data.get("usage")
    usage = usage if isinstance(usage, Mapping) else {}
    prompt = _count(
        usage.get("prompt_tokens", data.get("prompt_eval_count")),
        most_prompt_tokens(request) + _HIDDEN_TOKENS,
    )
    completion = _count(usage.get("completion_tokens", data.get("eval_count")), _MAX_REPLY_TOKENS)
    if completion is None and not written and _is_zero(usage.get("completion_tokens")):
        completion = 0
    is_estimated = prompt is None or completion is None
    prompt = likely_prompt_tokens(request) if prompt is None else prompt
    if completion is None:
        completion = max(1, likely_text_tokens(written))
    return Usage(prompt, completion, min(prompt, _cached(data, usage)), is_estimated)


def milliseconds(data: Mapping[str, Any], name: str) -> float | None:
    """One of llama.cpp's own timings; `None` from other servers."""
    timings = data.get("timings")
    value = timings.get(name) if isinstance(timings, Mapping) else None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if math.isfinite(value) and value >= 0 else None


def _count(value: Any, most: int) -> int | None:
    """A believable count above 0; otherwise `None`."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if not math.isfinite(value) or value != int(value) or not 0 < value <= most:
        return None
    return int(value)


def _is_zero(value: Any) -> bool:
    return isinstance(value, (int, float)) and value == 0


def _cached(data: Mapping[str, Any], usage: Mapping[str, Any]) -> int:
    details, timings = usage.get("prompt_tokens_details"), data.get("timings")
    for place, name in ((details, "cached_tokens"), (timings, "cache_n")):
        cached = _count(place.get(name), _HIDDEN_TOKENS**2) if isinstance(place, Mapping) else None
        if cached:
            return cached
    return 0
