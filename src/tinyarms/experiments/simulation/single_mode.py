"""Simulate single mode, many tests in parallel, with the rule's own evidence and allocation.

The simulation recomputes the allocation after every 25 outcomes, later every 100, like a running
process every few seconds. It integrates P(best) of three arms on a grid.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate

import numpy as np

from tinyarms.experiments.rules.single_mode import ALPHA, CHALLENGER_FLOOR, INCUMBENT_FLOOR
from tinyarms.experiments.top_two import MIN_OUTCOMES, top_two_shares
from tinyarms.stats.arrays import Array
from tinyarms.stats.two_sample import TwoSampleEvidence

_BATCH_SIZE = 4000
"""Tests simulated in parallel. More is faster and takes more memory; the results change, because
each batch has its own random generator."""
_GRID = np.linspace(-1, 1, 129)
"""The points at which P(best) is integrated, from the lowest to the highest plausible rate."""

Drift = Callable[[Array], Array]
"""Indices of outcomes (0, 1 …) → what the drift adds to the rates of all arms at each."""


def no_drift(t: Array) -> Array:
    """The rates stay the same."""
    return np.zeros(len(t))


@dataclass(frozen=True)
class Scenario:
    """The incumbent's true success rate, and what each challenger adds to it."""

    gains: tuple[float, ...]
    before: float = 0.70
    drift: Drift = no_drift


@dataclass(frozen=True)
class Ends:
    """How the tests ended: arrays with one entry for each test."""

    arm: Array
    """0: the incumbent was kept; otherwise the number of the promoted challenger."""
    outcomes: Array
    """The number of outcomes after which the test ended."""
    served_worse: Array
    """The share of its outcomes that came from arms worse than the incumbent, in [0, 1]."""


def simulate(scenario: Scenario, limit: int, sessions: int, seed: int) -> Ends:
    """Simulate tests in a scenario, in batches that fit into memory.

    Parameters
    ----------
    limit
        Outcomes after which a test ends and the incumbent is kept.
    sessions
        How many tests to simulate, at least 1.

    Examples
    --------
    A challenger that succeeds in 90 % of tasks where the incumbent succeeds in 70 %:

    >>> from tinyarms.experiments.simulation.single_mode import Scenario, simulate
    >>> ends = simulate(Scenario(gains=(0.20,), before=0.70), limit=200, sessions=100, seed=0)
    >>> float((ends.arm == 1).mean())
    0.87
    """
    parts = [
        _simulate(
            scenario,
            limit,
            min(_BATCH_SIZE, sessions - begin),
            np.random.default_rng([seed, begin]),
        )
        for begin in range(0, sessions, _BATCH_SIZE)
    ]
    return Ends(
        np.concatenate([part.arm for part in parts]),
        np.concatenate([part.outcomes for part in parts]),
        np.concatenate([part.served_worse for part in parts]),
    )


