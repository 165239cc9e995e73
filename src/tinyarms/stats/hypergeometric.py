"""How many of a draw without replacement are of one kind."""

from __future__ import annotations

import numpy as np
import scipy


def at_least(fewest: int, total: int, of_kind: int, drawn: int) -> float:
    """The probability that at least `fewest` are of the kind, among `drawn` of `total` things of
    which `of_kind` are.

    Examples
    --------
    >>> from tinyarms.stats.hypergeometric import at_least
    >>> round(at_least(2, total=4, of_kind=2, drawn=2), 12)  # one of six pairs
    0.166666666667
    """
    lowest, highest = max(0, drawn + of_kind - total), min(of_kind, drawn)
    if fewest <= lowest:
        return 1.0
    n = np.arange(fewest, highest + 1)
    logs = _log_ways(of_kind, n) + _log_ways(total - of_kind, drawn - n) - _log_ways(total, drawn)
    return min(1.0, float(np.exp(logs).sum()))


def _log_ways(things: int, chosen: np.ndarray | int) -> np.ndarray:
    """The logarithm of the number of ways to choose so many of the things."""
    log_of: np.ndarray = (
        scipy.special.gammaln(things + 1)
        - scipy.special.gammaln(np.add(chosen, 1))
        - scipy.special.gammaln(np.subtract(things + 1, chosen))
    )
    return log_of
