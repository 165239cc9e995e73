import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from tinyarms.stats.beta import probability_best
from tinyarms.stats.three_arms import BestOfThree

count = st.integers(0, 30)
best = BestOfThree(30)


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(count, count), min_size=3, max_size=3))
def test_it_is_the_quadrature_of_one(counts: list[tuple[int, int]]) -> None:
    successes, failures = np.array([counts, counts[::-1]]).transpose(2, 0, 1)
    found = best(successes, failures)
    assert_allclose(found[0], probability_best(counts), atol=1e-6)
    assert_allclose(found[1], found[0][::-1], atol=1e-12)
