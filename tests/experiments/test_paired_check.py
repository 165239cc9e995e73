"""The check says better, worse or cannot tell, with the error rate that it states."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tinyarms.core.errors import UsageError
from tinyarms.experiments.paired_check import (
    detectable_difference,
    error_rate_in_words,
    paired_check,
    rows_needed,
)
from tinyarms.stats.power import least_pairs, sign_test_power


def outcomes(wins: int, losses: int, n: int) -> tuple[Mapping[str, bool], Mapping[str, bool]]:
    """Both prompts are right on all other rows."""
    before = {f"e{row}": row >= wins for row in range(n)}
    after = {f"e{row}": not wins <= row < wins + losses for row in range(n)}
    return before, after


def test_only_rows_that_both_answered_count() -> None:
    check = paired_check({"a": True, "b": True, "c": False}, {"a": True, "b": False, "d": True})
    assert (check.n, check.wins, check.losses) == (2, 0, 1)
    assert (check.before, check.after, check.difference) == (1.0, 0.5, -0.5)


def test_five_losses_and_no_win_are_the_first_that_decide() -> None:
    four, five = paired_check(*outcomes(0, 4, 50)), paired_check(*outcomes(0, 5, 50))
    assert (four.verdict, five.verdict) == ("cannot_tell", "worse")
    assert five.p_worse == 1 / 32
    assert paired_check(*outcomes(5, 0, 50)).verdict == "better"


def test_a_stricter_threshold_for_several_skills_decides_less() -> None:
    assert paired_check(*outcomes(0, 5, 50), alpha=0.05 / 3).verdict == "cannot_tell"
    assert "any of 3 skills" in error_rate_in_words(0.05 / 3, 3)
    assert "at most 5% of checks" in error_rate_in_words(0.05 / 3, 3)


def test_equal_answers_are_no_proof() -> None:
    same = paired_check(*outcomes(0, 0, 300))
    assert same.verdict == "cannot_tell"
    assert same.interval is not None
    assert same.interval[0] == -same.interval[1] < 0
    assert same.rows_needed is None
    assert "300 rows" in same.limits


def test_nothing_was_answered() -> None:
    nothing = paired_check({}, {})
    assert (nothing.verdict, nothing.difference, nothing.interval) == ("cannot_tell", None, None)
    assert nothing.sentence == "No row was answered with both prompts: cannot tell."


def test_what_cannot_be_told_comes_with_the_rows_that_could() -> None:
    check = paired_check(*outcomes(20, 30, 300))
    assert check.verdict == "cannot_tell"
    assert check.rows_needed is not None
    assert f"The measured 3.3 points would need about {check.rows_needed:,} rows." in check.limits


def test_the_smallest_difference_that_is_found_is_found_often_enough() -> None:
    smallest = detectable_difference(300, 0.2, 0.05)
    assert smallest is not None
    rarer = (0.2 - smallest) / 2
    assert sign_test_power(300, smallest + rarer, rarer, 0.05) >= 0.80
    assert sign_test_power(300, smallest - 0.005 + rarer, rarer + 0.005, 0.05) < 0.80
    assert detectable_difference(3, 0.2, 0.05) is None


@pytest.mark.slow
def test_the_rows_needed_are_close_to_the_exact_ones() -> None:
    for disagreement, difference in ((0.2, 0.1), (0.3, 0.05), (0.1, 0.05)):
        rarer = (disagreement - difference) / 2
        exact = least_pairs(0.80, rarer + difference, rarer, 0.05)
        assert exact is not None
        assert abs(rows_needed(disagreement, difference, 0.05) - exact) < 0.15 * exact + 10


def test_an_impossible_error_rate_is_refused() -> None:
    with pytest.raises(UsageError, match="cannot err with a probability of 0"):
        paired_check({}, {}, alpha=0.0)
