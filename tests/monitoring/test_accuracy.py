import pytest
from hypothesis import given
from hypothesis import strategies as st

from tinyarms.monitoring.accuracy import accuracy
from tinyarms.stats.binomial import wilson_interval


def test_no_known_outcome_is_none_not_zero() -> None:
    found = accuracy([None, None])
    assert (found.n, found.value, found.interval) == (0, None, None)


@pytest.mark.slow
@given(st.lists(st.none() | st.booleans()))
def test_unknown_outcomes_count_for_nothing(outcomes: list[bool | None]) -> None:
    found = accuracy(outcomes)
    assert found.n == len(outcomes) - outcomes.count(None)
    assert found.successes == outcomes.count(True)
    assert found.interval == wilson_interval(found.successes, found.n)
    if found.n:
        assert found.value == outcomes.count(True) / found.n
