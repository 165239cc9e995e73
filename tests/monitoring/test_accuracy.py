import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyarms.monitoring.accuracy import accuracy
from tinyarms.stats.binomial import wilson_interval


def test_accuracy_is_none_if_no_outcome_is_known() -> None:
    result = accuracy([None, None])
    assert (result.n, result.value, result.interval) == (0, None, None)


@pytest.mark.slow
@given(st.lists(st.none() | st.booleans()))
def test_unknown_outcomes_are_ignored(outcomes: list[bool | None]) -> None:
    result = accuracy(outcomes)
    assert result.n == len(outcomes) - outcomes.count(None)
    assert result.successes == outcomes.count(True)
    assert result.interval == wilson_interval(result.successes, result.n)
    if result.n:
        assert result.value == outcomes.count(True) / result.n