def _blocks(limit: int) -> list[tuple[int, int]]:
    """(index of the first outcome, number of outcomes) for each block up to the limit."""
    sizes = [25] * min(20, -(-limit // 25)) + [100] * max(0, -(-(limit - 500) // 100))
    begins = accumulate((0, *sizes))
    return [(begin, min(size, limit - begin)) for begin, size in zip(begins, sizes, strict=False)]


class _Sessions:
    """The state of the tests simulated in parallel; `ended` is 0 for those that continue."""

    def __init__(self, scenario: Scenario, size: int, rng: np.random.Generator) -> None:
        self.scenario, self.rng, self.arms = scenario, rng, 1 + len(scenario.gains)
        self.gains = np.array([0, *scenario.gains])
        self._challengers = range(1, self.arms)
        self.successes = np.zeros((size, self.arms))
        self.n = np.zeros((size, self.arms))
        self.open = np.ones((size, self.arms), dtype=bool)
        self.better = [TwoSampleEvidence((size,)) for _ in scenario.gains]
        self.worse = [TwoSampleEvidence((size,)) for _ in scenario.gains]
        self.arm = np.zeros(size, dtype=int)
        self.ended = np.zeros(size, dtype=int)

    def step(self, begin: int, block: int) -> None:
        """Draw the next outcomes of all tests; tests that have ended do not change."""
        size = len(self.arm)
        shares = self._shares()
        draws = self.rng.random((size, block))
        edges = shares.cumsum(axis=1)[:, None, :-1]
        served = (draws[..., None] >= edges).sum(axis=-1)
        rates = (
            self.scenario.before
            + self.scenario.drift(np.arange(begin, begin + block))
            + self.gains[served]
        )
        success = self.rng.random((size, block)) < rates
        going = self.ended == 0
        promoted_at = np.stack(
            [self._judge(i, begin, shares, served, success) for i in self._challengers]
        )
        won = going & np.isfinite(promoted_at.min(axis=0))
        self.arm[won] = promoted_at.argmin(axis=0)[won] + 1
        self.ended[won] = promoted_at.min(axis=0)[won]
        lost = going & ~won & ~self.open[:, 1:].any(axis=1)
        self.ended[lost] = begin + block
        n_counted = np.where(self.ended == 0, block, np.where(going, self.ended - begin, 0))
        counted = np.arange(block) < n_counted[:, None]
        for arm in range(self.arms):
            self.n[:, arm] += (counted & (served == arm)).sum(axis=1)
            self.successes[:, arm] += (counted & success & (served == arm)).sum(axis=1)

    def _judge(self, i: int, begin: int, shares: Array, served: Array, success: Array) -> Array:
        """The number of the outcome that promotes challenger i (infinite: none yet). Drops it if it
        is worse."""
        pair = ((served == 0) | (served == i)) & self.open[:, i, None]
        both = shares[:, 0] + shares[:, i]
        # Dropped challengers are in no pair; clipping only keeps their numbers finite.
        share = np.clip(shares[:, i] / both, 0.01, 0.99)[:, None]
        ours, needed = served == i, np.log((self.arms - 1) / ALPHA)
        up = self.better[i - 1].see(ours, success, share, pair) >= needed
        down = self.worse[i - 1].see(~ours, success, 1 - share, pair) >= np.log(1 / ALPHA)
        wins = up.any(axis=1) & self.open[:, i]
        self.open[:, i] &= ~down.any(axis=1)
        return np.where(wins, begin + up.argmax(axis=1) + 1.0, np.inf)

    def _shares(self) -> Array:
        size = len(self.arm)
        floors = np.array([INCUMBENT_FLOOR] + [CHALLENGER_FLOOR] * (self.arms - 1))
        shares = self.open / self.open.sum(axis=1, keepdims=True)
        ready = (np.where(self.open, self.n, MIN_OUTCOMES) >= MIN_OUTCOMES).all(axis=1)
        for pattern in np.unique(self.open, axis=0):
            rows = ready & (self.open == pattern).all(axis=1)
            arms = np.flatnonzero(pattern)
            if rows.any() and len(arms) > 1:
                counts = self.successes[rows][:, arms], (self.n - self.successes)[rows][:, arms]
                new = np.zeros((int(rows.sum()), self.arms))
                new[:, arms] = top_two_shares(best_of(*counts), floors[arms])
                shares[rows] = new
        assert shares.shape == (size, self.arms)
        return np.asarray(shares)

    def drop_ended(self, keep: Array) -> None:
        for name in ("successes", "n", "open", "arm", "ended"):
            setattr(self, name, getattr(self, name)[keep])
        for evidence in (*self.better, *self.worse):
            evidence.select(keep)


def _simulate(scenario: Scenario, limit: int, size: int, rng: np.random.Generator) -> Ends:
    sessions = _Sessions(scenario, size, rng)
    results: list[tuple[Array, Array, Array]] = []
    worse = np.flatnonzero(sessions.gains < 0)

    def collect(rows: Array) -> None:
        outcomes = np.where(sessions.ended == 0, limit, sessions.ended)[rows]
        share = sessions.n[rows][:, worse].sum(axis=1) / outcomes
        results.append((sessions.arm[rows], outcomes, share))

    for begin, block in _blocks(limit):
        sessions.step(begin, block)
        ended = sessions.ended > 0
        if ended.mean() > 0.1 or begin + block >= limit:
            collect(ended)
            sessions.drop_ended(~ended)
        if not len(sessions.arm):
            break
    collect(np.ones(len(sessions.arm), dtype=bool))
    arm, outcomes, share = (np.concatenate(column) for column in zip(*results, strict=True))
    return Ends(arm, outcomes, share)


def best_of(successes: Array, failures: Array) -> Array:
    """P(best) of many tests: (tests, arms). Two arms get ½ each, as the allocation ignores it."""
    if successes.shape[1] == 2:
        return np.full(successes.shape, 0.5)
    a, b = 1 + successes, 1 + failures
    mean = a / (a + b)
    spread = 7 * np.sqrt(mean * (1 - mean) / (a + b + 1))
    low = np.clip((mean - spread).min(axis=1), 1e-6, 1)[:, None]
    high = np.clip((mean + spread).max(axis=1), 0, 1 - 1e-6)[:, None]
    x = ((high + low) / 2 + (high - low) / 2 * _GRID)[:, None, :]
    logs = (a - 1)[..., None] * np.log(x) + (b - 1)[..., None] * np.log1p(-x)
    density = np.exp(logs - logs.max(axis=-1, keepdims=True))
    density /= density.sum(axis=-1, keepdims=True)
    below = density.cumsum(axis=-1) - density / 2
    best = np.stack(
        [
            (density[:, i] * np.delete(below, i, axis=1).prod(axis=1)).sum(axis=-1)
            for i in range(a.shape[1])
        ],
        axis=1,
    )
    return np.asarray(best / best.sum(axis=1, keepdims=True))
