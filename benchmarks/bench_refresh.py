"""`refresh`: how often the gate of a refresh lets a worse memory pass, and stops a harmless one.

Paired outcomes are simulated: no model answers. The gate is the product's
(`experiments.refresh_gate`); it decides some refreshes itself and must agree with the counts that
decide the rest.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from bars import Bar, Report, table
from tinyarms.experiments.refresh_gate import ALPHA, MARGIN, MAX_ROWS, refresh_gate
from tinyarms.stats.binomial import wilson_interval
from tinyarms.stats.non_inferiority import non_inferiority_power, passing_wins

RUNS = 10_000
POISONED = 200
"""Refreshes, on each number of rows, of which none may pass that are 10 points worse."""
ROWS = (100, 200, 300, 500, MAX_ROWS)
BARRED = (100, 200, 300)
"""Numbers of rows that have bars."""
HARMLESS_BAR = 0.80
_CHECKED = 20


Array = np.ndarray[Any, np.dtype[Any]]


class Kind(NamedTuple):
    """A new memory against the old one."""

    name: str
    loss: float
    """By how much the success rate is lower, in [0, 1]."""
    disagreement: float
    """The share of rows on which the two differ by chance, half of them each way."""

    @property
    def rates(self) -> tuple[float, float]:
        """The rates of wins and of losses."""
        return self.disagreement / 2, self.disagreement / 2 + self.loss


KINDS = tuple(
    Kind(f"{worse}, {differ}", loss, disagreement)
    for worse, loss in (("as good", 0.0), ("3 points worse", 0.03), ("10 points worse", 0.10))
    for differ, disagreement in (
        ("else equal", 0.0),
        ("5 % differ by chance", 0.05),
        ("10 % differ by chance", 0.10),
    )
)


def run(options: argparse.Namespace) -> Report:
    return measure(RUNS)


def measure(runs: int) -> Report:
    """All kinds and numbers of rows, with so many refreshes each."""
    rows, bars = list[tuple[object, ...]](), list[Bar]()
    poisoned: dict[int, list[Array]] = {n: [] for n in BARRED}
    for number, kind in enumerate(KINDS):
        for n in ROWS:
            print(f"{kind.name}, {n} rows", file=sys.stderr)
            passed = simulate(kind, n, max(runs, POISONED), seed=number)
            exact = non_inferiority_power(n, *kind.rates, MARGIN, ALPHA)
            share = float(passed.mean())
            low, high = wilson_interval(int(passed.sum()), len(passed)) or (0.0, 1.0)
            interval = f"{low:.1%} to {high:.1%}"
            rows.append((kind.name, n, f"{share:.1%}", interval, f"{exact:.2%}"))
            if n in BARRED and kind.loss > MARGIN:
                poisoned[n].append(passed)
            elif n in BARRED:
                bars.append(_bar(kind, n, share, exact))
    bars += [_bar_of_poison(n, found) for n, found in poisoned.items() if n in ROWS]
    head = ("new memory", "rows", "passes", "95 % interval", "exact")
    needed = "\n".join(
        f"{kind.name}: {_rows_needed(kind)} rows pass in {HARMLESS_BAR:.0%} of cases."
        for kind in KINDS
        if not kind.loss
    )
    note = f"{max(runs, POISONED)} simulated refreshes a line; exact: the probability itself."
    return Report(f"{table(head, rows)}\n{note}\n{needed}", tuple(bars))


def simulate(kind: Kind, n: int, runs: int, seed: int) -> Array:
    """Which of so many refreshes pass, each on `n` rows."""
    rng = np.random.default_rng([seed, n])
    win, loss = kind.rates
    counts = rng.multinomial(n, [win, loss, 1 - win - loss], size=runs)
    wins, losses = counts[:, 0], counts[:, 1]
    passed = wins >= np.array(passing_wins(n, MARGIN, ALPHA))[losses]
    for checked in range(min(_CHECKED, runs)):
        assert _by_gate(int(wins[checked]), int(losses[checked]), n) == passed[checked]
    return np.asarray(passed)


def _by_gate(wins: int, losses: int, n: int) -> bool:
    """Whether the product's gate lets it pass; the rows that do not differ are right."""
    before = {f"e{row}": row >= wins for row in range(n)}
    after = {f"e{row}": not wins <= row < wins + losses for row in range(n)}
    return refresh_gate(before, after).passed


def _bar(kind: Kind, n: int, share: float, exact: float) -> Bar:
    name, share = f"passes: {kind.name}, {n} rows", round(share, 4)
    if kind.loss:
        return Bar(name, share, f"<= {ALPHA:g}", exact <= ALPHA)
    return Bar(name, share, f">= {HARMLESS_BAR:.2f}", share >= HARMLESS_BAR)


def _bar_of_poison(n: int, passed: Sequence[Array]) -> Bar:
    """Refreshes that are 10 points worse, of each kind in turn."""
    count = sum(int(passed[case % len(passed)][case // len(passed)]) for case in range(POISONED))
    return Bar(f"passes of {POISONED}: 10 points worse, {n} rows", count, "0", count == 0)


def _rows_needed(kind: Kind) -> int:
    """The fewest rows, by tens, with which a harmless refresh passes often enough."""
    low, high = 90, 100
    while non_inferiority_power(high, *kind.rates, MARGIN, ALPHA) < HARMLESS_BAR:
        low, high = high, 2 * high
    while high - low > 10:
        middle = (low + high) // 20 * 10
        enough = non_inferiority_power(middle, *kind.rates, MARGIN, ALPHA) >= HARMLESS_BAR
        low, high = (low, middle) if enough else (middle, high)
    return high
