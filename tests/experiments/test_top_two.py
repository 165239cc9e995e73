from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyarms.experiments.top_two import top_two, top_two_shares, with_floors

FLOORS = (0.2, 0.1, 0.1)
count_lists = st.lists(st.tuples(st.integers(0, 300), st.integers(10, 300)), min_size=3, max_size=3)


def test_two_arms_always_get_half_of_the_tasks_each() -> None:
    assert top_two([(90, 10), (10, 90)], (0.2, 0.1)) == pytest.approx([0.5, 0.5])
    assert top_two([(2000, 10), (10, 2000)], (0.2, 0.1)) == pytest.approx([0.5, 0.5])


def test_arms_are_equally_likely_until_each_has_ten_outcomes() -> None:
    assert top_two([(90, 10), (5, 4), (0, 0)], FLOORS) == [1 / 3] * 3
    assert top_two([(5, 4)], (0.2,)) == [1.0]


@pytest.mark.slow
def test_the_probabilities_equal_those_of_the_sampling() -> None:
    counts = ((30, 20), (38, 12), (33, 17))
    rng = np.random.default_rng(1)
    theta = np.stack([rng.beta(1 + s, 1 + f, 60_000) for s, f in counts], axis=1)
    leader = theta[:30_000].argmax(axis=1)
    second = theta[30_000:].argmax(axis=1)
    first = rng.random(30_000) < 0.5
    for place in np.flatnonzero(~first):
        while second[place] == leader[place]:
            second[place] = theta[rng.integers(60_000)].argmax()
    shares = np.bincount(np.where(first, leader, second), minlength=3) / 30_000
    assert top_two(counts, (0, 0, 0)) == pytest.approx(list(shares), abs=0.012)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(count_lists)
def test_probabilities_sum_to_one_and_keep_the_floors(counts: list[tuple[int, int]]) -> None:
    shares = top_two(counts, FLOORS)
    assert sum(shares) == pytest.approx(1)
    assert all(share >= floor - 1e-12 for share, floor in zip(shares, FLOORS, strict=True))


def test_the_others_share_half_of_the_tasks_if_the_leader_is_certain() -> None:
    assert top_two_shares(np.array([1.0, 0.0, 0.0]), np.zeros(3)) == pytest.approx(
        [0.5, 0.25, 0.25]
    )


def test_arms_above_their_floors_pay_for_the_others_in_proportion() -> None:
    lifted = with_floors(np.array([[0.0, 0.6, 0.4], [0.3, 0.3, 0.4]]), np.array(FLOORS))
    assert lifted == pytest.approx(np.array([[0.2, 0.48, 0.32], [0.3, 0.3, 0.4]]))
    assert with_floors(np.array([0.0, 0.95, 0.05]), np.array(FLOORS)) == pytest.approx(
        [0.2, 0.7, 0.1]
    )
