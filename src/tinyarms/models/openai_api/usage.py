"""The tokens of a call: what the server says, or an estimate where that cannot be true."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_BYTES_PER_TOKEN = 4
"""Bytes of UTF-8 that an estimate counts as one token. Lower: estimates are higher."""
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


def usage_of(data: Mapping[str, Any], body: Mapping[str, Any], written: str) -> Usage:
    """The tokens of a call with this answer.

    `body`: the request's JSON. `written`: what the model wrote, thoughts included. A count that is
    missing, no number, 0, negative or impossibly high is estimated from the text.
    """
    usage = data.get("usage")
    usage = usage if isinstance(usage, Mapping) else {}
    prompt_bytes = len(json.dumps(_prompt(body), ensure_ascii=False).encode("utf-8", "replace"))
    prompt = _count(
        usage.get("prompt_tokens", data.get("prompt_eval_count")), prompt_bytes + _HIDDEN_TOKENS
    )
    completion = _count(usage.get("completion_tokens", data.get("eval_count")), _MAX_REPLY_TOKENS)
    if completion is None and not written and _is_zero(usage.get("completion_tokens")):
        completion = 0
    is_estimated = prompt is None or completion is None
    prompt = _estimate(prompt_bytes) if prompt is None else prompt
    if completion is None:
        completion = _estimate(len(written.encode("utf-8", "replace")))
    return Usage(prompt, completion, min(prompt, _cached(data, usage)), is_estimated)


def milliseconds(data: Mapping[str, Any], name: str) -> float | None:
    """One of llama.cpp's own timings; `None` from other servers."""
    timings = data.get("timings")
    value = timings.get(name) if isinstance(timings, Mapping) else None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if math.isfinite(value) and value >= 0 else None


def _prompt(body: Mapping[str, Any]) -> Any:
    return [body.get("prompt"), body.get("messages")]


def _count(value: Any, most: int) -> int | None:
    """A believable count above 0; otherwise `None`."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if not math.isfinite(value) or value != int(value) or not 0 < value <= most:
        return None
    return int(value)


def _is_zero(value: Any) -> bool:
    return isinstance(value, (int, float)) and value == 0


def _estimate(size: int) -> int:
    return max(1, math.ceil(size / _BYTES_PER_TOKEN))


def _cached(data: Mapping[str, Any], usage: Mapping[str, Any]) -> int:
    details, timings = usage.get("prompt_tokens_details"), data.get("timings")
    for place, name in ((details, "cached_tokens"), (timings, "cache_n")):
        cached = _count(place.get(name), _HIDDEN_TOKENS**2) if isinstance(place, Mapping) else None
        if cached:
            return cached
    return 0
