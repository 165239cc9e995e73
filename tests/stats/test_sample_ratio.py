from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyarms.stats.sample_ratio import ALARM, log_evidence, sample_ratio, share_ratio

HALF = {"a": 0.5, "b": 0.5}


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 2), st.floats(0.1, 0.4), st.floats(0.1, 0.4)), max_size=10),
    st.floats(0.1, 0.4),
    st.floats(0.1, 0.4),
)
def test_it_is_a_martingale(history: list[tuple[int, float, float]], p: float, q: float) -> None:
    arms = ("a", "b", "c")
    seen = [(arms[i], {"a": x, "b": y, "c": 1 - x - y}) for i, x, y in history]
    logged = {"a": p, "b": q, "c": 1 - p - q}
    after = sum(logged[arm] * sample_ratio(arms, [*seen, (arm, logged)]) for arm in arms)
    assert after == pytest.approx(sample_ratio(arms, seen))


def test_nothing_is_known_without_tasks() -> None:
    assert sample_ratio(("a", "b"), []) == 1.0


@pytest.mark.slow
def test_sixty_to_forty_is_found_within_a_thousand_tasks() -> None:
    rng = np.random.default_rng(7)
    for rate, least, most in ((0.6, 0.95, 1.0), (0.5, 0.0, 0.01)):
        first = rng.random((300, 1000)) < rate
        served = np.stack([first, ~first], axis=-1).astype(float)
        alarms = (log_evidence(served, np.full(served.shape, 0.5)) >= np.log(ALARM)).any(axis=1)
        assert least <= alarms.mean() <= most


def test_an_arm_that_was_not_open_should_serve_nothing() -> None:
    assert sample_ratio(("a", "b"), [("b", {"a": 1.0})] * 40) > ALARM
    assert sample_ratio(("a", "b"), [("a", {"a": 1.0})] * 40) < 2
    assert sample_ratio(("a", "b"), [("a", HALF), ("b", HALF)] * 200) < 1


@pytest.mark.slow
@settings(max_examples=30, deadline=None)
@given(st.integers(0, 60), st.integers(0, 60), st.floats(0.05, 0.95))
def test_of_a_constant_share_the_counts_say_it_all(a: int, b: int, share: float) -> None:
    logged = {"a": share, "b": 1 - share}
    tasks = [("a", logged)] * a + [("b", logged)] * b
    assert share_ratio(a, a + b, share) == pytest.approx(sample_ratio(("a", "b"), tasks))
