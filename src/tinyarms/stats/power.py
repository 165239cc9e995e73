"""The exact power of a sign test on paired examples."""

from __future__ import annotations

from math import ceil
from statistics import NormalDist

import numpy as np
import scipy

from tinyarms.core.errors import UsageError


def needed_wins(most: int, alpha: float) -> list[int]:
    """For d = 0 … `most` differing pairs, the fewest wins with a one-sided sign test p ≤ `alpha`.

    The entry is d + 1 if no number of wins is enough. `alpha` is in (0, ½).

    Examples
    --------
    Of 5 pairs that differ, all must be wins; of 10, at least 9:

    >>> from tinyarms.stats.power import needed_wins
    >>> needed_wins(10, alpha=0.05)
    [1, 2, 3, 4, 5, 5, 6, 7, 7, 8, 9]
    """
    d = np.arange(most + 1)
    # Start a little below the normal approximation and count up.
    near = d / 2 + NormalDist().inv_cdf(1 - alpha) * np.sqrt(d) / 2
    wins = np.maximum(near.astype(int) - 2, d // 2 + 1)
    while True:
        # P(at least `wins` heads): scipy.special.bdtrc(k, n, p) is P(more than k of n).
        too_few = (scipy.special.bdtrc(wins - 1, d, 0.5) > alpha) & (wins <= d)
        if not too_few.any():
            return [int(w) for w in np.where(wins <= d, wins, d + 1)]
        wins = wins + too_few


def sign_test_power(
    n: int, win: float, loss: float, alpha: float, least_gain: float = 0.0
) -> float:
    """The chance that a one-sided sign test on n independent pairs has p ≤ `alpha`.

    Sums over the number of pairs that differ (binomial) and the wins among them (binomial given
    that number). Raises `UsageError` unless n ≥ 1, `win` and `loss` are chances whose sum is at
    most 1, and 0 < `alpha` < ½.

    Parameters
    ----------
    win, loss
        The chances that a pair is a win or a loss; the other pairs are ties.
    least_gain
        (wins − losses) / n must also be at least this, in [−1, 1].

    Examples
    --------
    >>> from tinyarms.stats.power import sign_test_power
    >>> round(sign_test_power(100, win=0.30, loss=0.20, alpha=0.05), 3)
    0.359
    >>> round(sign_test_power(100, win=0.30, loss=0.20, alpha=0.05, least_gain=0.15), 3)
    0.261
    """
    if n < 1 or win < 0 or loss < 0 or win + loss > 1 or not 0 < alpha < 0.5:
        raise UsageError(
            f"No power for {n} pairs, win {win}, loss {loss}, alpha {alpha}.",
            "Give n ≥ 1, chances that sum to at most 1, and an alpha between 0 and 0.5.",
        )
    differ = win + loss
    if differ == 0:
        return 0.0
    d = np.arange(n + 1)
    log_share = (
        scipy.special.gammaln(n + 1)
        - scipy.special.gammaln(d + 1)
        - scipy.special.gammaln(n - d + 1)
    )
    share = np.exp(
        log_share + scipy.special.xlogy(d, differ) + scipy.special.xlogy(n - d, 1 - differ)
    )
    # Rounding must not require one win more than n · least_gain does.
    least = np.ceil((d + n * least_gain) / 2 - 1e-9).astype(int)
    wins = np.maximum(np.array(needed_wins(n, alpha)), least)
    reached = np.where(
        wins <= d, scipy.special.bdtrc(np.minimum(wins, d + 1) - 1, d, win / differ), 0.0
    )
    return float(share @ reached)


def least_pairs(
    power: float, win: float, loss: float, alpha: float, least_gain: float = 0.0, most: int = 5000
) -> int | None:
    """The smallest n with a `sign_test_power` of at least `power`; `None` if `most` are too few.

    Power does not grow strictly with n, as wins are whole numbers. So after a bisection the
    function also tries the next smaller n.

    Examples
    --------
    >>> from tinyarms.stats.power import least_pairs
    >>> least_pairs(0.9, win=0.30, loss=0.20, alpha=0.05)
    443
    """
    low, high = 1, 16
    while sign_test_power(high, win, loss, alpha, least_gain) < power:
        low, high = high, 2 * high
        if low >= most:
            return None
    while low + 1 < high:
        middle = (low + high) // 2
        if sign_test_power(middle, win, loss, alpha, least_gain) < power:
            low = middle
        else:
            high = middle
    window = range(high, max(1, high - ceil(high / 20)) - 1, -1)
    return min(n for n in window if sign_test_power(n, win, loss, alpha, least_gain) >= power)
