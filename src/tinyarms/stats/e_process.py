"""E-processes: evidence that may be looked at after every observation."""

from __future__ import annotations

from functools import lru_cache
from math import exp, log

import scipy

from tinyarms.core.errors import UsageError

PRIOR = 5
"""Beta(5, 5): half of its mass lies between 0.39 and 0.61, where preferences usually are."""


@lru_cache(maxsize=65536)
def sign_e_value(wins: int, losses: int) -> float:
    """Evidence for θ > ½ from `wins` heads and `losses` tails of a coin with P(heads) = θ.

    ∫ θ^w (1 − θ)^l / 2^−(w + l) over Beta(5, 5) cut to θ > ½: 1.0 without observations; for every
    θ ≤ ½ the chance that it ever reaches x is at most 1/x. Order does not matter. Raises
    `UsageError` for negative counts.
    """
    if wins < 0 or losses < 0:
        raise UsageError(f"No e-value for {wins} wins and {losses} losses.", "Give counts ≥ 0.")
    a, b = PRIOR + wins, PRIOR + losses
    mixed = (
        float(scipy.special.betaln(a, b))
        - float(scipy.special.betaln(PRIOR, PRIOR))
        + (wins + losses) * log(2)
    )
    # The cut at ½ halves the prior's mass, and leaves the posterior's above ½.
    return exp(min(700.0, mixed)) * 2 * float(scipy.special.betaincc(a, b, 0.5))
