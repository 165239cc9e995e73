"""The original preset simulated, many sessions side by side: three variants, users pick one.

P(best) is integrated where the rule takes 10,000 draws; both stop at the same votes but for
posteriors within half a point of 0.95.
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
    """(sessions,) the variant that won (−1: level at the limit), and the votes it took.

    `shares`: how often users pick each of the three; they sum to 1. At the limit the highest mean
    wins, ties by votes.
    """
    rng, best = np.random.default_rng(seed), BestOfThree(limit)
    won, lost = np.zeros((sessions, 3), dtype=int), np.zeros((sessions, 3), dtype=int)
    winner, votes = np.full(sessions, -1), np.full(sessions, limit)
    going = np.arange(sessions)
    for n in range(1, limit + 1):
        rows = np.arange(len(going))
        chosen = rng.beta(1 + won[going], 1 + lost[going]).argmax(axis=1)
        picked = rng.choice(3, size=len(going), p=shares)
        won[going, picked] += 1
        failed = np.repeat((picked != chosen)[:, None], 3, axis=1)
        failed[rows, picked] = False
        lost[going] += failed
        if n % CHECK_EVERY == 0 or n >= rule.votes_required:
            stopped = _stopped(rule, best(won[going], lost[going]), won[going], n)
            winner[going[stopped >= 0]] = stopped[stopped >= 0]
            votes[going[stopped >= 0]] = n
            going = going[stopped < 0]
    means = (1 + won[going]) / (2 + won[going] + lost[going]) + 1e-9 * won[going]
    level = (means == means.max(axis=1, keepdims=True)).sum(axis=1) > 1
    winner[going] = np.where(level, -1, means.argmax(axis=1))
    return winner, votes


def _stopped(rule: Thompson, p_best: Array, won: Array, n: int) -> Array:
    """The variant that an early check declares the winner; −1: none."""
    sure = np.where(p_best.max(axis=1) > CONFIDENCE, p_best.argmax(axis=1), -1)
    if n % CHECK_EVERY:
        sure[:] = -1
    if n < rule.votes_required:
        return sure
    order = np.sort(won, axis=1)
    leads = order[:, 2] - order[:, 1] >= BOUNDARY * sqrt(rule.max_votes)
    return np.where((sure < 0) & leads, won.argmax(axis=1), sure)
