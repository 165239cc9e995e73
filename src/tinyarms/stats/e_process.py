"""E-processes: evidence that may be read after every observation."""

from __future__ import annotations

from functools import lru_cache
from math import exp, log

import scipy

from tinyarms.core.errors import UsageError

PRIOR = 5
"""Both parameters of the Beta prior over θ: half of the mass of Beta(5, 5) lies between 0.39 and
0.61, where preferences usually are. A higher value finds slight preferences earlier and strong
ones later."""


@lru_cache(maxsize=65536)
def sign_e_value(wins: int, losses: int) -> float:
    """Evidence for θ > ½ from `wins` heads and `losses` tails of a coin with P(heads) = θ.

    The e-value is ∫ θ^w (1 − θ)^l / 2^−(w + l) over Beta(5, 5) truncated to θ > ½. It is 1.0
    without observations, and for every θ ≤ ½ the chance that it ever reaches x is at most 1/x.
    The order of the observations does not matter. Raises `UsageError` for negative counts.

    Examples
    --------
    >>> from tinyarms.stats.e_process import sign_e_value
    >>> sign_e_value(0, 0)
    1.0
    >>> round(sign_e_value(18, 5), 1), round(sign_e_value(5, 18), 3)
    (16.2, 0.164)
    """
    if wins < 0 or losses < 0:
        raise UsageError(f"No e-value for {wins} wins and {losses} losses.", "Give counts ≥ 0.")
    a, b = PRIOR + wins, PRIOR + losses
    mixed = (
        float(scipy.special.betaln(a, b))
        - float(scipy.special.betaln(PRIOR, PRIOR))
        + (wins + losses) * log(2)
    )
    # Truncation at ½ halves the prior's mass and leaves the part of the posterior above ½.
    return exp(min(700.0, mixed)) * 2 * float(scipy.special.betaincc(a, b, 0.5))
