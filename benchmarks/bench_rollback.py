"""`rollback`: how soon a wrong promotion is rolled back, and how often a good one is.

The product's own evidence (`release.holdback`) reads many simulated promotions, in which every task
has a known outcome; `judge` itself decides some of them again and must agree.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np

from bars import Bar, Report, table
from tinyarms.core.settings import EvolutionSettings
from tinyarms.release.holdback import HoldbackEvidence, HoldbackOutcome, holdback_rule, judge
from tinyarms.release.holdback_rule import HoldbackRule
from tinyarms.stats.binomial import wilson_interval

RUNS = 10_000
TASKS = 5000
WITHIN = 700
_AT_ONCE = 500
_CHECKED = 10
_BEGAN = datetime(2024, 1, 1, tzinfo=UTC)

Array = np.ndarray[Any, np.dtype[Any]]


class Cell(NamedTuple):
    """A promotion: the success rates of the old and the new prompt, and the waves of the rates."""

    name: str
    old: float
    new: float
    tasks: int = TASKS
    waves: float = 0.0


class Found(NamedTuple):
    """The results of a cell's promotions."""

    taken_back: Array
    """After how many tasks it was rolled back; infinite: never."""
    kept: Array
    """After how many tasks it was credibly better; infinite: never."""


WORSE = (
    Cell("20 points worse (0.70)", 0.70, 0.50, 2000),
    Cell("20 points worse (0.80)", 0.80, 0.60, 2000),
    Cell("20 points worse (0.92)", 0.92, 0.72, 2000),
)
ALIKE = (
    Cell("as good (0.70)", 0.70, 0.70),
    Cell("as good (0.92)", 0.92, 0.92),
    Cell("as good, in waves of 0.15 (0.70)", 0.70, 0.70, waves=0.15),
)
REPORTED = (
    Cell("10 points worse (0.80)", 0.80, 0.70),
    Cell("5 points worse (0.80)", 0.80, 0.75),
    Cell("10 points better (0.70)", 0.70, 0.80),
)
HALF = Cell("20 points worse (0.80), half of the tasks", 0.80, 0.60, 2000)
ORIGINAL = (
    Cell("original preset: 20 points worse (0.92)", 0.92, 0.72),
    Cell("original preset: as good (0.92)", 0.92, 0.92),
    Cell("original preset: as good (0.78)", 0.78, 0.78),
)


def run(options: argparse.Namespace) -> Report:
    return measure(RUNS)


def measure(runs: int) -> Report:
    """All cells, with so many promotions each."""
    settings = EvolutionSettings()
    rule = holdback_rule(settings, "default")
    original = holdback_rule(settings, "original")
    assert rule is not None and original is not None
    half = HoldbackRule(0.5, rule.alpha)
    plan = [(rule, cell) for cell in (*WORSE, *ALIKE, *REPORTED)]
    plan += [(half, HALF), *((original, cell) for cell in ORIGINAL)]
    rows, bars = list[tuple[object, ...]](), list[Bar]()
    for seed, (given, cell) in enumerate(plan):
        print(cell.name, file=sys.stderr)
        found = simulate(given, cell, runs, seed)
        rows.append(_row(cell, found, given))
        bars += _bars(cell, found)
    head = ("promoted prompt", "rolled back", "95 % interval", "in 700", "median", "90 %", "kept")
    note = (
        f"{runs} promotions a line, every task with an outcome, up to {TASKS} (20 points worse: "
        f"2000), {rule.share:.0%} on the old prompt.\nMedian and 90 %: tasks until half, and nine "
        "tenths, of all were rolled back. Kept: credibly better before the end."
    )
    return Report(f"{table(head, rows)}\n{note}", tuple(bars))


def simulate(rule: HoldbackRule, cell: Cell, runs: int, seed: int) -> Found:
    """The promotions of a cell, in parts that fit into memory."""
    parts = [
        _simulate(rule, cell, min(_AT_ONCE, runs - begin), np.random.default_rng([seed, begin]))
        for begin in range(0, runs, _AT_ONCE)
    ]
    return Found(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _simulate(rule: HoldbackRule, cell: Cell, size: int, rng: np.random.Generator) -> Found:
    drift = cell.waves * np.sin(2 * np.pi * np.arange(cell.tasks) / 1500)
    reference = rng.random((size, cell.tasks)) < rule.share
    success = rng.random((size, cell.tasks)) < np.where(reference, cell.old, cell.new) + drift
    if rule.threshold is not None:
        worse, better = _below(rule, success), np.full(success.shape, False)
    else:
        share = np.full((size, 1), rule.share)
        worse, better = (
            evidence >= np.log(1 / rule.alpha)
            for evidence in HoldbackEvidence((size,)).see(reference, success, share)
        )
    back, kept = _first(worse), _first(better)
    found = Found(np.where(back < kept, back, np.inf), np.where(kept < back, kept, np.inf))
    for row in range(min(_CHECKED, size)):
        _check(rule, reference[row], success[row], found.taken_back[row], found.kept[row])
    return found


def _below(rule: HoldbackRule, success: Array) -> Array:
    """Whether the newest outcomes are below the original preset's threshold."""
    assert rule.threshold is not None and rule.sample_size is not None
    sums = success.cumsum(axis=1)
    newest = sums.copy()
    newest[:, rule.sample_size :] -= sums[:, : -rule.sample_size]
    below = newest / rule.sample_size < rule.threshold
    below[:, : rule.sample_size - 1] = False
    return np.asarray(below)


def _first(crossed: Array) -> Array:
    return np.where(crossed.any(axis=1), crossed.argmax(axis=1) + 1.0, np.inf)


def _check(
    rule: HoldbackRule, reference: Array, success: Array, taken_back: float, kept: float
) -> None:
    outcomes = [
        HoldbackOutcome(bool(r), bool(s), rule.share)
        for r, s in zip(reference, success, strict=True)
    ]
    said = judge(rule, outcomes, _BEGAN, _BEGAN)
    if said.action == "roll_back":
        assert said.n == taken_back
    elif said.action == "keep" and said.n < len(outcomes):
        assert said.n == kept
    else:
        assert np.isinf(taken_back)


def _row(cell: Cell, found: Found, rule: HoldbackRule) -> tuple[object, ...]:
    share, (low, high) = _share(found.taken_back < np.inf)
    return (
        cell.name,
        f"{share:.1%}",
        f"{low:.1%} to {high:.1%}",
        f"{(found.taken_back <= WITHIN).mean():.1%}",
        _quantile(found.taken_back, 0.5),
        _quantile(found.taken_back, 0.9),
        "-" if rule.threshold is not None else f"{(found.kept < np.inf).mean():.1%}",
    )


def _bars(cell: Cell, found: Found) -> Sequence[Bar]:
    if cell in WORSE:
        share, (low, _) = _share(found.taken_back <= WITHIN)
        name = f"rolled back within {WITHIN} tasks: {cell.name}"
        return [Bar(name, share, ">= 0.90", low >= 0.90)]
    if cell in ALIKE:
        share, (_, high) = _share(found.taken_back < np.inf)
        return [Bar(f"rolled back in {TASKS}: {cell.name}", share, "<= 0.05", high <= 0.05)]
    return []


def _share(events: Array) -> tuple[float, tuple[float, float]]:
    n = len(events)
    return float(events.mean()), wilson_interval(int(events.sum()), n) or (0.0, 1.0)


def _quantile(at: Array, share: float) -> str:
    found = float(np.quantile(at, share, method="higher"))
    return f"{found:.0f}" if np.isfinite(found) else "-"
