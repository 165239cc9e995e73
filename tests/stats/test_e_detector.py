from __future__ import annotations

import random
from math import isfinite

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyarms.stats.e_detector import DROPS, evidence_of_drop

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


@pytest.mark.slow
@quick
@given(outcomes, st.floats(0.4, 0.98))
def test_it_is_the_mean_over_drops_of_the_sum_over_beginnings(seen: list[bool], p0: float) -> None:
    evidence = evidence_of_drop(seen, [p0] * len(seen), threshold=1e300)
    assert len(evidence) == len(seen)
    for n, value in enumerate(evidence, start=1):
        expected = sum(by_definition(seen[:n], p0, drop) for drop in DROPS) / len(DROPS)
        assert value == pytest.approx(expected)


@pytest.mark.slow
@quick
@given(st.lists(st.tuples(st.booleans(), st.floats(0, 1)), max_size=60))
def test_it_stays_finite_and_never_negative(seen: list[tuple[bool, float]]) -> None:
    evidence = evidence_of_drop([s for s, _ in seen], [p0 for _, p0 in seen], threshold=10)
    assert all(isfinite(value) and 0 <= value <= 50 for value in evidence)


@pytest.mark.parametrize("p0", [0.06, 0.3, 0.72, 0.92, 0.999])
@pytest.mark.parametrize("gain", [0.0, 0.5])
def test_while_nothing_is_worse_an_outcome_adds_at_most_one_on_average(
    p0: float, gain: float
) -> None:
    """The bound on false alarms: evidence − outcomes is a supermartingale."""
    rate = p0 + gain * (1 - p0)
    rng = random.Random(1)
    seen = [rng.random() < 0.5 for _ in range(30)]

    def after(*outcomes: bool) -> float:
        evidence = evidence_of_drop(outcomes, [p0] * len(outcomes), threshold=1e9)
        return evidence[-1] if evidence else 0.0

    for n in range(30):
        mean = rate * after(*seen[:n], True) + (1 - rate) * after(*seen[:n], False)
        assert mean <= after(*seen[:n]) + 1 + 1e-9


def test_an_alarm_ends_soon_after_a_recovery() -> None:
    evidence = evidence_of_drop([False] * 5000 + [True] * 60, [0.92] * 5060, threshold=1000)
    assert evidence[4999] >= 1000 > evidence[-1]


def test_where_there_is_nothing_to_fall_to() -> None:
    assert evidence_of_drop([False] * 50, [0.05] * 50, threshold=10) == [0.0] * 50
