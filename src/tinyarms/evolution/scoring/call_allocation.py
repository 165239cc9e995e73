"""How a search divides its task calls: the larger the budget, the more prompts it looks at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Shares:
    """Shares are in (0, 1)."""

    selection: float
    """Of all calls, what is kept for the choice among finalists."""
    finalists: int
    """How many meet the `selection` examples, the incumbent among them."""
    first: float
    """Of the calls before selection, what the first generation may take."""
    crossing: float
    """Of the same, what the best instructions with the best demonstrations may take."""
    breeding: float
    """Of the same, what is spent before the best are raced on."""


_FEW = Shares(selection=0.35, finalists=5, first=1 / 3, crossing=0.1, breeding=0.45)
_MANY = Shares(selection=0.25, finalists=4, first=0.5, crossing=0.1, breeding=0.8)
_FROM_MANY = 400


def shares_of(calls: int) -> Shares:
    """With few calls it is better to know a few prompts well; `calls`: the whole budget."""
    return _FEW if calls < _FROM_MANY else _MANY
