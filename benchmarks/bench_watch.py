"""`watch`: how often each rule that watches accuracy is wrong, and how soon it finds a drop.

The product's own detectors read simulated outcomes after every task. A version lives for 5,000
tasks; each alarm counts and restarts the detector, as after an evolution that kept the version. The
delay is over versions whose accuracy falls at a random moment from task 500 to 1,000; an alarm
before that is false and restarts the detector. "Estimated" detectors learn their
baseline from the version's first 200 tasks.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import fmean, stdev
from time import perf_counter

from bars import Bar, Report, table
from tinyarms.core.settings import Triggers
from tinyarms.monitoring.baseline import lower_bounds
from tinyarms.monitoring.detector import Detector
from tinyarms.monitoring.detectors.drop import Drop
from tinyarms.monitoring.registry import DEFAULT, detector_named
from tinyarms.monitoring.verdict import Reading
from tinyarms.stats.e_detector import evidence_of_drop

LIFE = 5000
VERSIONS, MORE_VERSIONS = 300, 1200
"""Number of simulated versions of a cell, and of a cell with a bar."""
DROPS = 2000
RATES = (0.92, 0.82, 0.72)
FALLS = (0.78, 0.70)
_DAY = 20
_LATEST = 5000
EARLY_DROPS = (
    *((after, 0.83, 0.50) for after in (30, 60, 100, 150)),
    *((60, 0.90, 0.60), (60, 0.83, 0.65)),
)
"""(tasks before the fall, accuracy before it, accuracy after it)."""
EARLY_RUNS, EARLY_LIVES = 1000, 4000
YOUNG = 300
"""Tasks until the baseline is complete."""
_AHEAD = 2
"""Tasks that a detector reads at first after an alarm. It changes only the speed."""


@dataclass(frozen=True)
class Rule:
    """A rule as the product runs it, or several of them together."""

    name: str
    make: Callable[[float], list[Detector]]
    """Makes the detectors from the true rate, which only a known baseline reads."""
    every: int = 1
    """It is read after every so many tasks."""


class EDetectorAlone:
    """The e-detector from a version's first outcome on, against the growing baseline."""

    name = "e-detector alone"

    def alarms(self, outcomes: Sequence[bool], since: int = 0) -> list[bool]:
        threshold = 1000 / TRIGGERS.false_alarms_per_1000
        rates = lower_bounds(outcomes)[since:-1]
        return [e >= threshold for e in evidence_of_drop(outcomes[since:], rates, threshold)]

    def read(self, outcomes: Sequence[bool], since: int = 0) -> Reading:
        alarm = (self.alarms(outcomes, since) or [False])[-1]
        return Reading(self.name, alarm, {}, "an e-detector")


TRIGGERS = Triggers()
KNOWN = Rule("drop, baseline known", lambda rate: [Drop(TRIGGERS, known_rate=rate)])
ESTIMATED = Rule("drop, baseline estimated", lambda _: [detector_named("drop", TRIGGERS)])
TOGETHER = Rule(
    "drop or floor (default)", lambda _: [detector_named(name, TRIGGERS) for name in DEFAULT]
)
E_DETECTOR_ALONE = Rule("e-detector alone", lambda _: [EDetectorAlone()])
"""`drop` as it was before early evidence, for comparison."""
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
"""Figures with a bar."""


@dataclass(frozen=True)
class Mean:
    """A mean with the half width of its 95 % interval."""

    value: float
    half: float

    def __str__(self) -> str:
        digits = 3 if self.value < 1 else 1
        return f"{self.value:.{digits}f} ±{self.half:.{digits}f}"


def run(options: argparse.Namespace) -> Report:
    """Every rule in every world; each reports its duration on stderr."""
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
    early, early_bars = _first_weeks()
    text = (
        "False alarms per 1,000 tasks at a steady accuracy; mean tasks until a fall is found.\n"
        f"{table(head, rows)}\n\n"
        f"{early}"
    )
    return Report(text, (*_bars(alarms, delays), *early_bars))


