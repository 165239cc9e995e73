"""The interval of a paired difference holds what the score statistic does not reject."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from tinyarms.core.errors import UsageError
from tinyarms.stats.non_inferiority import margin_score
from tinyarms.stats.paired_interval import paired_interval


@pytest.mark.parametrize(("wins", "losses", "n"), [(20, 40, 300), (1, 7, 30), (3, 5, 9)])
def test_an_end_is_as_far_away_as_the_confidence_says(wins: int, losses: int, n: int) -> None:
    interval = paired_interval(wins, losses, n)
    assert interval is not None
    assert interval[0] < (wins - losses) / n < interval[1]
    score = margin_score(np.array(wins), np.array(losses), n, -interval[0])
    assert float(score) == pytest.approx(1.95996, abs=1e-4)


def test_swapped_prompts_give_the_mirrored_interval() -> None:
    one, other = paired_interval(4, 9, 50), paired_interval(9, 4, 50)
    assert one is not None
    assert other is not None
    assert one == pytest.approx((-other[1], -other[0]))


def test_the_edges() -> None:
    assert paired_interval(0, 0, 0) is None
    all_won = paired_interval(10, 0, 10)
    assert all_won is not None
    assert all_won[1] == 1.0
    none = paired_interval(0, 0, 300)
    assert none is not None
    assert none[0] == pytest.approx(-none[1])
    assert 0.005 < none[1] < 0.02


@pytest.mark.parametrize("counts", [(-1, 0, 3), (2, 2, 3)])
def test_impossible_counts_are_refused(counts: tuple[int, int, int]) -> None:
    with pytest.raises(UsageError, match="No interval"):
        paired_interval(*counts)


@pytest.mark.slow
def test_it_holds_the_true_difference_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    held, kept = 0, cache(paired_interval)
    for wins, losses, _ in rng.multinomial(80, [0.05, 0.15, 0.8], size=800):
        interval = kept(int(wins), int(losses), 80)
        assert interval is not None
        held += interval[0] <= -0.10 <= interval[1]
    assert 0.92 <= held / 800 <= 0.985
