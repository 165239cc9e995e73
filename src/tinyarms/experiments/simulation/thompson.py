"""Simulate the original preset, many tests in parallel: users pick one of three variants.

The simulation integrates P(best), while the rule takes 10,000 draws. Both stop at the same votes,
except where P(best) is within half a percentage point of 0.95.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import numpy as np

from tinyarms.experiments.rules.thompson import BOUNDARY, CHECK_EVERY, CONFIDENCE, Thompson
from tinyarms.stats.arrays import Array
from tinyarms.stats.three_arms import BestOfThree


def simulate(
    rule: Thompson, limit: int, shares: Sequence[float], sessions: int, seed: int
) -> tuple[Array, Array]:
    """The index of the winning variant (−1: a tie at the limit) and the votes of each test.

    Both arrays have the shape (sessions,). At the limit, the highest mean wins; of equal means, the
    one with more votes.

    Parameters
    ----------
    limit
        Votes after which a test ends.
    shares
        How often users pick each of the three variants; they sum to 1.

    Examples
    --------
    >>> from tinyarms.experiments.simulation.thompson import simulate
    >>> from tinyarms.experiments.rules.thompson import Thompson
    >>> winner, votes = simulate(Thompson(), 50, (0.6, 0.2, 0.2), sessions=200, seed=0)
    >>> float((winner == 0).mean()), float(votes.mean())
    (0.995, 35.38)
    """
    rng, best = np.random.default_rng(seed), BestOfThree(limit)
    wins, losses = np.zeros((sessions, 3), dtype=int), np.zeros((sessions, 3), dtype=int)
    winner, votes = np.full(sessions, -1), np.full(sessions, limit)
    going = np.arange(sessions)
    for n in range(1, limit + 1):
        rows = np.arange(len(going))
        chosen = rng.beta(1 + wins[going], 1 + losses[going]).argmax(axis=1)
        picked = rng.choice(3, size=len(going), p=shares)
        wins[going, picked] += 1
        failed = np.repeat((picked != chosen)[:, None], 3, axis=1)
        failed[rows, picked] = False
        losses[going] += failed
        if n % CHECK_EVERY == 0 or n >= rule.votes_required:
            early_winner = _early_winner(rule, best(wins[going], losses[going]), wins[going], n)
            winner[going[early_winner >= 0]] = early_winner[early_winner >= 0]
            votes[going[early_winner >= 0]] = n
            going = going[early_winner < 0]
    means = (1 + wins[going]) / (2 + wins[going] + losses[going]) + 1e-9 * wins[going]
    level = (means == means.max(axis=1, keepdims=True)).sum(axis=1) > 1
    winner[going] = np.where(level, -1, means.argmax(axis=1))
    return winner, votes


def _early_winner(rule: Thompson, p_best: Array, wins: Array, n: int) -> Array:
    """The index of the variant that an early check declares the winner; −1: none."""
    winner = np.where(p_best.max(axis=1) > CONFIDENCE, p_best.argmax(axis=1), -1)
    if n % CHECK_EVERY:
        winner[:] = -1
    if n < rule.votes_required:
        return winner
    order = np.sort(wins, axis=1)
    leads = order[:, 2] - order[:, 1] >= BOUNDARY * sqrt(rule.max_votes)
    return np.where((winner < 0) & leads, wins.argmax(axis=1), winner)
