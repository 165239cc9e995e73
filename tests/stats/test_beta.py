import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta

from tinyarms.stats.beta import (
    credible_interval,
    posterior_mean,
    probability_best,
    probability_best_by_draws,
)

counts = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), min_size=2, max_size=4)
quick = settings(max_examples=40, deadline=None)


def test_mean_and_interval() -> None:
    assert posterior_mean(0, 0) == 0.5
    assert posterior_mean(3, 1) == 4 / 6
    assert credible_interval(7, 3) == pytest.approx(beta(8, 4).interval(0.95))


@pytest.mark.slow
@quick
@given(st.lists(st.integers(0, 3000), min_size=2, max_size=4))
def test_probability_best_has_a_closed_form_without_failures(successes: list[int]) -> None:
    """∫ a·x^(a−1) · Π x^(others) dx = a / Σa, with a = 1 + successes."""
    weights = np.array(successes) + 1
    found = probability_best([(s, 0) for s in successes])
    assert found == pytest.approx(weights / weights.sum(), abs=1e-6)


def test_probability_best_sees_a_narrow_posterior_beside_a_wide_one() -> None:
    """Against a rate known to be 0.3, a uniform one is higher with probability 0.7."""
    narrow, wide = probability_best([(300_000, 700_000), (0, 0)])
    assert (narrow, wide) == pytest.approx((0.3, 0.7), abs=1e-5)


@pytest.mark.slow
@quick
@given(counts)
def test_probability_best_sums_to_one_and_follows_its_arms(arms: list[tuple[int, int]]) -> None:
    found = probability_best(arms)
    assert sum(found) == pytest.approx(1)
    assert probability_best(arms[::-1]) == pytest.approx(found[::-1], abs=1e-6)


@pytest.mark.slow
@settings(max_examples=10, deadline=None)
@given(counts)
def test_draws_agree_with_quadrature(arms: list[tuple[int, int]]) -> None:
    drawn = probability_best_by_draws(arms, 20_000, np.random.default_rng(1))
    assert drawn == pytest.approx(probability_best(arms), abs=0.02)
    assert drawn == probability_best_by_draws(arms, 20_000, np.random.default_rng(1))
