from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyarms.core.errors import UsageError
from tinyarms.stats.binomial import exact_sign_test
from tinyarms.stats.power import least_pairs, needed_wins, sign_test_power

chances = st.tuples(st.floats(0, 0.6), st.floats(0, 0.4))


@pytest.mark.parametrize("alpha", [0.05, 0.025, 0.05 / 3, 0.001])
def test_needed_wins_are_the_least_that_the_sign_test_takes(alpha: float) -> None:
    for d, wins in enumerate(needed_wins(120, alpha)):
        assert wins > d or exact_sign_test(wins, d - wins) <= alpha
        assert exact_sign_test(wins - 1, d - wins + 1) > alpha


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 25), chances, st.sampled_from([0.0, 0.05, 0.3]))
def test_power_is_the_sum_over_all_that_may_happen(
    n: int, chance: tuple[float, float], least: float
) -> None:
    win, loss = chance
    power = 0.0
    for wins in range(n + 1):
        for losses in range(n + 1 - wins):
            if exact_sign_test(wins, losses) <= 0.05 and wins - losses >= n * least - 1e-9:
                ways = comb(n, wins) * comb(n - wins, losses)
                rest = (1 - win - loss) ** (n - wins - losses)
                power += ways * win**wins * loss**losses * rest
    assert sign_test_power(n, win, loss, 0.05, least) == pytest.approx(power, abs=1e-9)


@settings(max_examples=20, deadline=None)
@given(st.integers(20, 400), st.floats(0.01, 0.5))
def test_what_is_no_better_passes_in_at_most_alpha(n: int, differ: float) -> None:
    assert sign_test_power(n, differ, differ, 0.05) <= 0.05


def test_nothing_differs_nothing_passes() -> None:
    assert sign_test_power(100, 0, 0, 0.05) == 0


def test_where_no_number_is_enough() -> None:
    assert least_pairs(0.9, 0.2, 0.2, 0.05) is None


def test_chances_are_chances() -> None:
    with pytest.raises(UsageError, match=r"win 0\.9, loss 0\.2"):
        sign_test_power(10, 0.9, 0.2, 0.05)
