from __future__ import annotations

import random
from math import isfinite

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyarms.stats.e_detector import DROPS, EDetector

quick = settings(max_examples=50, deadline=None)
outcomes = st.lists(st.booleans(), max_size=40)


def by_definition(seen: list[bool], p0: float, drop: float) -> float:
    """The sum over all beginnings of the likelihood ratio since then."""
    total, q = 0.0, p0 - drop
    for begin in range(len(seen)):
        ratio = 1.0
        for success in seen[begin:]:
            ratio *= q / p0 if success else (1 - q) / (1 - p0)
        total += ratio
    return total


@quick
@given(outcomes, st.floats(0.4, 0.98))
def test_it_is_the_mean_over_drops_of_the_sum_over_beginnings(seen: list[bool], p0: float) -> None:
    detector = EDetector(1e300)
    for success in seen:
        detector.see(success, p0)
    expected = sum(by_definition(seen, p0, drop) for drop in DROPS) / len(DROPS)
    assert detector.evidence == pytest.approx(expected)


@pytest.mark.slow
@quick
@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1)), max_size=60))
def test_it_stays_finite_and_never_negative(seen: list[tuple[bool, float]]) -> None:
    detector = EDetector(10)
    for success, p0 in seen:
        detector.see(success, p0)
        assert isfinite(detector.evidence) and 0 <= detector.evidence <= 50


@pytest.mark.parametrize("p0", [0.06, 0.3, 0.72, 0.92, 0.999])
@pytest.mark.parametrize("gain", [0.0, 0.5])
def test_while_nothing_is_worse_an_outcome_adds_at_most_one_on_average(
    p0: float, gain: float
) -> None:
    """The bound on false alarms: evidence − outcomes is a supermartingale."""
    rate = p0 + gain * (1 - p0)
    detector = EDetector(1e9)
    rng = random.Random(1)
    for _ in range(30):
        before = detector.evidence
        state = list(detector._r)
        after = []
        for success in (True, False):
            detector._r = list(state)
            detector.see(success, p0)
            after.append(detector.evidence)
        assert rate * after[0] + (1 - rate) * after[1] <= before + 1 + 1e-9
        detector._r = list(state)
        detector.see(rng.random() < 0.5, p0)


def test_an_alarm_ends_soon_after_a_recovery() -> None:
    detector = EDetector(1000)
    for _ in range(5000):
        detector.see(False, 0.92)
    assert detector.alarm
    for _ in range(60):
        detector.see(True, 0.92)
    assert not detector.alarm


def test_restart() -> None:
    detector = EDetector(10)
    for _ in range(20):
        detector.see(False, 0.9)
    detector.restart()
    assert detector.evidence == 0.0


def test_where_there_is_nothing_to_fall_to() -> None:
    detector = EDetector(10)
    for _ in range(50):
        detector.see(False, 0.05)
    assert detector.evidence == 0.0
