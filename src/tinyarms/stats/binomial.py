"""Intervals for shares and for their difference, and an exact test for wins against losses."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from math import comb, hypot, sqrt
from statistics import NormalDist

from tinyarms.core.errors import UsageError


def wilson_interval(successes: int, n: int, confidence: float = 0.95) -> tuple[float, float] | None:
    """Wilson's score interval of a share (Wilson 1927): (low, high) in [0, 1]; `None` if n = 0.

    Raises `UsageError` unless 0 ≤ successes ≤ n and 0 < confidence < 1.

    Examples
    --------
    >>> from tinyarms.stats.binomial import wilson_interval
    >>> low, high = wilson_interval(16, 20)
    >>> round(low, 3), round(high, 3)
    (0.584, 0.919)
    """
    if not 0 <= successes <= n or not 0 < confidence < 1:
        raise UsageError(
            f"No interval for {successes} successes of {n} at confidence {confidence}.",
            "Give 0 ≤ successes ≤ n and 0 < confidence < 1.",
        )
    if n == 0:
        return None
    z = _z(confidence)
    share = successes / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # At 0 and n the bound is the edge itself; rounding would leave 1e-17.
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == n else min(1.0, centre + half)
    return low, high


@cache
def _z(confidence: float) -> float:
    return NormalDist().inv_cdf((1 + confidence) / 2)


def difference_interval(
    successes: int, n: int, other_successes: int, other_n: int, confidence: float = 0.95
) -> tuple[float, float] | None:
    """Newcombe's hybrid score interval of the first share minus the other, in [−1, 1].

    `None` if either n is 0. Raises `UsageError` as `wilson_interval` does.

    Examples
    --------
    >>> from tinyarms.stats.binomial import difference_interval
    >>> low, high = difference_interval(56, 70, 48, 80)
    >>> round(low, 4), round(high, 4)
    (0.0524, 0.3339)

    References
    ----------
    Newcombe 1998, "Interval estimation for the difference between independent proportions:
    comparison of eleven methods", Statistics in Medicine 17, pages 873 to 890: method 10.
    """
    first = wilson_interval(successes, n, confidence)
    other = wilson_interval(other_successes, other_n, confidence)
    if first is None or other is None:
        return None
    p, q = successes / n, other_successes / other_n
    low = p - q - hypot(p - first[0], other[1] - q)
    high = p - q + hypot(first[1] - p, q - other[0])
    return low, high


def paired_counts(before: Sequence[bool], after: Sequence[bool]) -> tuple[int, int]:
    """(wins, losses) of paired successes: examples only `after` got right, and only `before` did.

    Both have one success per example, for the same examples in the same order. Raises
    `ValueError` if their lengths differ.

    Examples
    --------
    >>> from tinyarms.stats.binomial import paired_counts
    >>> paired_counts([True, False, False], [True, True, False])
    (1, 0)
    """
    pairs = list(zip(before, after, strict=True))
    wins = sum(new and not old for old, new in pairs)
    losses = sum(old and not new for old, new in pairs)
    return wins, losses


def exact_sign_test(wins: int, losses: int) -> float:
    """One-sided p: the probability of at least `wins` heads in wins + losses fair coin tosses.

    The caller leaves ties out; without wins and losses the p is 1.0. Raises `UsageError` for
    negative counts.

    Examples
    --------
    >>> from tinyarms.stats.binomial import exact_sign_test
    >>> exact_sign_test(9, 1)
    0.0107421875
    """
    if wins < 0 or losses < 0:
        raise UsageError(f"No sign test for {wins} wins and {losses} losses.", "Give counts ≥ 0.")
    n = wins + losses
    ways, tail = comb(n, wins), 0
    for heads in range(wins, n + 1):
        tail += ways
        ways = ways * (n - heads) // (heads + 1)
    return tail / (1 << n)
