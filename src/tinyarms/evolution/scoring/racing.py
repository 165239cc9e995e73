"""Racing: a comparison of two candidates on the same examples ends as soon as it is decided."""

from __future__ import annotations

from collections.abc import Sequence

from tinyarms.stats.betting import betting_e_value

ALPHA = 0.2
"""How often a race between equals may be called for a given one of them.

A search is not a promotion: a wrong call costs it a candidate, a slow one costs it calls.
"""


def is_beaten(grades: Sequence[float], by: Sequence[float], alpha: float = ALPHA) -> bool:
    """Whether the other candidate's grades are credibly higher; may be asked after any example.

    Both hold grades in [0, 1] of the same examples in the same order. If the first is not worse,
    it is ever called beaten with a probability of at most `alpha`, in (0, 1). Pairing takes the
    examples' own difficulty out of the comparison, as in racing (Maron & Moore 1994; CAPO, Zehle
    et al. 2025, arXiv 2504.16005); the test is a betting e-value, so it may stop at any moment.
    """
    differences = [theirs - own for own, theirs in zip(grades, by, strict=True)]
    return betting_e_value(differences) >= 1 / alpha
