"""Simulates many sessions of the original preset, and of UCB in its place.

Three variants are shown, the draw (or UCB1) chooses one, users pick one. P(best) is integrated
exactly; if it is so near 0.95 that the rule's 10,000 draws decide, the rule itself runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil, sqrt
from typing import Any

import numpy as np

from tinyarms.experiments.arms import Arm
from tinyarms.experiments.rules.thompson import BOUNDARY, CHECK_EVERY, CONFIDENCE, DRAWS, Thompson
from tinyarms.stats.three_arms import BestOfThree

Array = np.ndarray[Any, np.dtype[Any]]
ARMS = (
    Arm("incumbent", "", "incumbent"),
    *(Arm(letter, letter, "challenger") for letter in "ABC"),
)
_DOUBT = 5 * sqrt(CONFIDENCE * (1 - CONFIDENCE) / DRAWS)
"""Within five standard errors, the draws may decide either way."""


@dataclass(frozen=True)
class Scenario:
    """How users pick, and which parts of the original design apply."""

    shares: Sequence[float]
    """How often users pick each variant."""
    follow: float = 0.0
    """The share of users who pick whatever has the highest mean, because the dialog says so."""
    third_fails: bool = True
    """False: the variant neither chosen nor picked stays as it is."""
    ucb: bool = False
    """UCB1 (Auer et al. 2002) chooses instead of the draw."""


@dataclass
class Ends:
    """The results of the sessions."""

    winner: Array
    """The variant that a check declared the winner; −1: none did before the limit."""
    votes: Array
    asked: int = field(default=0)
    """How often the rule itself had to run."""

    def declared(self, variant: int | None = None) -> float:
        """The share of sessions with a winner before the limit: any, or this one."""
        hit = self.winner >= 0 if variant is None else self.winner == variant
        return float(hit.mean())


def simulate(scenario: Scenario, limit: int, sessions: int, seed: int) -> Ends:
    rng = np.random.default_rng(seed)
    rule = Thompson(votes_required=min(30, limit), max_votes=limit)
    best = BestOfThree(limit)
    won, lost = np.zeros((sessions, 3), dtype=int), np.zeros((sessions, 3), dtype=int)
    ends = Ends(np.full(sessions, -1), np.full(sessions, limit))
    going = np.arange(sessions)
    for n in range(1, limit + 1):
        s, f = won[going], lost[going]
        chosen = _ucb(s, f, n, rng) if scenario.ucb else rng.beta(1 + s, 1 + f).argmax(axis=1)
        picked = _picks(scenario, s, f, rng)
        failed = np.ones_like(s)
        if not scenario.third_fails:
            failed = np.eye(3, dtype=int)[chosen]
        failed[picked == chosen] = 0
        failed[np.arange(len(going)), picked] = 0
        won[going, picked] += 1
        lost[going] += failed
        if n % CHECK_EVERY == 0 or n >= rule.votes_required:
            winner = _check(rule, best, won[going], lost[going], n, ends)
            stopped = winner >= 0
            ends.winner[going[stopped]] = winner[stopped]
            ends.votes[going[stopped]] = n
            going = going[~stopped]
    return ends


def _picks(scenario: Scenario, s: Array, f: Array, rng: np.random.Generator) -> Array:
    picked = rng.choice(3, size=len(s), p=scenario.shares)
    if scenario.follow:
        mean = (1 + s) / (2 + s + f)
        ahead = (mean == mean.max(axis=1, keepdims=True)).sum(axis=1) == 1
        follows = ahead & (rng.random(len(s)) < scenario.follow)
        picked = np.where(follows, mean.argmax(axis=1), picked)
    return np.asarray(picked)


def _ucb(s: Array, f: Array, n: int, rng: np.random.Generator) -> Array:
    seen = np.maximum(s + f, 1e-9)
    index = s / seen + np.sqrt(2 * np.log(n) / seen) + 1e-9 * rng.random(s.shape)
    return np.asarray(np.where(s + f == 0, 1e9 + rng.random(s.shape), index).argmax(axis=1))


def _check(rule: Thompson, best: BestOfThree, s: Array, f: Array, n: int, ends: Ends) -> Array:
    p_best = best(s, f)
    top = p_best.argmax(axis=1)
    highest = p_best.max(axis=1)
    looks = n % CHECK_EVERY == 0
    winner = np.where(looks & (highest > CONFIDENCE), top, -1)
    if n >= rule.votes_required:
        order = np.sort(s, axis=1)
        leads = order[:, 2] - order[:, 1] >= ceil(BOUNDARY * sqrt(rule.max_votes))
        winner = np.where((winner < 0) & leads, s.argmax(axis=1), winner)
    for i in np.flatnonzero(looks & (np.abs(highest - CONFIDENCE) < _DOUBT)):
        ends.asked += 1
        winner[i] = _asked(rule, tuple(map(int, s[i])), tuple(map(int, f[i])), n)
    return np.asarray(winner)


_ANSWERS: dict[tuple[Thompson, tuple[int, ...], tuple[int, ...], int], int] = {}


def _asked(rule: Thompson, s: tuple[int, ...], f: tuple[int, ...], n: int) -> int:
    key = (rule, s, f, n)
    if key not in _ANSWERS:
        tally = {arm.id: (s[i], f[i]) for i, arm in enumerate(ARMS[1:])}
        stop = rule.early_stop(ARMS[1:], tally, n)
        _ANSWERS[key] = -1 if stop is None else "ABC".index(stop.arm or "")
    return _ANSWERS[key]
