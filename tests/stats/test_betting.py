from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyarms.stats.betting import betting_e_value


def test_no_evidence_before_the_first_value() -> None:
    assert betting_e_value([]) == 1.0


@pytest.mark.slow
@given(st.lists(st.floats(-1, 1), max_size=30))
def test_it_is_never_negative(differences: list[float]) -> None:
    assert betting_e_value(differences) >= 0.0


@pytest.mark.slow
@given(st.floats(-1, 1))
def test_it_is_fair_at_a_mean_of_zero(difference: float) -> None:
    both = (betting_e_value([difference]) + betting_e_value([-difference])) / 2
    assert both == pytest.approx(1.0)


@pytest.mark.slow
def test_ville_bound_holds_over_all_looks() -> None:
    crossed = 0
    for run in range(500):
        rng = random.Random(run)
        values = [rng.choice((-1.0, 0.0, 0.0, 1.0)) for _ in range(80)]
        crossed += any(betting_e_value(values[:n]) >= 20 for n in range(1, 81))
    assert crossed <= 0.05 * 500


def test_it_grows_with_a_mean_above_zero() -> None:
    rng = random.Random(1)
    values = [rng.choice((1.0, 1.0, 0.0, -1.0)) for _ in range(400)]
    assert betting_e_value(values) > 1000
