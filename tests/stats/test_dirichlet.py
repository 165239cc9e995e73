import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta

from tinyarms.stats.dirichlet import probability_most_picked

quick = settings(max_examples=40, deadline=None)


@quick
@given(st.integers(0, 500), st.integers(0, 500))
def test_two_options_are_a_beta(first: int, second: int) -> None:
    found = probability_most_picked([first, second])
    assert found[0] == pytest.approx(beta.sf(0.5, 1 + first, 1 + second), abs=1e-6)


@pytest.mark.slow
@quick
@given(st.lists(st.integers(0, 300), min_size=2, max_size=5))
def test_it_sums_to_one_and_follows_its_options(picks: list[int]) -> None:
    found = probability_most_picked(picks)
    assert sum(found) == pytest.approx(1)
    assert probability_most_picked(picks[::-1]) == pytest.approx(found[::-1], abs=1e-6)
    assert max(found) == pytest.approx(found[picks.index(max(picks))], abs=1e-6)


@pytest.mark.parametrize("picks", [(0, 0, 0), (7, 2, 4), (20, 18, 1, 0)])
def test_draws_agree(picks: tuple[int, ...]) -> None:
    draws = np.random.default_rng(1).dirichlet([1 + n for n in picks], size=40_000)
    shares = np.bincount(draws.argmax(axis=1), minlength=len(picks)) / 40_000
    assert probability_most_picked(picks) == pytest.approx(shares, abs=0.01)
