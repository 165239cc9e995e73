from __future__ import annotations

import random
from collections import deque

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyarms.core.settings import Triggers
from tinyarms.monitoring.baseline import LAG, SIZE, baseline_of, lower_bound, lower_bounds
from tinyarms.monitoring.detectors.drop import Drop
from tinyarms.monitoring.detectors.floor import Floor
from tinyarms.stats.binomial import wilson_interval
from tinyarms.stats.e_detector import DROPS, evidence_of_drop
from tinyarms.stats.early_drop import CHANGES


def draw(*parts: tuple[int, float], seed: int = 1) -> list[bool]:
    rng = random.Random(seed)
    return [rng.random() < rate for n, rate in parts for _ in range(n)]


def alarm(detector: Drop | Floor, *parts: tuple[int, float], seed: int = 1) -> bool:
    return detector.read(draw(*parts, seed=seed)).alarm


class OneByOne:
    """The baseline and the e-detector as recursions that take one outcome at a time."""

    def __init__(self) -> None:
        self.lower: float | None = None
        self._total = self._successes = self._n = 0
        self._newest = deque[bool]()
        self._r = [0.0] * len(DROPS)

    def add(self, success: bool) -> None:
        if self.lower is not None and self.lower > DROPS[0]:
            p0 = min(self.lower, 1 - 1e-6)
            rates = [max(0.01, p0 - drop) for drop in DROPS]
            ratios = [q / self.lower if success else (1 - q) / (1 - p0) for q in rates]
            grown = [(r + 1) * ratio for r, ratio in zip(self._r, ratios, strict=True)]
            self._r = [min(10_000.0 * len(DROPS), r) for r in grown]
        self._grow(success)

    def _grow(self, success: bool) -> None:
        if self._n == SIZE:
            return
        self._total += 1
        self._newest.append(success)
        while self._n < min(SIZE, max((self._total + 1) // 2, self._total - LAG)):
            self._successes += self._newest.popleft()
            self._n += 1
            interval = wilson_interval(self._successes, self._n, 0.70)
            self.lower = interval[0] if interval else None

    @property
    def evidence(self) -> float:
        return sum(self._r) / len(DROPS)


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 400), st.integers(0, 200), st.floats(0, 1), st.floats(0, 1), st.integers(0, 99)
)
def test_a_batch_gives_the_same_evidence_as_one_outcome_at_a_time(
    n: int, more: int, rate: float, other_rate: float, seed: int
) -> None:
    """The numbers are identical, not only close."""
    outcomes = draw((n, rate), (more, other_rate), seed=seed)
    one_by_one = OneByOne()
    evidence, bounds = [], [one_by_one.lower or 0.0]
    for success in outcomes:
        one_by_one.add(success)
        evidence.append(one_by_one.evidence)
        bounds.append(one_by_one.lower or 0.0)
    assert lower_bounds(outcomes) == bounds
    assert evidence_of_drop(outcomes, bounds[:-1], threshold=10_000) == evidence


def test_the_e_detector_begins_where_early_drops_end() -> None:
    outcomes = draw((CHANGES, 0.9), (200, 0.6))
    evidence = evidence_of_drop(outcomes[CHANGES:], lower_bounds(outcomes)[CHANGES:-1], 10_000)
    drop = Drop(Triggers())
    assert [drop.read(outcomes[:n]).numbers["evidence"] for n in (1, CHANGES)] == [0, 0]
    assert drop.read(outcomes).numbers["evidence"] == evidence[-1] > 0
    assert drop.read(outcomes, since=CHANGES).numbers["early_evidence"] == 0


def test_an_early_drop_raises_an_alarm_even_if_the_baseline_includes_it() -> None:
    """A later check still finds the drop."""
    reading = Drop(Triggers()).read(draw((60, 0.85), (440, 0.5)))
    early, threshold = reading.numbers["early_evidence"], reading.numbers["early_threshold"]
    assert early is not None and threshold is not None
    assert reading.alarm and early >= threshold


