from datetime import timedelta
from itertools import product

import numpy as np
import pytest

from tests.experiments.votes import ARMS, INCUMBENT, START, A, B, outcome
from tinyarms.experiments.rule import Evidence
from tinyarms.experiments.rules.taste_only import TasteOnly, needed_lead
from tinyarms.experiments.simulation.operating_characteristics import operating_characteristics

SHOWN = (INCUMBENT, A, B)


def assess(text: str, limit: int = 50, days: float = 1) -> Evidence:
    arms = {"0": INCUMBENT, "a": A, "b": B, "-": None}
    outcomes = [outcome(SHOWN, arms[letter]) for letter in text]
    return TasteOnly(limit).assess(ARMS, outcomes, START, START + timedelta(days=days))


@pytest.mark.parametrize(("limit", "lead"), [(20, 9), (30, 11), (50, 14), (100, 20)])
def test_the_leads_asked_for(limit: int, lead: int) -> None:
    assert needed_lead(limit) == lead


@pytest.mark.parametrize("rounds", [2, 3, 13])
def test_so_many_rounds_together_keep_the_bound(rounds: int) -> None:
    """The exact chance that fair votes ever lead by as much as a round asks for."""
    lead, chance, alive = needed_lead(50, rounds), 0.0, {0: 1.0}
    for _ in range(50):
        after: dict[int, float] = {}
        for at, p in alive.items():
            for step in (-1, 1):
                after[at + step] = after.get(at + step, 0.0) + p / 2
        chance += after.pop(lead, 0.0)
        alive = after
    assert rounds * chance <= 0.05


def test_a_limit_of_a_few_votes_proves_nothing() -> None:
    assert needed_lead(4) > 4
    assert assess("aaaa", limit=4).state == "keep"


@pytest.mark.parametrize(
    ("text", "state", "arm", "votes"),
    [
        ("a" * 13, "go_on", None, 13),
        ("a" * 14, "promote", A.id, 14),
        ("0" + "b" * 15, "promote", B.id, 16),
        ("0" * 19, "go_on", None, 19),
        ("0" * 25, "keep", None, 20),  # futile: −20 + 15 < 14
        ("0a" * 10, "go_on", None, 20),  # 0 + 15 ≥ 14
        ("0a" * 11, "keep", None, 21),  # −1 + 14.5 < 14
    ],
)
def test_stops(text: str, state: str, arm: str | None, votes: int) -> None:
    evidence = assess(text)
    assert (evidence.state, evidence.arm, evidence.votes) == (state, arm, votes)


def test_at_the_limit_the_incumbent_is_kept() -> None:
    assert assess("a" * 13, days=7).state == "keep"
    assert assess("a" * 8 + "b" * 12, limit=20).state == "promote"
    assert assess("a" * 8 + "b" * 8 + "0000", limit=20).state == "keep"


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
