"""How large a request to a model is, and how many tokens its call may have."""

from __future__ import annotations

from tinyarms.skills.execution import ModelRequest

_TEMPLATE_TOKENS = 64
"""Most tokens that a chat template adds to a request, with its system message and JSON quotes. Too
low: a call may overshoot the budget."""
_TURN_TOKENS = 8
"""Most tokens that a chat template adds to each message."""


def most_tokens(request: ModelRequest) -> int:
    """The most tokens that a call can cost."""
    return most_prompt_tokens(request) + request.max_tokens


def most_prompt_tokens(request: ModelRequest) -> int:
    """The most tokens that the prompt of a call has: no token is shorter than a byte of UTF-8."""
    turns = 1 + len(request.messages)
    return prompt_bytes(request) + _TURN_TOKENS * turns + _TEMPLATE_TOKENS


def prompt_bytes(request: ModelRequest) -> int:
    """The bytes of the prompt's texts in UTF-8."""
    texts = [request.completion or "", *(message.content for message in request.messages)]
    return sum(len(text.encode("utf-8", "replace")) for text in texts)
