"""Is a success rate worse by no more than a margin? An exact test on paired successes."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import scipy

from tinyarms.core.errors import UsageError
from tinyarms.stats.arrays import Array

_GRID = 201
"""How many values of the unknown rate of wins are tried, twice: over its whole range, and then
around the worst one. Higher: slower, and closer to the exact maximum."""
_ROUNDING = 1e-9
"""Scores that differ by less are equal."""


def non_inferiority_p(wins: int, losses: int, n: int, margin: float) -> float:
    """The p-value of the hypothesis that `after` succeeds less often than `before` by `margin`.

    The exact unconditional test of paired successes (Hsueh, Liu & Chen 2001) with the score
    statistic of Nam (1997) and Tango (1998): the probability of a score at least as high, maximised
    over the rate of wins, which is not known. So whatever that rate is, the hypothesis is rejected
    with p ≤ alpha in at most a share alpha of the cases in which it is true. Ties count, as pairs
    without a difference. Raises `UsageError` for impossible counts, n < 1, or a margin outside of
    (0, 1).

    Parameters
    ----------
    wins, losses
        How many pairs only `after` got right, and how many only `before` did.
    n
        The number of pairs, ties included.
    margin
        By how much the success rate may be lower, in (0, 1).

    Examples
    --------
    Without a difference, 98 pairs are too few to exclude that 3 of 100 get worse; 99 are enough:

    >>> from tinyarms.stats.non_inferiority import non_inferiority_p
    >>> round(non_inferiority_p(0, 0, 98, 0.03), 4), round(non_inferiority_p(0, 0, 99, 0.03), 4)
    (0.0505, 0.049)
    >>> round(non_inferiority_p(6, 5, 300, 0.03), 4)
    0.0065

    References
    ----------
    Nam 1997, "Establishing equivalence of two treatments and sample size requirements in
    matched-pairs design", Biometrics 53, pages 1422 to 1430. Tango 1998, "Equivalence test and
    confidence interval for the difference in proportions for the paired-sample design", Statistics
    in Medicine 17, pages 891 to 908. Hsueh, Liu & Chen 2001, "Unconditional exact tests for
    equivalence or noninferiority for paired binary endpoints", Biometrics 57, pages 478 to 483.
    """
    if min(wins, losses) < 0 or wins + losses > n or n < 1 or not 0 < margin < 1:
        raise UsageError(
            f"No test for {wins} wins and {losses} losses of {n} pairs with the margin {margin}.",
            "Give counts ≥ 0 whose sum is at most n, n ≥ 1, and a margin between 0 and 1.",
        )
    score = float(margin_score(np.array(wins), np.array(losses), n, margin))
    return _p_of(_fewest_wins(score, n, margin), n, margin)


@lru_cache(maxsize=64)
def passing_wins(n: int, margin: float, alpha: float) -> tuple[int, ...]:
    """For 0 … n losses, the fewest wins with which p ≤ `alpha`; more than n − losses: none is
    enough.

    Raises `UsageError` as `non_inferiority_p` does.
    """
    losses = np.arange(n + 1)
    wins = losses[:, None]
    scores = margin_score(wins, losses, n, margin)
    scores = np.unique(np.round(scores[wins + losses <= n], 9))
    low, high = 0, len(scores)  # The p-value falls with the score.
    while low < high:
        middle = (low + high) // 2
        if _p_of(_fewest_wins(float(scores[middle]), n, margin), n, margin) <= alpha:
            high = middle
        else:
            low = middle + 1
    if low == len(scores):
        return tuple((n - losses + 1).tolist())
    return tuple(_fewest_wins(float(scores[low]), n, margin).tolist())


def non_inferiority_power(n: int, win: float, loss: float, margin: float, alpha: float) -> float:
    """The probability that the p-value of n independent pairs is at most `alpha`.

    Raises `UsageError` as `non_inferiority_p` does.

    Parameters
    ----------
    win, loss
        The probabilities that a pair is a win or a loss, whose sum is at most 1.

    Examples
    --------
    >>> from tinyarms.stats.non_inferiority import non_inferiority_power
    >>> round(non_inferiority_power(300, win=0.025, loss=0.025, margin=0.03, alpha=0.05), 3)
    0.677
    """
    fewest = np.array(passing_wins(n, margin, alpha))
    return float(_tail(fewest, n, np.array([win]), np.array([loss]))[0])


def margin_score(wins: Array, losses: Array, n: int, margin: float) -> Array:
    """How far the difference lies above −margin, in standard deviations under the hypothesis."""
    ties = n - wins - losses
    # The likeliest rate of wins where losses are more frequent by the margin.
    linear = wins * (1 - 3 * margin) + losses * (1 - margin) - 2 * ties * margin
    root = np.sqrt(linear * linear + 8 * n * wins * margin * (1 - margin))
    win = np.maximum(0.0, (linear + root) / (4 * n))
    deviation = np.sqrt(n * (2 * win + margin - margin * margin))
    return np.asarray((wins - losses + n * margin) / deviation)


def _fewest_wins(score: float, n: int, margin: float) -> Array:
    """For 0 … n losses, the fewest wins with at least this score: int64, shape (n + 1,).

    n − losses + 1: no number of wins is enough. The score rises with the wins.
    """
    losses = np.arange(n + 1)
    low, high = np.zeros(n + 1, dtype=np.int64), n - losses + 1
    while (low < high).any():
        middle = (low + high) // 2
        tried = np.minimum(middle, n - losses)
        scores = margin_score(tried, losses, n, margin)
        reached = (middle > n - losses) | (scores >= score - _ROUNDING)
        searched = low < high
        high = np.where(searched & reached, middle, high)
        low = np.where(searched & ~reached, middle + 1, low)
    return low


def _p_of(fewest: Array, n: int, margin: float) -> float:
    """The highest probability of at least these wins where losses are more frequent by the
    margin."""
    most = (1 - margin) / 2
    grid = most * np.linspace(0.0, 1.0, _GRID) ** 2  # Narrow where there are few differences.
    tails = _tail(fewest, n, grid, grid + margin)
    worst = int(tails.argmax())
    near = np.linspace(grid[max(0, worst - 1)], grid[min(_GRID - 1, worst + 1)], _GRID)
    return min(1.0, float(max(tails[worst], _tail(fewest, n, near, near + margin).max())))


def _tail(fewest: Array, n: int, win: Array, loss: Array) -> Array:
    """The probability of at least `fewest` wins, by the rates: float64, shape of `win`."""
    losses = np.arange(n + 1)[:, None]
    rest = n - losses
    log_of = scipy.special.gammaln
    log_share = log_of(n + 1) - log_of(losses + 1) - log_of(rest + 1)
    share = np.exp(
        log_share + scipy.special.xlogy(losses, loss) + scipy.special.xlogy(rest, 1 - loss)
    )
    needed = fewest[:, None]
    among_rest = np.clip(win / np.maximum(1 - loss, 1e-300), 0.0, 1.0)
    # scipy.special.bdtrc(k, n, p) is the probability of more than k of n.
    enough = scipy.special.bdtrc(np.clip(needed - 1, 0, rest), rest, among_rest)
    enough = np.where(needed == 0, 1.0, np.where(needed > rest, 0.0, enough))
    return np.asarray((share * enough).sum(axis=0))
