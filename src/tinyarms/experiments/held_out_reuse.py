"""How much earlier gates have reused a test set."""

from __future__ import annotations

from dataclasses import dataclass
from math import log, sqrt

from tinyarms.core.text import counted

MAX_FAMILY_ERROR = 0.5
"""Family-wise error, in (0, 1], from which the product advises fresh examples. Higher: the advice
comes later."""


@dataclass(frozen=True)
class Reuse:
    """How often a test set was read, and how that affects later results."""

    gates: int
    """Gates that read the test set."""
    prompts: int
    """Prompts that were run on it."""
    family_error: float
    """Upper bound, in [0, 1], of the probability that any gate has passed a prompt that is no
    better (family-wise error)."""
    optimism: float
    """Upper bound, in [0, 1], of the mean excess of the best measured accuracy over the true
    one."""
    sentence: str
    """The result in words."""


def reuse(gates: int, prompts: int, examples: int, alpha: float = 0.05) -> Reuse:
    """How much the given numbers of gates and prompts reuse a test set of `examples`.

    Each gate errs with a probability of at most `alpha`, so the probability that any of them does
    is at most gates × alpha. The mean excess of the highest of k accuracies over n examples is at
    most √(ln k / 2n), as long as the prompts do not depend on the test set; optimisers never see
    it.

    Examples
    --------
    >>> from tinyarms.experiments.held_out_reuse import reuse
    >>> answer = reuse(gates=4, prompts=12, examples=200)
    >>> answer.family_error, round(answer.optimism, 3)
    (0.2, 0.079)

    References
    ----------
    Boucheron, Lugosi & Massart 2013, "Concentration Inequalities", theorem 2.5, for the mean of
    the highest of k means of n numbers in [0, 1].
    """
    error = min(1.0, gates * alpha)
    optimism = min(1.0, sqrt(log(prompts) / (2 * examples))) if prompts > 1 and examples else 0.0
    if not gates:
        fresh = "The test set is fresh: no gate has read it yet."
        if prompts:
            fresh = f"No gate has read the test set; {counted(prompts, 'prompt')} ran on it"
            if optimism:
                fresh += (
                    ": the best measured accuracy is up to "
                    f"{100 * optimism:.1f} points too high on average"
                )
            fresh += "."
        return Reuse(0, prompts, error, optimism, fresh)
    sentence = (
        f"{counted(gates, 'gate')} read the test set, {counted(prompts, 'prompt')} in all: the "
        f"probability that one passed by chance is at most {error:.0%}, and the best measured "
        f"accuracy is up to {100 * optimism:.1f} points too high on average."
    )
    if error >= MAX_FAMILY_ERROR:
        sentence += " The test set is used up: hold out fresh examples."
    return Reuse(gates, prompts, error, optimism, sentence)
