from __future__ import annotations

from math import exp, inf, log

import pytest
import scipy
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyarms.stats.early_drop import CHANGES, DROPS, evidence_of_early_drop

quick = settings(max_examples=12, deadline=None)
outcomes = st.lists(st.booleans(), min_size=1, max_size=12)
RATES = [(n + 0.5) / 25 for n in range(25)]


def log_chance(seen: list[bool], rate: float) -> float:
    return sum(log(rate if success else 1 - rate) for success in seen)


def by_definition(seen: list[bool], since: int) -> float:
    """The sum over all beginnings, rates and drops of the likelihood ratio."""
    steady = float(scipy.special.betaln(1 + sum(seen), 1 + len(seen) - sum(seen)))
    total = 0.0
    for begin in range(since, len(seen)):
        for rate in RATES:
            for drop in DROPS:
                if rate <= drop:
                    continue
                fallen = log_chance(seen[begin:], rate - drop)
                total += exp(log_chance(seen[:begin], rate) + fallen - steady)
    return total / (len(RATES) * len(DROPS))


def at_end(seen: list[bool], since: int = 0) -> float:
    return float(evidence_of_early_drop(seen, [len(seen)], since)[0])


@pytest.mark.slow
@quick
@given(outcomes, st.integers(0, 30))
def test_it_is_the_sum_of_the_likelihood_ratios(seen: list[bool], since: int) -> None:
    assert at_end(seen, since) == pytest.approx(by_definition(seen, since))


@quick
@given(outcomes, st.integers(0, 5))
def test_read_at_all_ends_it_is_the_same_as_read_at_each(seen: list[bool], since: int) -> None:
    found = evidence_of_early_drop(seen, range(1, len(seen) + 1), since)
    assert found.tolist() == pytest.approx(
        [at_end(seen[:n], since) for n in range(1, len(seen) + 1)]
    )


@pytest.mark.parametrize("n", [0, 1, 40, CHANGES - 1, CHANGES, 400])
@pytest.mark.parametrize("share", [0.0, 0.5, 0.8, 1.0])
def test_an_outcome_adds_at_most_one_change_on_average(n: int, share: float) -> None:
    """The bound on false alarms, on average over uniform rates: the chance of the next success is
    then (1 + successes) / (2 + n)."""
    seen = [number < share * n for number in range(n)]
    success = (1 + sum(seen)) / (2 + n)
    before = at_end(seen) if seen else 0.0
    mean = success * at_end([*seen, True]) + (1 - success) * at_end([*seen, False])
    assert mean <= before + (1 if n < CHANGES else 0) + 1e-9 * max(before, 1)


def test_a_rise_is_no_drop_and_a_drop_is_found() -> None:
    low, high = [True, False] * 30, [True] * 9 + [False]
    assert at_end(low + high * 6) < 20
    assert at_end(high * 6 + low) > 10_000
    assert at_end(high * 6 + low + high * 40) < 2000


def test_only_beginnings_after_the_last_evolution_count() -> None:
    seen = [True] * 60 + [False] * 30
    assert at_end(seen) > at_end(seen, since=60) > at_end(seen, since=80) > 0
    assert at_end(seen, since=90) == at_end(seen * 2, since=CHANGES) == 0


def test_it_stays_finite() -> None:
    for seen in ([True] * 5000, [True] * 60 + [False] * 5000):
        assert 0 <= at_end(seen) < inf
