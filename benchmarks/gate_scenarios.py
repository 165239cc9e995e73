"""Both gates together, exactly: users see the finalists that pass the offline gate, and vote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

import numpy as np
from scipy.stats import binom

from exact_votes import operating_characteristics
from tinyarms.experiments.rules.lead_rule import LeadRule
from tinyarms.stats.binomial import exact_sign_test
from tinyarms.stats.power import needed_wins

Array = np.ndarray[Any, np.dtype[Any]]
ALPHA = 0.05
LEAST_GAIN = 0.05


@dataclass(frozen=True)
class Challenger:
    """The true qualities of a finalist."""

    accuracy: float
    liked: float
    """Among users who prefer it or the incumbent, the share that prefers it, in (0, 1)."""
    agreement: float = 0.0
    """0: it answers independently of the incumbent; 1: they differ only where they must."""


@dataclass(frozen=True)
class Users:
    """How users answer."""

    uniform: float = 0.0
    """The share who do not look: they take the first option or a random one. These are the same,
    because in random order each arm is first equally often."""


@dataclass(frozen=True)
class Result:
    """Shares of all sessions; votes are means over those that reach the live gate."""

    promoted: tuple[float, ...]
    """For each challenger."""
    reached: float
    votes: float


def both_gates(
    rule: LeadRule,
    limit: int,
    challengers: Sequence[Challenger],
    users: Users | None = None,
    examples: int = 300,
    before: float = 0.70,
) -> Result:
    """The exact result of a session with these challengers as its finalists.

    Users see the first two that pass the gate.
    """
    users = users or Users()
    passes = who_passes(examples, before, tuple((c.accuracy, c.agreement) for c in challengers))
    promoted = np.zeros(len(challengers))
    reached = votes = 0.0
    for let_in, chance in passes.items():
        if not let_in:
            continue
        shown = let_in[:2]
        shares = picks([challengers[i].liked for i in shown], users)
        found = operating_characteristics(rule, limit, [shares])
        promoted[list(shown)] += chance * found.promoted[0]
        reached += chance
        votes += chance * float(found.votes[0])
    return Result(tuple(map(float, promoted)), reached, votes / reached if reached else 0.0)


def picks(liked: Sequence[float], users: Users) -> list[float]:
    """How often the incumbent and each challenger are picked (Luce's choice rule)."""
    weights = [1.0, *(share / (1 - share) for share in liked)]
    n = len(weights)
    return [(1 - users.uniform) * weight / sum(weights) + users.uniform / n for weight in weights]


@cache
def who_passes(
    n: int, before: float, finalists: tuple[tuple[float, float], ...]
) -> dict[tuple[int, ...], float]:
    """Set of finalists (accuracy, agreement) that pass the offline gate → its exact probability.

    Given the examples that the incumbent gets right, finalists answer independently.
    """
    passing = passing_table(n, ALPHA / len(finalists))
    rates = [_rates(before, accuracy, agreement) for accuracy, agreement in finalists]
    found: dict[tuple[int, ...], float] = {}
    counts = np.arange(n + 1)
    for right in range(n + 1):
        chance = float(binom.pmf(right, n, before))
        if chance < 1e-13:
            continue
        each = []
        for lose, win in rates:
            wins = binom.pmf(counts, n - right, win)
            each.append(float(wins @ passing @ binom.pmf(counts, right, lose)))
        for outcome in product((False, True), repeat=len(each)):
            joint = chance
            for passed, power in zip(outcome, each, strict=True):
                joint *= power if passed else 1 - power
            key = tuple(i for i, passed in enumerate(outcome) if passed)
            found[key] = found.get(key, 0.0) + joint
    return found


def _rates(before: float, after: float, agreement: float) -> tuple[float, float]:
    """P(wrong | incumbent right), P(right | incumbent wrong)."""
    loss, win = before * (1 - after), (1 - before) * after
    shared = agreement * min(loss, win)
    return (loss - shared) / before, (win - shared) / (1 - before)


@cache
def passing_table(n: int, threshold: float) -> Array:
    """[wins, losses]: 1 where the gate is passed and the gain is worth a promotion."""
    table = np.zeros((n + 1, n + 1))
    for differ, least in enumerate(needed_wins(n, threshold)):
        # The gate itself uses the p of this test.
        assert least > differ or exact_sign_test(least, differ - least) <= threshold
        assert exact_sign_test(least - 1, differ - least + 1) > threshold
        wins = np.arange(least, differ + 1)
        wins = wins[2 * wins - differ >= LEAST_GAIN * n - 1e-9]
        table[wins, differ - wins] = 1
    return table
