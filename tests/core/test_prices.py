from __future__ import annotations

import pytest
from pydantic import ValidationError

from tinyarms.core.prices import FREE, LongPromptPrice, Money, Price, at_most, money

LONG = LongPromptPrice(above=1000, input=4, output=20, cached_input=2)
PRICE = Price(input=2, output=10, cached_input=1, request=0.001, long_prompts=(LONG,))


def test_a_call_costs_its_tokens_and_itself() -> None:
    assert PRICE.of(1000, 100) == pytest.approx(0.001 + 0.002 + 0.001)
    assert PRICE.of(1000, 100, cached_tokens=500) == pytest.approx(0.001 + 0.0015 + 0.001)
    assert Price(input=2, output=10).of(1000, 0, cached_tokens=500) == pytest.approx(0.002)


def test_a_long_prompt_has_its_own_price_for_all_tokens() -> None:
    assert PRICE.of(1001, 100) == pytest.approx(0.001 + 0.004004 + 0.002)


@pytest.mark.parametrize("prompt", [1, 1000, 1001, 5000])
@pytest.mark.parametrize("share", [0, 0.5, 1])
def test_no_call_costs_more_than_the_most(prompt: int, share: float) -> None:
    cheap_when_long = Price(input=9, output=1, long_prompts=(LONG,))
    for price in (PRICE, cheap_when_long):
        for fewer in (1, prompt):
            assert price.of(fewer, 50, share * fewer) <= price.most(prompt, 50)


def test_free_is_free_and_a_price_of_one_part_is_not() -> None:
    assert FREE.is_free
    assert not Price(input=0, output=0, request=0.01).is_free
    assert not Price(input=0, output=0.1).is_free


@pytest.mark.parametrize("wrong", [{"input": -1}, {"input": float("nan")}, {"inputs": 1}, {}])
def test_a_price_is_a_number_from_0_on(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        Price.model_validate({"output": 1, **wrong})


def test_a_total_is_known_if_all_parts_are() -> None:
    assert money(1, 2, 0) == Money(1, 2, 0, 3)
    assert money(1, None, 0).total is None
    assert at_most(money(1, None, 0), 5).total == 5
    assert at_most(money(1, 2, 0), 2).total == 2
