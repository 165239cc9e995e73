"""`check`: how often it fails two prompts that are equally good, and finds one that is worse.

Paired successes are simulated: no model answers. The verdicts are the product's
(`experiments.paired_check`). The prompts' answers agree as in `bench_experiments`: from chance to
nine tenths of what is possible.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np

from bars import Bar, table
from bench_experiments import AGREEMENTS
from tinyarms.experiments.paired_check import ALPHA, CheckVerdict, paired_check
from tinyarms.stats.binomial import wilson_interval
from tinyarms.stats.power import sign_test_power

RUNS = 2_000
"""Checks of two prompts that are equally good, and as many of one that is worse, for each number
of rows."""
BEFORE, DROP = 0.70, 0.10
"""Accuracy of the first prompt, and how much lower that of a worse second one is."""
ROWS = (100, 300, 1000)
BARRED = 300
POWER_BAR = 0.78


class Case(NamedTuple):
    """A second prompt."""

    n: int
    drop: float
    agreement: float
    """0: it answers independently of the first one; 1: they differ only where they must."""

    @property
    def rates(self) -> tuple[float, float]:
        """The rates of the rows that only the second prompt, and only the first one, gets right."""
        after = BEFORE - self.drop
        loss, win = BEFORE * (1 - after), (1 - BEFORE) * after
        shared = self.agreement * min(loss, win)
        return win - shared, loss - shared


def run(options: argparse.Namespace) -> tuple[list[str], list[Bar]]:
    """The table and the bars."""
    return measure(RUNS)


def measure(runs: int) -> tuple[list[str], list[Bar]]:
    """All numbers of rows, with so many checks of equal prompts and of a worse one each."""
    rows, bars = list[tuple[object, ...]](), list[Bar]()
    for n in ROWS:
        print(f"check, {n} rows", file=sys.stderr)
        equal, worse = simulate(n, 0.0, runs), simulate(n, DROP, runs)
        exact = [_exact(n, agreement) for agreement in AGREEMENTS]
        rows += [(n, f"{a:g}", *e) for a, e in zip(AGREEMENTS, exact, strict=True)]
        rows.append((n, f"{runs} simulated", _share(equal, "worse"), _share(worse, "worse")))
        bars.append(_bar_of_equal(n, equal))
        if n == BARRED:
            bars += _bars_of_worse(worse)
            told = equal.count("cannot_tell") / runs
            target = round(1 - 2 * ALPHA, 4)
            name = f"check, {n} rows: equal prompts of which it says `cannot tell`"
            bars.append(Bar(name, round(told, 4), f">= {target:g}", told >= target))
    head = ("rows", "agreement", "equal: called worse", "10 points down: called worse")
    return [table(head, rows), "Lines without `simulated` are exact probabilities."], bars


def simulate(n: int, drop: float, runs: int) -> list[CheckVerdict]:
    """The verdicts of so many checks, an equal share of them with each agreement."""
    rng = np.random.default_rng([n, round(100 * drop)])
    found: list[CheckVerdict] = []
    for number in range(runs):
        win, loss = Case(n, drop, AGREEMENTS[number % len(AGREEMENTS)]).rates
        wins, losses, _ = rng.multinomial(n, [win, loss, 1 - win - loss])
        found.append(_verdict(int(wins), int(losses), n))
    return found


@cache
def _verdict(wins: int, losses: int, n: int) -> CheckVerdict:
    """The product's verdict; the rows on which the prompts do not differ are right."""
    before = {f"e{row}": row >= wins for row in range(n)}
    after = {f"e{row}": not wins <= row < wins + losses for row in range(n)}
    return paired_check(before, after).verdict


def exact(case: Case) -> float:
    """The probability that the check calls the second prompt worse."""
    win, loss = case.rates
    return sign_test_power(case.n, loss, win, ALPHA)


def _exact(n: int, agreement: float) -> tuple[str, str]:
    return f"{exact(Case(n, 0.0, agreement)):.1%}", f"{exact(Case(n, DROP, agreement)):.1%}"


def _share(verdicts: Sequence[CheckVerdict], of: CheckVerdict) -> str:
    """A share with its 95 % interval."""
    count, runs = verdicts.count(of), len(verdicts)
    low, high = wilson_interval(count, runs) or (0.0, 1.0)
    return f"{count / runs:.1%} ({low:.1%} to {high:.1%})"


def _bar_of_equal(n: int, verdicts: Sequence[CheckVerdict]) -> Bar:
    runs, count = len(verdicts), verdicts.count("worse")
    worst = max(exact(Case(n, 0.0, agreement)) for agreement in AGREEMENTS)
    name = (
        f"check, {n} rows: false failures of {runs} with equal prompts, "
        f"{_share(verdicts, 'worse')}; exactly at most {worst:.1%}"
    )
    return Bar(name, round(count / runs, 4), f"<= {ALPHA:g}", max(count / runs, worst) <= ALPHA)


def _bars_of_worse(verdicts: Sequence[CheckVerdict]) -> list[Bar]:
    lowest = min(exact(Case(BARRED, DROP, agreement)) for agreement in AGREEMENTS)
    share = verdicts.count("worse") / len(verdicts)
    what = f"check, {BARRED} rows: {100 * DROP:.0f} points down from {BEFORE:.2f} called worse"
    target = f">= {POWER_BAR:g}"
    simulated = f"{what}, {_share(verdicts, 'worse')}"
    return [
        Bar(
            f"{what}, exactly, at the worst agreement",
            round(lowest, 4),
            target,
            lowest >= POWER_BAR,
        ),
        Bar(simulated, round(share, 4), target, share >= POWER_BAR),
    ]
