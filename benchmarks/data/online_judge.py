"""`online_judge`: how much sooner a fall is found if a judge grades a share of the tasks.

Of each simulated task, 5 % get feedback, and the judge grades a share, chosen independently; it is
right about 85 % of the tasks. The product's own detectors read both streams as the product does:
`drop` the feedback, `judged` the grades, each with half of `false_alarms_per_1000`. Feedback alone
is read with the same setting, and with one that allows it as many false alarms in 1,000 tasks as
both have together.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from time import perf_counter

from bars import Bar, table
from tinyarms.core.settings import RuleName, Triggers
from tinyarms.monitoring.detectors.drop import Drop
from tinyarms.monitoring.registry import with_shared_errors
from tinyarms.monitoring.signals import JUDGED_BASELINE
from tinyarms.stats.binomial import wilson_interval

FEEDBACK = 0.05
JUDGE_RIGHT = 0.85
BEFORE, AFTER = 0.92, 0.78
SHARES = (0.05, 0.1, 0.2, 0.5)
_BARRED = 0.5
FALL = (6000, 8000)
"""The fall comes with a random task between these two: both baselines are complete by then."""
LATEST = 10_000
"""Tasks after the fall; one that is not found within them counts as found with the next."""
RUNS = 200
LIVES, LIFE = 150, 20_000
"""Versions whose accuracy does not fall, and their tasks, for the false alarms."""
_AHEAD = 256
"""Events that a detector reads at first after an alarm. It changes only the speed."""
_BOTH: tuple[RuleName, ...] = ("drop", "judged")


@dataclass(frozen=True)
class Stream:
    """What one rule sees."""

    tasks: list[int]
    """The number of the task that each event is about, from 1, ascending."""
    good: list[bool]
    detector: Drop


@dataclass(frozen=True)
class Delays:
    """Tasks from the fall until it is found."""

    mean: float
    half: float
    """Half the width of the mean's 95 % interval."""
    missed: int

    def __str__(self) -> str:
        missed = f" ({self.missed} not within {LATEST:,})" if self.missed else ""
        return f"{self.mean:,.0f} ±{self.half:,.0f}{missed}"


def run(options: argparse.Namespace) -> tuple[list[str], list[Bar]]:
    """The table of delays and false alarms by share, and the bars at a share of 0.5."""
    began = perf_counter()
    setting = Triggers()
    alone, alone_alarms = _delays(0.0, setting), _false_alarms(0.0, setting)
    rows: list[tuple[object, ...]] = [
        ("feedback alone", str(alone), "", *_rates(alone_alarms, FEEDBACK, setting))
    ]
    bars = list[Bar]()
    for share in SHARES:
        both, alarms = _delays(share, setting), _false_alarms(share, setting)
        events = FEEDBACK + share
        rates = _rates(alarms, events, with_shared_errors(setting, _BOTH))
        ratio = both.mean / alone.mean
        rows.append((f"and a judge of {share:g}", str(both), f"{ratio:.2f}", *rates))
        if share == _BARRED:
            loose = _allowing_as_many(setting, events)
            matched, matched_alarms = _delays(0.0, loose), _false_alarms(0.0, loose)
            rows.append(
                (
                    "feedback alone, with as many false alarms allowed as both",
                    str(matched),
                    "",
                    *_rates(matched_alarms, FEEDBACK, loose),
                )
            )
            bars += _bars(both, alone, matched, alarms)
    print(f"online judge: {perf_counter() - began:.0f} s", file=sys.stderr)
    head = ("what is read", "tasks until found", "of alone", "false per 1,000 tasks", "set")
    text = (
        f"A fall from {BEFORE:.0%} to {AFTER:.0%}, feedback on {FEEDBACK:.0%} of the tasks, a "
        f"judge that is right in {JUDGE_RIGHT:.0%}; {RUNS} falls and {LIVES} versions of "
        f"{LIFE:,} tasks without one each."
    )
    return [text, *table(head, rows).splitlines()], bars


