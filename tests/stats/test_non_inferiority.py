from __future__ import annotations

from math import comb

import numpy as np
import pytest

from tinyarms.core.errors import UsageError
from tinyarms.stats.non_inferiority import (
    non_inferiority_p,
    non_inferiority_power,
    passing_wins,
)

MARGIN, ALPHA = 0.03, 0.05


@pytest.mark.slow
@pytest.mark.parametrize("n", [60, 100, 150])
def test_a_prompt_that_is_worse_by_the_margin_or_more_passes_rarely(n: int) -> None:
    for win in (0.0, 0.001, 0.004, 0.01, 0.03, 0.1, 0.2, 0.3, 0.48):
        for loss in (MARGIN, 0.035, 0.05):
            if 2 * win + loss <= 1:
                power = non_inferiority_power(n, win, win + loss, MARGIN, ALPHA)
                assert power <= ALPHA + 1e-9, (win, loss)


@pytest.mark.slow
def test_the_power_is_the_sum_over_all_that_pass() -> None:
    n, win, loss = 40, 0.10, 0.02
    fewest = passing_wins(n, 0.1, ALPHA)
    tie = 1 - win - loss
    total = 0.0
    for losses in range(n + 1):
        for wins in range(n - losses + 1):
            passes = non_inferiority_p(wins, losses, n, 0.1) <= ALPHA
            assert passes == (wins >= fewest[losses])
            ways = comb(n, losses) * comb(n - losses, wins)
            total += passes * ways * win**wins * loss**losses * tie ** (n - wins - losses)
    assert total == pytest.approx(non_inferiority_power(n, win, loss, 0.1, ALPHA))


def test_more_wins_and_fewer_losses_never_raise_the_p_value() -> None:
    p = np.array([[non_inferiority_p(win, loss, 30, 0.1) for loss in range(6)] for win in range(6)])
    assert (np.diff(p, axis=0) <= 1e-12).all()
    assert (np.diff(p, axis=1) >= -1e-12).all()


def test_equal_answers_pass_from_99_rows_on() -> None:
    assert non_inferiority_p(0, 0, 98, MARGIN) > ALPHA >= non_inferiority_p(0, 0, 99, MARGIN)


@pytest.mark.parametrize("given", [(-1, 0, 5), (0, 6, 5), (3, 3, 5), (0, 0, 0)])
def test_impossible_counts_are_refused(given: tuple[int, int, int]) -> None:
    with pytest.raises(UsageError):
        non_inferiority_p(*given, MARGIN)
