"""The exact figures equal those of the rule itself over all sequences of votes."""

from itertools import product
from math import prod

import pytest

from tests.experiments.votes import INCUMBENT, START, A, B, outcome
from tinyarms.experiments.rules.lead_rule import Boundary, Duel, LeadRule
from tinyarms.experiments.rules.taste_only import TasteOnly
from tinyarms.experiments.rules.two_gate import TwoGate
from tinyarms.experiments.simulation.operating_characteristics import operating_characteristics

LIMIT = 7
SHARES = {1: (0.4, 0.6), 2: (0.3, 0.5, 0.2)}


class Short(LeadRule):
    """Everything that a lead rule can do, within seven votes."""

    name = "short"
    max_votes = LIMIT
    max_duration_days = 7.0

    def is_out(self, duel: Duel, challengers: int) -> bool:
        return duel.lead <= -2

    def boundary(self, n: int, challengers: int) -> Boundary:
        return Boundary(2 + challengers if n > 4 else 2, -1 if n >= 3 else None)

    def limit_lead(self, n: int, challengers: int) -> int | None:
        return 1


@pytest.mark.slow
@pytest.mark.parametrize("challengers", [1, 2])
@pytest.mark.parametrize("rule", [Short(), TwoGate(LIMIT), TasteOnly(LIMIT)])
def test_the_figures_equal_those_of_all_sequences_of_votes(
    rule: LeadRule, challengers: int
) -> None:
    shown = (INCUMBENT, A, B)[: 1 + challengers]
    shares = SHARES[challengers]
    promoted, votes = [0.0] * challengers, 0.0
    for picks in product(range(1 + challengers), repeat=LIMIT):
        chance = prod(shares[pick] for pick in picks)
        outcomes = [outcome(shown, shown[pick]) for pick in picks]
        evidence = rule.assess(shown, outcomes, START, START)
        votes += chance * evidence.votes
        if evidence.state == "promote":
            promoted[[arm.id for arm in shown[1:]].index(evidence.arm or "")] += chance
    exact = operating_characteristics(rule, LIMIT, [shares])
    assert exact.promoted[0] == pytest.approx(promoted)
    assert exact.any_promoted[0] == pytest.approx(sum(promoted))
    assert exact.votes[0] == pytest.approx(votes)


def test_scenarios_do_not_affect_each_other() -> None:
    scenarios = [(1 / 3, 1 / 3, 1 / 3), (0.3, 0.5, 0.2)]
    both = operating_characteristics(TwoGate(), 50, scenarios)
    for i, shares in enumerate(scenarios):
        assert both.promoted[i] == pytest.approx(
            operating_characteristics(TwoGate(), 50, [shares]).promoted[0]
        )
    assert both.any_promoted[0] == pytest.approx(0.405, abs=0.001)
