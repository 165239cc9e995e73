"""How a search divides its task calls: with a larger budget it tries more candidates."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

from tinyarms.evolution.constants import LARGE_BUDGET_CALLS, LEAST_SELECTION_EXAMPLES


@dataclass(frozen=True)
class Shares:
    """The calls of each phase of a search; shares are in (0, 1)."""

    selection: float
    """Share of all calls reserved for the choice among finalists."""
    finalists: int
    """Candidates that run on the `selection` examples, including the incumbent; more if more
    variants are requested."""
    first: float
    """Share of the calls before selection that the first generation may take."""
    learning: float
    """Share of the calls before selection that learning from failures may end at, if the writer can
    reflect."""
    crossing: float
    """Share of the calls before selection for crossing instructions with demonstrations."""
    breeding: float
    """Share of the calls before selection that is spent when the final race begins."""


_FEW = Shares(selection=0.35, finalists=5, first=1 / 3, learning=0.6, crossing=0.1, breeding=0.45)
_MANY = Shares(selection=0.25, finalists=4, first=0.5, learning=0.6, crossing=0.1, breeding=0.8)


def least_useful_calls(variants: int, selection: int) -> int:
    """The fewest task calls with which a search can tell its finalists apart.

    Each of them, and the incumbent, then runs on `LEAST_SELECTION_EXAMPLES` of the `selection`
    examples, or on all if there are fewer.

    Examples
    --------
    >>> from tinyarms.evolution.scoring.call_allocation import least_useful_calls
    >>> least_useful_calls(variants=2, selection=40)
    58
    """
    finalists = max(_FEW.finalists, variants + 1)
    return ceil(finalists * min(LEAST_SELECTION_EXAMPLES, selection) / _FEW.selection)


def shares_of(calls: int) -> Shares:
    """The shares for a budget of `calls` task calls. Few calls go to few candidates."""
    return _FEW if calls < LARGE_BUDGET_CALLS else _MANY
