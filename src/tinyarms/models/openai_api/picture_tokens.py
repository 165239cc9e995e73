"""Hosted models that count more tokens for a picture than the bound for all other models."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tinyarms.skills.execution import ModelRequest

_MOST_TILES = 8
"""Most tiles of 512×512 in OpenAI's rule: a picture is scaled into 2048×2048, and then so that its
shorter side has 768 pixels. https://platform.openai.com/docs/guides/images-vision"""
_MOST_TOKENS: Mapping[str, int] = {"gpt-4o-mini": 2833 + _MOST_TILES * 5667}
"""Part of a model's name → most tokens of a picture, by the same page."""


def with_bounds(request: ModelRequest, model: str) -> ModelRequest:
    """The request, whose pictures say how many tokens this model may count for each."""
    most = next((tokens for name, tokens in _MOST_TOKENS.items() if name in model), None)
    if most is None or not any(turn.pictures for turn in request.messages):
        return request
    turns = (
        replace(turn, pictures=tuple(replace(p, most_tokens=most) for p in turn.pictures))
        for turn in request.messages
    )
    return replace(request, messages=tuple(turns))