def false_alarms(rule: Rule, rate: float, lives: int) -> Mean:
    """Alarms per 1,000 tasks of versions whose accuracy is `rate` from the first task on."""
    counts = []
    for life in range(lives):
        rng = random.Random(f"{rate} {life}")
        outcomes = [rng.random() < rate for _ in range(LIFE)]
        counts.append(len(list(_alarms(rule, rate, outcomes))) * 1000 / LIFE)
    return _mean(counts)


def delay(
    rule: Rule,
    rate: float,
    fall: float,
    times: int,
    after: int | None = None,
    latest: int = _LATEST,
) -> list[float]:
    """Tasks from the fall to the first alarm after it, including the last task.

    The fall comes `after` so many tasks; without it, at a random moment from task 500 to 1,000.
    A fall that is not found within `latest` tasks counts as one task more.
    """
    delays = []
    for number in range(times):
        rng = random.Random(f"{rate} {fall} {number}")
        healthy = rng.randrange(500, 1000) if after is None else after
        outcomes = [rng.random() < rate for _ in range(healthy)]
        outcomes += [rng.random() < fall for _ in range(latest)]
        later = (task - healthy for task in _alarms(rule, rate, outcomes) if task > healthy)
        delays.append(float(next(later, latest + 1)))
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


def _first_weeks() -> tuple[str, tuple[Bar, ...]]:
    """Drops and false alarms while the baseline is young, compared with the e-detector alone."""
    rules = (TOGETHER, E_DETECTOR_ALONE)
    rows = list[tuple[object, ...]]()
    shares = dict[tuple[int, float, float], list[float]]()
    for after, rate, fall in EARLY_DROPS:
        delays = [delay(rule, rate, fall, EARLY_RUNS, after, latest=100) for rule in rules]
        shares[after, rate, fall] = [_share_within(60, each) for each in delays]
        within = [f"{_share_within(n, each):.1%}" for n in (30, 60, 100) for each in delays]
        rows.append((f"{rate:.0%} to {fall:.0%} after {after}", *within))
    head = ("fall", *(f"{n}: {name}" for n in (30, 60, 100) for name in ("default", "alone")))
    false_rows = list[tuple[object, ...]]()
    most = 0.0
    for rate in (0.95, 0.92, 0.83, 0.72, 0.60):
        alarms = [_early_alarms(rule, rate) for rule in (ESTIMATED, *rules)]
        most = max(most, alarms[0])
        false_rows.append((f"{rate:.0%}", *(f"{value:.3f}" for value in alarms)))
    text = (
        "Drops in a version's first weeks found within so many tasks, by the default rules and by "
        f"the e-detector alone from the first outcome on, {EARLY_RUNS:,} runs each:\n"
        f"{table(head, rows)}\n\n"
        f"False alarms per 1,000 tasks in a version's first {YOUNG} tasks, {EARLY_LIVES:,} lives:\n"
        f"{table(('accuracy', 'drop', 'default rules', 'e-detector alone'), false_rows)}"
    )
    found = shares[60, 0.83, 0.50][0]
    bars = (
        Bar("83 to 50 % after 60 tasks, found within 60 more", found, ">= 0.8", found >= 0.8),
        Bar("`drop`, false alarms per 1,000 at first", round(most, 4), "<= 0.1", most <= 0.1),
    )
    return text, bars


def _share_within(tasks: int, delays: Sequence[float]) -> float:
    return sum(delay <= tasks for delay in delays) / len(delays)


def _early_alarms(rule: Rule, rate: float) -> float:
    alarms = 0
    for life in range(EARLY_LIVES):
        rng = random.Random(f"{rate} {life}")
        alarms += len(list(_alarms(rule, rate, [rng.random() < rate for _ in range(YOUNG)])))
    return alarms * 1000 / (EARLY_LIVES * YOUNG)


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
