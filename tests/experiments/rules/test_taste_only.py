from collections.abc import Sequence
from datetime import timedelta
from itertools import product
from math import comb

import numpy as np
import pytest

from tests.experiments.votes import ARMS, INCUMBENT, START, A, B, outcome
from tinyarms.experiments.rule import Evidence
from tinyarms.experiments.rules.taste_only import EXACT_UP_TO, TasteOnly, needed_leads
from tinyarms.experiments.rules.worst_order import worst_false_promotion
from tinyarms.experiments.simulation.operating_characteristics import operating_characteristics

SHOWN = (INCUMBENT, A, B)


def assess(text: str, limit: int = 50, days: float = 1) -> Evidence:
    arms = {"0": INCUMBENT, "a": A, "b": B, "-": None}
    outcomes = [outcome(SHOWN, arms[letter]) for letter in text]
    return TasteOnly(limit).assess(ARMS, outcomes, START, START + timedelta(days=days))


@pytest.mark.parametrize(("limit", "lead"), [(20, 9), (30, 11), (50, 14), (100, 20)])
def test_the_required_leads(limit: int, lead: int) -> None:
    assert needed_leads(limit, challengers=1) == (lead, lead, limit)


@pytest.mark.parametrize("rounds", [2, 3, 13])
def test_consecutive_rounds_together_keep_the_bound(rounds: int) -> None:
    """The exact probability that fair votes ever reach the lead that a round requires."""
    lead, chance, leads = needed_leads(50, challengers=1, rounds=rounds).late, 0.0, {0: 1.0}
    for _ in range(50):
        next_leads: dict[int, float] = {}
        for at, p in leads.items():
            for step in (-1, 1):
                next_leads[at + step] = next_leads.get(at + step, 0.0) + p / 2
        chance += next_leads.pop(lead, 0.0)
        leads = next_leads
    assert rounds * chance <= 0.05


def test_a_limit_of_a_few_votes_proves_nothing() -> None:
    assert needed_leads(4, challengers=1).early > 4
    assert needed_leads(4, challengers=2).early > 4
    assert assess("aaaa", limit=4).state == "keep"


@pytest.mark.parametrize(
    ("text", "state", "arm", "votes"),
    [
        ("a" * 13, "go_on", None, 13),
        ("a" * 14, "promote", A.id, 14),
        ("0" + "b" * 15, "promote", B.id, 16),
        ("0" * 19, "go_on", None, 19),
        ("0" * 25, "keep", None, 20),  # no chance: −20 + 15 < 14
        ("0a" * 10, "go_on", None, 20),  # 0 + 15 ≥ 14
        ("0a" * 11, "keep", None, 21),  # −1 + 14.5 < 14
    ],
)
def test_votes_that_end_the_test(text: str, state: str, arm: str | None, votes: int) -> None:
    evidence = assess(text)
    assert (evidence.state, evidence.arm, evidence.votes) == (state, arm, votes)


def test_at_the_limit_the_incumbent_is_kept() -> None:
    assert assess("a" * 13, days=7).state == "keep"
    assert assess("a" * 8 + "b" * 12, limit=20).state == "promote"
    assert assess("a" * 8 + "b" * 8 + "0000", limit=20).state == "keep"


@pytest.mark.slow
@pytest.mark.parametrize("limit", [20, 30, 50])
def test_false_promotions_stay_under_5_percent_for_every_preference(limit: int) -> None:
    tenths = [(i, j, 10 - i - j) for i, j in product(range(11), range(11)) if i + j <= 10]
    shares = np.array(tenths) / 10
    no_better = shares[:, 1:] <= shares[:, :1]
    risks = (
        operating_characteristics(TasteOnly(limit), limit, shares.tolist()).promoted * no_better
    ).sum(axis=1)
    assert len(risks) == 66
    assert shares[risks.argmax()].tolist() in ([0.5, 0.5, 0], [0.5, 0, 0.5])
    assert 0.03 < max(risks) < 0.05


@pytest.mark.slow
@pytest.mark.parametrize("limits", [range(1, 81), (100, 137, 200, 300, EXACT_UP_TO)])
def test_in_the_worst_order_of_ballots_two_challengers_keep_the_bound(
    limits: Sequence[int],
) -> None:
    for limit in limits:
        rule = TasteOnly(limit)
        boundaries = [rule.boundary(n, challengers=2) for n in range(1, limit + 1)]
        assert worst_false_promotion(boundaries) < 0.05


@pytest.mark.slow
@pytest.mark.parametrize("limit", [20, 50, 100])
def test_one_more_vote_with_the_early_lead_would_break_the_bound(limit: int) -> None:
    rule, early_until = TasteOnly(limit), needed_leads(limit, challengers=2).early_until
    boundaries = [rule.boundary(n, challengers=2) for n in range(1, limit + 1)]
    early = boundaries[0].promote_at
    boundaries[early_until] = boundaries[early_until]._replace(promote_at=early)
    assert worst_false_promotion(boundaries) >= 0.05


@pytest.mark.parametrize("limit", [EXACT_UP_TO + 1, 1000])
def test_above_the_exact_limits_each_challenger_has_half_of_the_bound(limit: int) -> None:
    lead, late, _ = needed_leads(limit, challengers=2)
    assert lead == late
    fair = np.array([comb(limit, wins) / 2**limit for wins in range(limit + 1)])
    leads = 2 * np.arange(limit + 1) - limit
    assert fair[leads >= lead].sum() + fair[leads > lead].sum() < 0.025
