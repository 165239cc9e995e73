"""Racing: end a comparison of two candidates on the same examples as soon as it is decided."""

from __future__ import annotations

from collections.abc import Sequence

from tinyarms.evolution.constants import RACE_ALPHA
from tinyarms.stats.betting import betting_e_value


def is_beaten(grades: Sequence[float], by: Sequence[float], alpha: float = RACE_ALPHA) -> bool:
    """Whether the other candidate's grades are credibly higher; valid after any example.

    `grades` and `by`: grades in [0, 1] of the same examples in the same order. The probability that
    a candidate that is not worse is ever called beaten is at most `alpha`, in (0, 1). Pairing
    removes the examples' own difficulty from the comparison, as in racing (Maron & Moore 1994;
    CAPO, Zehle et al. 2025, arXiv 2504.16005). The test is a betting e-value, so it may stop at any
    time.
    """
    differences = [theirs - own for own, theirs in zip(grades, by, strict=True)]
    return betting_e_value(differences) >= 1 / alpha
