"""Prices of models, and what calls cost. All amounts are in US dollars."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

_MILLION = 1_000_000

Role = Literal["task", "writer", "judge"]
"""Who is called: the model of the skill, the model that writes prompts, the one that grades."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LongPromptPrice(_Strict):
    """The price of a call with a long prompt, instead of the ordinary one."""

    above: int = Field(ge=1)
    """It holds for prompts with more tokens than this."""
    input: float = Field(ge=0, allow_inf_nan=False)
    """Dollars per million tokens of prompts."""
    output: float = Field(ge=0, allow_inf_nan=False)
    """Dollars per million tokens of replies."""
    cached_input: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """Dollars per million tokens of prompts that came from the server's cache. `null`: as
    `input`."""


class Price(_Strict):
    """The price of a model's calls."""

    input: float = Field(ge=0, allow_inf_nan=False)
    """Dollars per million tokens of prompts."""
    output: float = Field(ge=0, allow_inf_nan=False)
    """Dollars per million tokens of replies, thoughts included."""
    cached_input: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """Dollars per million tokens of prompts that came from the server's cache. `null`: as
    `input`."""
    request: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    """Dollars for each call, in addition to its tokens."""
    long_prompts: tuple[LongPromptPrice, ...] = ()
    """Other prices for calls with long prompts."""

    @property
    def is_free(self) -> bool:
        """Whether every call costs nothing."""
        return self.most(_MILLION, _MILLION) == 0

    def of(self, prompt_tokens: float, completion_tokens: float, cached_tokens: float = 0) -> float:
        """Dollars that a call costs. `cached_tokens`: the part of the prompt from the cache.

        Examples
        --------
        >>> from tinyarms.core.prices import Price
        >>> Price(input=2, output=10, cached_input=1).of(1000, 100, cached_tokens=500)
        0.0025
        """
        rate: Price | LongPromptPrice = self
        for long in sorted(self.long_prompts, key=lambda price: price.above):
            if prompt_tokens > long.above:
                rate = long
        cached_rate = rate.input if rate.cached_input is None else rate.cached_input
        fresh = prompt_tokens - cached_tokens
        tokens = fresh * rate.input + cached_tokens * cached_rate + completion_tokens * rate.output
        return self.request + tokens / _MILLION

    def most(self, prompt_tokens: float, completion_tokens: float) -> float:
        """The most dollars that a call with at most these tokens can cost."""
        rates: list[Price | LongPromptPrice] = [self]
        rates += [p for p in self.long_prompts if prompt_tokens > p.above]
        dearest_input = max(max(rate.input, rate.cached_input or 0.0) for rate in rates)
        dearest_output = max(rate.output for rate in rates)
        tokens = prompt_tokens * dearest_input + completion_tokens * dearest_output
        return self.request + tokens / _MILLION


FREE = Price(input=0, output=0)
"""The price of a model on this machine."""


@dataclass(frozen=True)
class RolePrices:
    """The prices of a search; `None`: not known."""

    task: Price | None = None
    writer: Price | None = None
    judge: Price | None = None
    scorer: Price | None = None
    """Of the judge that the scorer asks."""
    scorer_is_paid: bool = False
    """Only in records of earlier versions: whether the scorer asks a judge whose calls cost
    something. They were not counted, so what the judge costs is not known."""


UNKNOWN_PRICES = RolePrices()


@dataclass(frozen=True)
class Money:
    """What a search costs, in US dollars, by the role of the model that is called.

    `None`: not known, because a price is not known, and never 0 for that reason.
    """

    task: float | None
    """Calls of the skill's model, those of the offline gate included."""
    writer: float | None
    """Calls of the model that writes prompts."""
    judge: float | None
    """Calls of the models that grade outputs, those of the scorer included."""
    total: float | None
    """The sum, or `None` if a part is not known. In an estimate, at most the limit."""


def money(task: float | None, writer: float | None, judge: float | None) -> Money:
    """The amounts with their total, which is known if all three are."""
    total = None if task is None or writer is None or judge is None else task + writer + judge
    return Money(task, writer, judge, total)


def at_most(amounts: Money, limit: float) -> Money:
    """The amounts within a limit of the total; an unknown total is the limit."""
    total = limit if amounts.total is None else min(limit, amounts.total)
    return replace(amounts, total=total)
