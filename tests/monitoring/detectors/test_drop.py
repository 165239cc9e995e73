from __future__ import annotations

import random

import pytest

from tinyarms.core.settings import Triggers
from tinyarms.monitoring.baseline import LAG, SIZE, Baseline
from tinyarms.monitoring.detectors.drop import Drop
from tinyarms.monitoring.detectors.floor import Floor
from tinyarms.stats.binomial import wilson_interval
from tinyarms.stats.e_detector import EDetector


def feed(detector: Drop | Floor, *parts: tuple[int, float], seed: int = 1) -> bool:
    rng = random.Random(seed)
    for n, rate in parts:
        for _ in range(n):
            detector.see(rng.random() < rate)
    return detector.alarm


@pytest.mark.parametrize(
    ("seen", "n"), [(1, 1), (2, 1), (40, 20), (200, 100), (250, 150), (300, 200), (900, 200)]
)
def test_the_baseline_stays_behind(seen: int, n: int) -> None:
    baseline = Baseline()
    order = [i % 3 > 0 for i in range(seen)]
    for success in order:
        baseline.see(success)
    found = baseline.accuracy
    assert (found.n, found.successes) == (n, sum(order[:n]))
    interval = wilson_interval(found.successes, n, 0.70)
    assert interval is not None and baseline.lower == interval[0]


def test_without_an_outcome_there_is_no_baseline() -> None:
    assert (Baseline().accuracy.value, Baseline().lower) == (None, None)


def test_the_outcome_is_held_against_those_before_it() -> None:
    """p0 does not know the outcome, and at last is that of the first 200."""
    order = [i % 10 > 0 for i in range(SIZE + LAG + 50)]
    drop, plain, baseline = Drop(Triggers()), EDetector(10_000), Baseline()
    for success in order:
        if baseline.lower is not None:
            plain.see(success, baseline.lower)
        baseline.see(success)
        drop.see(success)
        assert drop.read().numbers["evidence"] == pytest.approx(plain.evidence)


def test_the_setting_sets_the_threshold() -> None:
    def outcomes_until_alarm(per_1000: float) -> int:
        drop, n = Drop(Triggers(false_alarms_per_1000=per_1000), known_rate=0.9), 0
        while not drop.alarm:
            drop.see(n % 2 == 0)
            n += 1
        return n

    assert Drop(Triggers()).read().numbers["threshold"] == 10_000
    assert outcomes_until_alarm(10) < outcomes_until_alarm(0.1) < outcomes_until_alarm(0.001)


@pytest.mark.parametrize("seed", range(5))
def test_a_drop_in_the_first_days_is_seen(seed: int) -> None:
    assert feed(Drop(Triggers()), (30, 0.95), (40, 0.1), seed=seed)


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.5, 0.72, 1.0])
def test_a_steady_skill_is_no_drop_however_bad(rate: float) -> None:
    assert not feed(Drop(Triggers()), (1000, rate))


def test_the_floor_is_for_versions_that_were_above_it() -> None:
    assert not feed(Floor(Triggers()), (1000, 0.72))
    assert not feed(Floor(Triggers()), (500, 0.72), (50, 0.2))
    assert feed(Floor(Triggers()), (500, 0.92), (50, 0.5))


def test_the_floor_is_that_of_the_settings() -> None:
    low = Triggers(accuracy_threshold=0.5)
    assert not feed(Floor(low), (500, 0.92), (50, 0.6))
    assert feed(Floor(low), (500, 0.72), (50, 0.2))


def test_the_floor_waits_for_enough_outcomes() -> None:
    floor = Floor(Triggers(sample_size=30))
    assert feed(floor, (500, 0.95), (50, 0.4))
    floor.restart()
    assert not feed(floor, (29, 0.4))
    assert floor.read().numbers["probability"] is None
    assert feed(floor, (1, 0.4))
    large = Floor(Triggers(sample_size=80))
    feed(large, (500, 0.95))
    assert large.read().numbers["n"] == 80
