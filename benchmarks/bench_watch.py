"""`watch`: how often each rule that watches accuracy is wrong, and how soon it sees a drop.

Simulated outcomes, the product's own detectors, looked at after every task. A version lives for
5,000 tasks; an alarm is counted and the detector restarted, as after an evolution that kept the
version. The delay is over versions whose accuracy falls at a random moment from task 500 to 1,000;
an alarm before that is a false one, and the detector restarted. "Estimated" detectors learn their
baseline from the version's first 200 tasks.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, median, stdev
from time import perf_counter

from bars import Bar, Report, table
from tinyarms.core.settings import Triggers
from tinyarms.monitoring.detector import Detector
from tinyarms.monitoring.detectors.drop import Drop
from tinyarms.monitoring.registry import DEFAULT, detector_named

LIFE = 5000
VERSIONS, MORE_VERSIONS = 300, 1200
"""How many lives a cell has, and one that a bar is about."""
DROPS = 2000
RATES = (0.92, 0.82, 0.72)
FALLS = (0.78, 0.70)
_DAY = 20
_LATEST = 5000
_AHEAD = 32
"""Tasks that a detector is shown at first after an alarm. It changes the speed only."""


@dataclass(frozen=True)
class Rule:
    """A rule as the product runs it, or several of them side by side."""

    name: str
    make: Callable[[float], list[Detector]]
    """From the true rate at first, which only a known baseline reads."""
    every: int = 1
    """It is looked at after so many tasks."""


TRIGGERS = Triggers()
KNOWN = Rule("drop, baseline known", lambda rate: [Drop(TRIGGERS, known_rate=rate)])
ESTIMATED = Rule("drop, baseline estimated", lambda _: [detector_named("drop", TRIGGERS)])
TOGETHER = Rule(
    "drop or floor (default)", lambda _: [detector_named(name, TRIGGERS) for name in DEFAULT]
)
RULES = (
    Rule("original, once a day", lambda _: [detector_named("original", TRIGGERS)], every=_DAY),
    Rule("original, every task", lambda _: [detector_named("original", TRIGGERS)]),
    Rule("adwin", lambda _: [detector_named("adwin", TRIGGERS)]),
    Rule("page_hinkley", lambda _: [detector_named("page_hinkley", TRIGGERS)]),
    Rule("floor", lambda _: [detector_named("floor", TRIGGERS)]),
    KNOWN,
    ESTIMATED,
    TOGETHER,
)
_BARRED = {(KNOWN.name, 0.92), (ESTIMATED.name, 0.92), (TOGETHER.name, 0.72)}
"""Figures that a bar is about."""


@dataclass(frozen=True)
class Mean:
    """A mean with the half width of its 95 % interval."""

    value: float
    half: float

    def __str__(self) -> str:
        digits = 3 if self.value < 1 else 1
        return f"{self.value:.{digits}f} ±{self.half:.{digits}f}"


def run(options: argparse.Namespace) -> Report:
    """Every rule in every world; each says on stderr how long it took."""
    alarms, delays = dict[tuple[str, float], Mean](), dict[tuple[str, float], Mean]()
    rows = list[tuple[object, ...]]()
    for rule in RULES:
        began = perf_counter()
        for rate in RATES:
            lives = MORE_VERSIONS if (rule.name, rate) in _BARRED else VERSIONS
            alarms[rule.name, rate] = false_alarms(rule, rate, lives)
        for fall in FALLS:
            delays[rule.name, fall] = _mean(delay(rule, 0.92, fall, DROPS))
        cells = [str(alarms[rule.name, rate]) for rate in RATES]
        rows.append((rule.name, *cells, *[f"{delays[rule.name, fall]}" for fall in FALLS]))
        print(f"{rule.name}: {perf_counter() - began:.0f} s", file=sys.stderr)
    head = ("rule", *[f"false, {rate:.0%}" for rate in RATES], *[f"92 to {f:.0%}" for f in FALLS])
    text = (
        "False alarms per 1,000 tasks at a steady accuracy; mean tasks until a fall is seen.\n"
        f"{table(head, rows)}\n\n"
        "Falls from 92 % in a version's first days, drop or floor:\n"
        f"{_first_days()}"
    )
    return Report(text, _bars(alarms, delays))


def false_alarms(rule: Rule, rate: float, lives: int) -> Mean:
    """Alarms per 1,000 tasks of versions whose accuracy is `rate` from the first task on."""
    counts = []
    for life in range(lives):
        rng = random.Random(f"{rate} {life}")
        outcomes = [rng.random() < rate for _ in range(LIFE)]
        counts.append(len(list(_alarms(rule, rate, outcomes))) * 1000 / LIFE)
    return _mean(counts)


def delay(
    rule: Rule, rate: float, fall: float, times: int, after: int | None = None
) -> list[float]:
    """Tasks from the fall to the first alarm after it, the last task counted.

    The fall comes `after` so many tasks; without it, at a random moment from task 500 to 1,000.
    One that is not seen within 5,000 tasks counts as 5,000.
    """
    delays = []
    for number in range(times):
        rng = random.Random(f"{rate} {fall} {number}")
        healthy = rng.randrange(500, 1000) if after is None else after
        outcomes = [rng.random() < rate for _ in range(healthy)]
        outcomes += [rng.random() < fall for _ in range(_LATEST)]
        later = (task - healthy for task in _alarms(rule, rate, outcomes) if task > healthy)
        delays.append(float(next(later, _LATEST)))
    return delays


def _alarms(rule: Rule, rate: float, outcomes: Sequence[bool]) -> Iterator[int]:
    """After how many tasks each alarm comes; after an alarm all detectors restart."""
    detectors, since, ahead = rule.make(rate), 0, _AHEAD
    while since < len(outcomes):
        alarms = [detector.alarms(outcomes[: since + ahead], since) for detector in detectors]
        alarmed = enumerate(map(any, zip(*alarms, strict=True)), start=since + 1)
        task = next((n for n, alarm in alarmed if alarm and n % rule.every == 0), None)
        if task is not None:
            yield task
            since, ahead = task, _AHEAD
        elif since + ahead >= len(outcomes):
            return
        else:
            ahead *= 4


def _mean(values: Sequence[float]) -> Mean:
    return Mean(fmean(values), 1.96 * stdev(values) / sqrt(len(values)))


def _first_days() -> str:
    rows = list[tuple[object, ...]]()
    for after, fall in ((20, 0.2), (30, 0.5), (60, 0.7), (100, 0.78), (200, 0.78)):
        seen = delay(TOGETHER, 0.92, fall, 500, after)
        within = [sum(each <= tasks for each in seen) / len(seen) for tasks in (20, 100, 500)]
        rows.append(
            (f"to {fall:.0%} after {after}", f"{median(seen):.0f}", *[f"{w:.0%}" for w in within])
        )
    return table(("fall", "median tasks", "within 20", "within 100", "within 500"), rows)


def _bars(
    alarms: dict[tuple[str, float], Mean], delays: dict[tuple[str, float], Mean]
) -> tuple[Bar, ...]:
    return tuple(
        Bar(name, round(value.value, 4), f"<= {most}", value.value <= most)
        for name, value, most in (
            ("false alarms per 1,000 at 92 %, baseline known", alarms[KNOWN.name, 0.92], 0.1),
            ("... estimated from 200 tasks", alarms[ESTIMATED.name, 0.92], 0.1),
            ("tasks to see 92 to 78, baseline known", delays[KNOWN.name, 0.78], 65),
            ("... estimated from 200 tasks", delays[ESTIMATED.name, 0.78], 110),
            ("alarms per 1,000 at a steady 72 %, defaults", alarms[TOGETHER.name, 0.72], 0.1),
        )
    )
