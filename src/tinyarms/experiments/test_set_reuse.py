"""How much a test set tells still, after it was read many times."""

from __future__ import annotations

from dataclasses import dataclass
from math import log, sqrt

from tinyarms.core.text import counted

WORN_AT = 0.5
"""From this chance on, that luck let something pass, a test set is called worn."""


@dataclass(frozen=True)
class Wear:
    """How much a test set has been used up by earlier gates."""

    gates: int
    """Gates that read it."""
    prompts: int
    """Prompts that were run on it."""
    luck: float
    """At most this is the chance that it let any prompt pass that was no better, in [0, 1]."""
    flattery: float
    """At most this much too high is, on average, the best accuracy seen on it, in [0, 1]."""
    sentence: str


def wear(gates: int, prompts: int, examples: int, alpha: float = 0.05) -> Wear:
    """How worn a test set of `examples` is, after so many `gates` and `prompts` run on it.

    Each gate may err with probability `alpha`, so all of them with at most gates × alpha. The
    highest of k accuracies over n examples is above its truth by at most √(ln k / 2n) on average
    (k means of n numbers in [0, 1]: Boucheron, Lugosi & Massart 2013, theorem 2.5), as long as
    the prompts are not made from what the test set said; optimisers never see it.
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
