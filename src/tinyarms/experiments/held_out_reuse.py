"""How far earlier gates have used up a test set."""

from __future__ import annotations

from dataclasses import dataclass
from math import log, sqrt

from tinyarms.core.text import counted

WORN_AT = 0.5
"""A test set counts as worn once the chance that a prompt passed by luck is at least this, in
(0, 1]."""


@dataclass(frozen=True)
class Wear:
    """How far a test set is used up."""

    gates: int
    """Gates that read the test set."""
    prompts: int
    """Prompts that were run on it."""
    luck: float
    """The family-wise error: an upper bound, in [0, 1], of the chance that any prompt passed that
    was no better."""
    flattery: float
    """The optimism: an upper bound, in [0, 1], of the average excess of the best accuracy seen."""
    sentence: str


def wear(gates: int, prompts: int, examples: int, alpha: float = 0.05) -> Wear:
    """How far a test set of `examples` is used up after so many `gates` and `prompts`.

    Each gate errs with a probability of at most `alpha`, so the chance that any of them does is at
    most gates × alpha. On average the highest of k accuracies over n examples exceeds the true
    accuracy by at most √(ln k / 2n), as long as the prompts do not depend on the test set;
    optimisers never see it.

    Examples
    --------
    >>> from tinyarms.experiments.held_out_reuse import wear
    >>> used = wear(gates=4, prompts=12, examples=200)
    >>> used.luck, round(used.flattery, 3)
    (0.2, 0.079)

    References
    ----------
    Boucheron, Lugosi & Massart 2013, "Concentration Inequalities", theorem 2.5, for the mean of
    the highest of k means of n numbers in [0, 1].
    """
    luck = min(1.0, gates * alpha)
    flattery = min(1.0, sqrt(log(prompts) / (2 * examples))) if prompts > 1 and examples else 0.0
    if not gates:
        return Wear(0, prompts, luck, flattery, "The test set is fresh: no gate has read it yet.")
    runs = counted(prompts, "prompt")
    read = f"{counted(gates, 'gate')} read the test set, {runs} in all"
    risk = f"the chance that one passed by luck is at most {luck:.0%}"
    best = f"the best accuracy seen may flatter by up to {100 * flattery:.1f} points"
    advice = " It is worn: hold out fresh examples." if luck >= WORN_AT else ""
    return Wear(gates, prompts, luck, flattery, f"{read}: {risk}, and {best}.{advice}")