def _bars(both: Delays, alone: Delays, matched: Delays, alarms: int) -> Iterator[Bar]:
    for name, reference in (("alone", alone), ("alone with as many false alarms", matched)):
        ratio = both.mean / reference.mean
        yield Bar(
            f"tasks to see 92 to 78 with a judge of 0.5, of those of feedback {name}",
            round(ratio, 3),
            "<= 0.5",
            ratio <= 0.5,
        )
    most = _interval(alarms)[1]
    setting = Triggers().false_alarms_per_1000
    yield Bar(
        "false alarms per 1,000 tasks with a judge of 0.5, upper end of 95 %",
        round(most, 4),
        f"<= {setting:g}",
        most <= setting,
    )


def _allowing_as_many(setting: Triggers, events: float) -> Triggers:
    """Feedback's limit with which it may have as many false alarms in 1,000 tasks as both
    streams, which have so many events a task."""
    part = with_shared_errors(setting, _BOTH).false_alarms_per_1000
    return setting.model_copy(update={"false_alarms_per_1000": part * events / FEEDBACK})


def _delays(share: float, setting: Triggers) -> Delays:
    delays = []
    for number in range(RUNS):
        rng = random.Random(f"{share} {number}")
        fall = rng.randrange(*FALL)
        streams = _streams(rng, share, setting, fall, fall + LATEST)
        later = (task - fall for task in alarms(streams) if task > fall)
        delays.append(float(next(later, LATEST + 1)))
    half = 1.96 * stdev(delays) / RUNS**0.5
    return Delays(fmean(delays), half, sum(delay > LATEST for delay in delays))


def _false_alarms(share: float, setting: Triggers) -> int:
    """The alarms of versions whose accuracy stays."""
    total = 0
    for number in range(LIVES):
        rng = random.Random(f"steady {share} {number}")
        total += len(list(alarms(_streams(rng, share, setting, LIFE, LIFE))))
    return total


def _streams(
    rng: random.Random, share: float, setting: Triggers, fall: int, tasks: int
) -> list[Stream]:
    """What `drop` reads and, with a share above 0, what `judged` reads."""
    triggers = with_shared_errors(setting, _BOTH) if share else setting
    feedback = Stream([], [], Drop(triggers))
    judged = Stream([], [], Drop(triggers, name="judged", baseline=JUDGED_BASELINE))
    for task in range(1, tasks + 1):
        good = rng.random() < (BEFORE if task <= fall else AFTER)
        if rng.random() < FEEDBACK:
            feedback.tasks.append(task)
            feedback.good.append(good)
        if share and rng.random() < share:
            judged.tasks.append(task)
            judged.good.append(good if rng.random() < JUDGE_RIGHT else not good)
    return [feedback, judged] if share else [feedback]


def alarms(streams: Sequence[Stream]) -> Iterator[int]:
    """The tasks with which the alarms come; after one, every detector restarts."""
    since = 0
    while True:
        found = [task for stream in streams if (task := _first(stream, since)) is not None]
        if not found:
            return
        since = min(found)
        yield since


def _first(stream: Stream, since: int) -> int | None:
    """The task with which the stream raises its first alarm after this one."""
    begin = next((n for n, task in enumerate(stream.tasks) if task > since), len(stream.tasks))
    ahead = _AHEAD
    while True:
        end = min(begin + ahead, len(stream.good))
        raised = stream.detector.alarms(stream.good[:end], begin)
        if True in raised:
            return stream.tasks[begin + raised.index(True)]
        if end == len(stream.good):
            return None
        ahead *= 4


def _interval(alarm_count: int) -> tuple[float, float]:
    """A 95 % interval of the alarms per 1,000 tasks: of the share of tasks with an alarm."""
    tasks = LIVES * LIFE
    low, high = wilson_interval(alarm_count, tasks) or (0.0, 1.0)
    return low * 1000, high * 1000


def _rates(alarm_count: int, events: float, triggers: Triggers) -> tuple[str, str]:
    """False alarms per 1,000 tasks, as measured and as bounded."""
    low, high = _interval(alarm_count)
    measured = alarm_count * 1000 / (LIVES * LIFE)
    text = f"{measured:.4f} ({low:.4f} to {high:.4f})"
    return text, f"{triggers.false_alarms_per_1000 * events:.4f}"
