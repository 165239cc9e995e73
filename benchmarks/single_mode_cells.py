"""Single mode in the benchmark `experiments`: the rule's own evidence, allocation and check.

Simulated sessions side by side. The probabilities are worked out anew after every 25 outcomes,
later every 100, as a running process does every few seconds; P(best) of three arms is integrated
on a grid.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np

from bars import Bar, table
from tinyarms.experiments.allocation import FIRST, top_two_shares
from tinyarms.experiments.sample_ratio import ALARM, log_evidence
from tinyarms.experiments.single_mode import ALPHA, CHALLENGER_FLOOR, INCUMBENT_FLOOR
from tinyarms.stats.beta import probability_best
from tinyarms.stats.binomial import wilson_interval
from tinyarms.stats.two_sample import TwoSampleEvidence

SESSIONS = 20_000
OUTCOMES = 5000
_AT_ONCE = 4000
_BLOCKS = (25,) * 20 + (100,) * 45
_GRID = np.linspace(-1, 1, 129)

Array = np.ndarray[Any, np.dtype[Any]]
Drift = Callable[[Array], Array]


def _still(t: Array) -> Array:
    return np.zeros(len(t))


def _wave(t: Array) -> Array:
    return 0.15 * np.sin(2 * np.pi * t / 1500)


def _fall(t: Array) -> Array:
    return 0.15 - 0.30 * t / OUTCOMES


@dataclass(frozen=True)
class Cell:
    """One world: what challengers add to the incumbent's 0.70, and the drift of all arms."""

    name: str
    gains: tuple[float, ...]
    drift: Drift = _still


NULLS = (
    Cell("1 challenger, equal", (0,)),
    Cell("1 challenger, equal, rates in waves of 0.15", (0,), _wave),
    Cell("2 challengers, equal", (0, 0)),
    Cell("2 challengers, equal, rates fall by 0.30", (0, 0), _fall),
)
POWERS = (
    Cell("1 challenger, +10", (0.1,)),
    Cell("2 challengers, +10 and equal", (0.1, 0)),
    Cell("2 challengers, both +10", (0.1, 0.1)),
    Cell("2 challengers, +10 and -10, rates in waves of 0.15", (0.1, -0.1), _wave),
)
REPORTED = (
    Cell("1 challenger, +5", (0.05,)),
    Cell("1 challenger, -10", (-0.1,)),
)


def cells(progress: Callable[[str], None]) -> tuple[str, list[Bar]]:
    """The table for people and the bars."""
    _check_grid()
    rows: list[tuple[object, ...]] = []
    bars: list[Bar] = []
    for place, cell in enumerate((*NULLS, *POWERS, *REPORTED)):
        progress(f"single mode: {cell.name}")
        ends = simulate(cell, SESSIONS, seed=place)
        promoted = float((ends.arm > 0).mean())
        right = float(np.isin(ends.arm, np.flatnonzero(np.array([-1, *cell.gains]) > 0)).mean())
        low, high = wilson_interval(round(promoted * SESSIONS), SESSIONS) or (0.0, 1.0)
        middle = float(np.median(np.where(ends.arm > 0, ends.outcomes, np.inf)))
        shown = f"{middle:.0f}" if np.isfinite(middle) else "-"
        rows.append(
            (cell.name, f"{promoted:.2%}", f"{low:.2%} to {high:.2%}", shown,
             f"{ends.outcomes.mean():.0f}", f"{ends.served_worse.mean():.1%}")
        )  # fmt: skip
        if cell in NULLS:
            bars.append(Bar(f"false promotions: {cell.name}", promoted, "<= 0.05", high <= 0.05))
        if cell in POWERS:
            bars.append(Bar(f"found: {cell.name}", right, ">= 0.95", right >= 0.95))
            bars.append(Bar(f"median outcomes: {cell.name}", middle, "<= 1500", middle <= 1500))
    progress("single mode: sample ratio")
    found, median, false = _sample_ratio()
    bars.append(
        Bar("routing 60:40 found within 1,000 assignments", found, ">= 0.95", found >= 0.95)
    )
    bars.append(Bar("routing as logged, alarms in 5,000", false, "<= 0.001", false <= 0.001))
    head = ("single mode", "promoted", "95 % interval", "median", "mean outcomes", "by worse arms")
    text = table(head, rows)
    note = (
        f"{SESSIONS} sessions a cell, up to {OUTCOMES} outcomes, incumbent 0.70. By worse arms: "
        "outcomes of challengers worse than the incumbent.\n"
        f"Routing 60:40 where 50:50 was logged: found within 1,000 assignments in {found:.1%} "
        f"(median {median:.0f}); false alarms in 5,000: {false:.2%}."
    )
    return f"{text}\n{note}", bars


@dataclass(frozen=True)
class Ends:
    """How the sessions ended, one entry each."""

    arm: Array
    """0: the incumbent was kept; else the number of the challenger promoted."""
    outcomes: Array
    served_worse: Array
    """Share of the outcomes that came from arms worse than the incumbent."""


def simulate(cell: Cell, sessions: int, seed: int) -> Ends:
    """Sessions of the cell, in parts that fit into memory."""
    parts = [
        _simulate(cell, min(_AT_ONCE, sessions - begin), np.random.default_rng([seed, begin]))
        for begin in range(0, sessions, _AT_ONCE)
    ]
    return Ends(
        np.concatenate([part.arm for part in parts]),
        np.concatenate([part.outcomes for part in parts]),
        np.concatenate([part.served_worse for part in parts]),
    )