@pytest.mark.slow
def test_most_drops_in_the_first_weeks_are_found() -> None:
    """From 83 to 50 % after 60 tasks, within 60 more: `benchmarks/run.py watch` has more runs."""
    drop, alarms = Drop(Triggers()), 0
    for seed in range(300):
        alarms += any(drop.alarms(draw((60, 0.83), (60, 0.5), seed=seed))[60:])
    assert alarms / 300 >= 0.8


@pytest.mark.slow
@pytest.mark.parametrize("rate", [0.92, 0.83, 0.72])
def test_a_steady_version_has_few_alarms_in_its_first_weeks(rate: float) -> None:
    """At most 0.1 false alarms in 1,000 tasks means at most 0.03 in the first 300."""
    drop = Drop(Triggers())
    alarms = sum(any(drop.alarms(draw((300, rate), seed=seed))) for seed in range(600))
    assert alarms / 600 <= 0.03


@pytest.mark.parametrize(
    ("outcomes", "n"), [(1, 1), (2, 1), (40, 20), (200, 100), (250, 150), (300, 200), (900, 200)]
)
def test_the_baseline_leaves_out_the_newest_outcomes(outcomes: int, n: int) -> None:
    order = [i % 3 > 0 for i in range(outcomes)]
    baseline = baseline_of(order)
    assert (baseline.n, baseline.successes) == (n, sum(order[:n]))
    interval = wilson_interval(baseline.successes, n, 0.70)
    assert interval is not None and lower_bound(baseline) == interval[0] == lower_bounds(order)[-1]


def test_without_an_outcome_there_is_no_baseline() -> None:
    assert (baseline_of([]).value, lower_bound(baseline_of([])), lower_bounds([])) == (
        None,
        None,
        [0.0],
    )


def test_false_alarms_per_1000_sets_the_threshold() -> None:
    def outcomes_until_alarm(per_1000: float) -> int:
        drop = Drop(Triggers(false_alarms_per_1000=per_1000), known_rate=0.9)
        return drop.alarms([n % 2 == 0 for n in range(200)]).index(True)

    assert Drop(Triggers()).read([]).numbers["threshold"] == 10_000
    assert outcomes_until_alarm(10) < outcomes_until_alarm(0.1) < outcomes_until_alarm(0.001)


@pytest.mark.parametrize("seed", range(5))
def test_a_large_drop_in_the_first_days_raises_an_alarm(seed: int) -> None:
    assert alarm(Drop(Triggers()), (30, 0.95), (40, 0.1), seed=seed)


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 0.72, 1.0])
def test_a_constant_rate_is_no_drop_however_low(rate: float) -> None:
    assert not alarm(Drop(Triggers()), (1000, rate))


def test_the_floor_applies_only_to_versions_that_were_above_it() -> None:
    assert not alarm(Floor(Triggers()), (1000, 0.72))
    assert not alarm(Floor(Triggers()), (500, 0.72), (50, 0.2))
    assert alarm(Floor(Triggers()), (500, 0.92), (50, 0.5))


def test_the_settings_give_the_floor() -> None:
    low = Triggers(accuracy_threshold=0.5)
    assert not alarm(Floor(low), (500, 0.92), (50, 0.6))
    assert alarm(Floor(low), (500, 0.72), (50, 0.2))


def test_the_floor_waits_for_enough_outcomes() -> None:
    floor = Floor(Triggers(sample_size=30))
    outcomes = draw((500, 0.95), (50, 0.4))
    assert floor.read(outcomes).alarm
    outcomes += draw((29, 0.4))
    too_few = floor.read(outcomes, since=550)
    assert not too_few.alarm
    assert too_few.numbers["probability"] is None
    assert floor.read([*outcomes, False], since=550).alarm
    large = Floor(Triggers(sample_size=80))
    assert large.read(draw((500, 0.95))).numbers["n"] == 80
