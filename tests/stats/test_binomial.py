from math import isclose

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from tinyarms.core.errors import UsageError
from tinyarms.stats.binomial import (
    difference_interval,
    exact_sign_test,
    paired_counts,
    wilson_interval,
)

quick = settings(max_examples=50, deadline=None)


@pytest.mark.slow
@quick
@given(st.integers(1, 500), st.data())
def test_wilson_is_scipys(n: int, data: st.DataObject) -> None:
    successes = data.draw(st.integers(0, n))
    interval = wilson_interval(successes, n, 0.9)
    assert interval is not None
    theirs = binomtest(successes, n).proportion_ci(0.9, method="wilson")
    assert interval == pytest.approx((theirs.low, theirs.high), abs=1e-12)
    assert 0 <= interval[0] <= successes / n <= interval[1] <= 1


def test_wilson_of_nothing_is_none() -> None:
    assert wilson_interval(0, 0) is None


@pytest.mark.parametrize(("successes", "n", "confidence"), [(3, 2, 0.95), (-1, 2, 0.95), (1, 2, 1)])
def test_wilson_refuses_impossible_counts(successes: int, n: int, confidence: float) -> None:
    with pytest.raises(UsageError):
        wilson_interval(successes, n, confidence)


@pytest.mark.parametrize(
    ("counts", "interval"),
    [
        # The examples of Newcombe's paper, method 10.
        ((56, 70, 48, 80), (0.0524, 0.3339)),
        ((9, 10, 3, 10), (0.1705, 0.8090)),
        ((5, 56, 0, 29), (-0.0381, 0.1926)),
        ((10, 10, 0, 10), (0.6075, 1.0000)),
    ],
)
def test_the_difference_of_two_shares(
    counts: tuple[int, int, int, int], interval: tuple[float, float]
) -> None:
    found = difference_interval(*counts)
    assert found == pytest.approx(interval, abs=5e-5)
    other = difference_interval(*counts[2:], *counts[:2])
    assert other == pytest.approx((-interval[1], -interval[0]), abs=5e-5)


def test_there_is_no_difference_from_nothing() -> None:
    assert difference_interval(3, 4, 0, 0) is None


@quick
@given(st.integers(0, 300), st.integers(0, 300))
def test_sign_test_is_scipys(wins: int, losses: int) -> None:
    n = wins + losses
    theirs = binomtest(wins, n, alternative="greater").pvalue if n else 1.0
    assert isclose(exact_sign_test(wins, losses), theirs, rel_tol=1e-9)


def test_sign_test_by_hand() -> None:
    assert exact_sign_test(3, 0) == 1 / 8
    assert exact_sign_test(2, 1) == 4 / 8
    assert exact_sign_test(0, 5) == 1.0
    with pytest.raises(UsageError):
        exact_sign_test(-1, 3)


def test_paired_counts_count_only_what_differs() -> None:
    assert paired_counts([True, True, False, False], [True, False, True, False]) == (1, 1)
    assert paired_counts([], []) == (0, 0)
    with pytest.raises(ValueError, match="zip"):
        paired_counts([True], [])
