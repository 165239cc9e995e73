"""Single mode in the benchmark `experiments`, with the rule's own evidence and allocation."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from bars import Bar, table
from tinyarms.experiments.simulation.single_mode import (
    Drift,
    Scenario,
    best_of,
    no_drift,
    simulate,
)
from tinyarms.stats.arrays import Array
from tinyarms.stats.beta import probability_best
from tinyarms.stats.binomial import wilson_interval
from tinyarms.stats.sample_ratio import ALARM, log_evidence

SESSIONS = 20_000
OUTCOMES = 5000


def _wave(t: Array) -> Array:
    return np.asarray(0.15 * np.sin(2 * np.pi * t / 1500))


def _fall(t: Array) -> Array:
    return np.asarray(0.15 - 0.30 * t / OUTCOMES)


class Cell(NamedTuple):
    """A scenario and its name; the incumbent's rate is 0.70."""

    name: str
    gains: tuple[float, ...]
    drift: Drift = no_drift

    @property
    def scenario(self) -> Scenario:
        return Scenario(self.gains, drift=self.drift)


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
        ends = simulate(cell.scenario, OUTCOMES, SESSIONS, seed=place)
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
    low, high = wilson_interval(round(false * SESSIONS), SESSIONS) or (0.0, 1.0)
    bars.append(
        Bar(
            "routing as logged, alarms in 5,000",
            false,
            f"<= 0.001 ({low:.5f} to {high:.5f} measured)",
            low <= 0.001,
        )
    )
    head = ("single mode", "promoted", "95 % interval", "median", "mean outcomes", "by worse arms")
    text = table(head, rows)
    note = (
        f"{SESSIONS} sessions a cell, up to {OUTCOMES} outcomes, incumbent 0.70. By worse arms: "
        "outcomes of challengers worse than the incumbent.\n"
        f"Routing 60:40 where 50:50 was logged: found within 1,000 assignments in {found:.1%} "
        f"(median {median:.0f}); false alarms in 5,000: {false:.2%}."
    )
    return f"{text}\n{note}", bars


def _check_grid() -> None:
    """The grid agrees with the product's own quadrature."""
    rng = np.random.default_rng(0)
    n = (rng.integers(100, 5000, (50, 1)) * rng.uniform(0.1, 0.5, (50, 3))).astype(int)
    successes = rng.binomial(n, 0.7)
    exact = [
        probability_best(list(zip(map(int, s), map(int, f), strict=True)))
        for s, f in zip(successes, n - successes, strict=True)
    ]
    assert np.abs(best_of(successes, n - successes) - np.array(exact)).max() < 0.005


def _sample_ratio() -> tuple[float, float, float]:
    """The share found within 1,000, the median, and the false alarms within 5,000."""
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
