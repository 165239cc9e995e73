from __future__ import annotations

from functools import cache

import pytest

from tests.experiments.votes import ARMS, INCUMBENT, START, A, B
from tinyarms.experiments.arms import Arm, Outcome
from tinyarms.experiments.rules.lead_rule import Boundary
from tinyarms.experiments.rules.taste_only import TasteOnly
from tinyarms.experiments.rules.worst_order import worst_false_promotion

BALLOTS = (
    (((INCUMBENT,), (A,), (B,))),
    (((INCUMBENT,), (A, B))),
    (((INCUMBENT, A), (B,))),
    (((INCUMBENT, B), (A,))),
)
"""All ballots: the ways to divide the incumbent and two challengers into two or three options."""


def answer(picked: tuple[Arm, ...]) -> Outcome:
    ids = [arm.id for arm in picked]
    shown = (INCUMBENT.id, A.id, B.id)
    return Outcome(shown, None, ids[0], "", START, same_output=frozenset(ids[1:]))


def by_the_rule(rule: TasteOnly) -> float:
    """The probability in the worst order, from the rule's own `assess` of all sequences of
    picks."""

    @cache
    def chance(answers: tuple[tuple[Arm, ...], ...]) -> float:
        evidence = rule.assess(ARMS, [answer(picked) for picked in answers], START, START)
        if evidence.state != "go_on":
            return float(evidence.state == "promote")
        return max(
            sum(chance((*answers, option)) for option in ballot) / len(ballot) for ballot in BALLOTS
        )

    return chance(())


@pytest.mark.slow
@pytest.mark.parametrize("limit", [5])
def test_the_result_equals_a_search_through_all_orders(limit: int) -> None:
    rule = TasteOnly(limit)
    boundaries = [rule.boundary(n, challengers=2) for n in range(1, limit + 1)]
    assert worst_false_promotion(boundaries) == pytest.approx(by_the_rule(rule), abs=1e-12)


def test_the_worst_order_of_one_and_two_votes() -> None:
    assert worst_false_promotion([Boundary(1, None)]) == pytest.approx(2 / 3)
    # All outputs differ first; then the ballot is about the challenger that is ahead.
    assert worst_false_promotion([Boundary(2, None)] * 2) == pytest.approx(1 / 3)
    assert worst_false_promotion([Boundary(2, 2)] * 2) == 0