class _Sessions:
    """Those that go on, and what became of the others."""

    def __init__(self, cell: Cell, size: int, rng: np.random.Generator) -> None:
        self.cell, self.rng, self.arms = cell, rng, 1 + len(cell.gains)
        self.gains = np.array([0, *cell.gains])
        self._challengers = range(1, self.arms)
        self.successes = np.zeros((size, self.arms))
        self.n = np.zeros((size, self.arms))
        self.open = np.ones((size, self.arms), dtype=bool)
        self.better = [TwoSampleEvidence((size,)) for _ in cell.gains]
        self.worse = [TwoSampleEvidence((size,)) for _ in cell.gains]
        self.arm = np.zeros(size, dtype=int)
        self.ended = np.zeros(size, dtype=int)

    def step(self, begin: int, block: int) -> None:
        """The next outcomes of all sessions; those that have ended change nothing."""
        size = len(self.arm)
        shares = self._shares()
        draws = self.rng.random((size, block))
        edges = shares.cumsum(axis=1)[:, None, :-1]
        served = (draws[..., None] >= edges).sum(axis=-1)
        rates = 0.70 + self.cell.drift(np.arange(begin, begin + block)) + self.gains[served]
        success = self.rng.random((size, block)) < rates
        going = self.ended == 0
        at = np.stack([self._judge(i, begin, shares, served, success) for i in self._challengers])
        won = going & np.isfinite(at.min(axis=0))
        self.arm[won] = at.argmin(axis=0)[won] + 1
        self.ended[won] = at.min(axis=0)[won]
        lost = going & ~won & ~self.open[:, 1:].any(axis=1)
        self.ended[lost] = begin + block
        on = np.where(self.ended == 0, block, np.where(going, self.ended - begin, 0))
        counted = np.arange(block) < on[:, None]
        for arm in range(self.arms):
            self.n[:, arm] += (counted & (served == arm)).sum(axis=1)
            self.successes[:, arm] += (counted & success & (served == arm)).sum(axis=1)

    def _judge(self, i: int, begin: int, shares: Array, served: Array, success: Array) -> Array:
        """After how many outcomes challenger i is promoted (infinite: not yet); drops it too."""
        pair = ((served == 0) | (served == i)) & self.open[:, i, None]
        both = shares[:, 0] + shares[:, i]
        # Those dropped are in no pair; the bounds only keep their numbers finite.
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
        ready = (np.where(self.open, self.n, FIRST) >= FIRST).all(axis=1)
        for pattern in np.unique(self.open, axis=0):
            of = ready & (self.open == pattern).all(axis=1)
            arms = np.flatnonzero(pattern)
            if of.any() and len(arms) > 1:
                counts = self.successes[of][:, arms], (self.n - self.successes)[of][:, arms]
                new = np.zeros((int(of.sum()), self.arms))
                new[:, arms] = top_two_shares(_best(*counts), floors[arms])
                shares[of] = new
        assert shares.shape == (size, self.arms)
        return np.asarray(shares)

    def drop_ended(self, keep: Array) -> None:
        for name in ("successes", "n", "open", "arm", "ended"):
            setattr(self, name, getattr(self, name)[keep])
        for evidence in (*self.better, *self.worse):
            evidence.select(keep)


def _simulate(cell: Cell, size: int, rng: np.random.Generator) -> Ends:
    sessions = _Sessions(cell, size, rng)
    done: list[tuple[Array, Array, Array]] = []
    worse = np.flatnonzero(sessions.gains < 0)

    def take(which: Array) -> None:
        outcomes = np.where(sessions.ended == 0, OUTCOMES, sessions.ended)[which]
        share = sessions.n[which][:, worse].sum(axis=1) / outcomes
        done.append((sessions.arm[which], outcomes, share))

    for begin, block in zip(accumulate((0, *_BLOCKS)), _BLOCKS, strict=False):
        sessions.step(begin, block)
        ended = sessions.ended > 0
        if ended.mean() > 0.1 or begin + block >= OUTCOMES:
            take(ended)
            sessions.drop_ended(~ended)
        if not len(sessions.arm):
            break
    take(np.ones(len(sessions.arm), dtype=bool))
    arm, outcomes, share = (np.concatenate(column) for column in zip(*done, strict=True))
    return Ends(arm, outcomes, share)


def _best(successes: Array, failures: Array) -> Array:
    """P(best) of many tests: (tests, arms). Two arms need none: they get half each."""
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


def _check_grid() -> None:
    """The grid agrees with the product's own quadrature."""
    rng = np.random.default_rng(0)
    n = (rng.integers(100, 5000, (50, 1)) * rng.uniform(0.1, 0.5, (50, 3))).astype(int)
    successes = rng.binomial(n, 0.7)
    exact = [
        probability_best(list(zip(map(int, s), map(int, f), strict=True)))
        for s, f in zip(successes, n - successes, strict=True)
    ]
    assert np.abs(_best(successes, n - successes) - np.array(exact)).max() < 0.005


def _sample_ratio() -> tuple[float, float, float]:
    """Found in 1,000, the median, and false alarms in 5,000."""
    rng = np.random.default_rng(99)
    found: list[Array] = []
    false = 0
    for _ in range(0, SESSIONS, 500):
        for broken, tasks in ((True, 1000), (False, 5000)):
            first = rng.random((500, tasks)) < (0.6 if broken else 0.5)
            served = np.stack([first, ~first], axis=-1).astype(float)
            alarm = log_evidence(served, np.full(served.shape, 0.5)) >= np.log(ALARM)
            if broken:
                found.append(np.where(alarm.any(axis=1), alarm.argmax(axis=1) + 1, np.inf))
            else:
                false += int(alarm.any(axis=1).sum())
    at = np.concatenate(found)
    return float(np.isfinite(at).mean()), float(np.median(at)), false / SESSIONS
