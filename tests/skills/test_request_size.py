"""How many tokens a request with pictures may have, and how many it probably has."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from tinyarms.models.openai_api.picture_tokens import with_bounds
from tinyarms.skills.execution import PICTURE, Message, ModelRequest, SentPicture
from tinyarms.skills.request_size import (
    likely_prompt_tokens,
    most_prompt_tokens,
    pictures_of,
    planned_prompt_tokens,
)


def shows(*sizes: tuple[int, int]) -> ModelRequest:
    pictures = tuple(SentPicture("0" * 64, "image/png", w * h, bytes) for w, h in sizes)
    turn = Message("user", f"Name them: {PICTURE * len(pictures)}", pictures)
    return ModelRequest(messages=(turn,), max_tokens=10)


def _openai_tiles(width: int, height: int, base: int, tile: int) -> int:
    """OpenAI's rule for `detail: high`, at its largest: small pictures are scaled up too."""
    share = min(1.0, 2048 / max(width, height))
    width, height = round(width * share), round(height * share)
    share = min(768 / min(width, height), 2048 / max(width, height))
    tiles = math.ceil(width * share / 512) * math.ceil(height * share / 512)
    return base + tile * tiles


@given(width=st.integers(8, 4000), height=st.integers(8, 4000))
def test_the_bound_holds_for_the_rules_of_known_models(width: int, height: int) -> None:
    asked, words = shows((width, height)), shows()
    bound = most_prompt_tokens(asked) - most_prompt_tokens(words)
    patches = math.ceil(width / 16) * math.ceil(height / 16)
    rules = {
        "OpenAI, tiles": _openai_tiles(width, height, base=85, tile=170),
        "OpenAI, patches": math.ceil(2.46 * min(1536, 4 * patches)),
        "Anthropic": math.ceil(width * height / 750),
        "Qwen2-VL": max(4, math.ceil(width / 28) * math.ceil(height / 28)),
        "Pixtral": patches + math.ceil(height / 16),
        "InternVL": 13 * 256,
        "LLaVA-NeXT": 5 * 576,
    }
    assert bound >= max(rules.values())
    assert likely_prompt_tokens(words) < likely_prompt_tokens(asked) <= most_prompt_tokens(asked)
    dear = with_bounds(asked, "openai/gpt-4o-mini-2024-07-18")
    bound = most_prompt_tokens(dear) - most_prompt_tokens(words)
    assert bound >= _openai_tiles(width, height, base=2833, tile=5667)


def test_a_plan_counts_the_chat_template_too() -> None:
    asked = ModelRequest(messages=(Message("user", "Name them: red, blue"),), max_tokens=10)
    assert likely_prompt_tokens(asked) == 5
    assert planned_prompt_tokens(asked) == 35
    assert planned_prompt_tokens(asked) < most_prompt_tokens(asked)


def test_each_picture_counts_and_only_where_the_model_counts_more_is_it_more() -> None:
    one, two = shows((640, 480)), shows((640, 480), (640, 480))
    words = most_prompt_tokens(shows())
    assert most_prompt_tokens(two) - words >= 2 * (most_prompt_tokens(one) - words)
    assert with_bounds(two, "gpt-4o") == two
    bounds = {picture.most_tokens for picture in pictures_of(with_bounds(two, "gpt-4o-mini"))}
    assert bounds == {48_169}
    assert with_bounds(two, "gpt-4o-mini").key("m") == two.key("m")
