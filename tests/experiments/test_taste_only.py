from datetime import timedelta
from itertools import product

import numpy as np
import pytest

from tinyarms.experiments.rules import Evidence
from tinyarms.experiments.taste_only import TasteOnly, needed_lead

from .votes import ARMS, INCUMBENT, START, A, B, outcome

SHOWN = (INCUMBENT, A, B)


def assess(text: str, limit: int = 50, days: float = 1) -> Evidence:
    arms = {"0": INCUMBENT, "a": A, "b": B, "-": None}
    outcomes = [outcome(SHOWN, arms[letter]) for letter in text]
    return TasteOnly(limit).assess(ARMS, outcomes, START, START + timedelta(days=days))


@pytest.mark.parametrize(("limit", "lead"), [(20, 9), (30, 11), (50, 14), (100, 20)])
def test_the_leads_asked_for(limit: int, lead: int) -> None:
    assert needed_lead(limit) == lead


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


def _false_promotions(limit: int, incumbent: float, a: float, b: float) -> float:
    """Exact probability (without the futility stop) that A or B, if no better, is promoted."""
    lead = needed_lead(limit)
    origin, size = limit, limit + lead + 2
    at = np.zeros((size, size))
    at[origin, origin] = 1.0
    promoted = {"a": 0.0, "b": 0.0}
    for _ in range(limit):
        after = np.zeros_like(at)
        after[1:, :] += a * at[:-1, :]
        after[:, 1:] += b * at[:, :-1]
        after[:-1, :-1] += incumbent * at[1:, 1:]
        promoted["a"] += after[origin + lead, :].sum()
        after[origin + lead, :] = 0
        promoted["b"] += after[:, origin + lead].sum()
        after[:, origin + lead] = 0
        at = after
    return sum(promoted[k] for k, share in (("a", a), ("b", b)) if share <= incumbent)


@pytest.mark.parametrize("limit", [20, 30])
def test_false_promotions_stay_under_5_percent_for_every_preference(limit: int) -> None:
    tenths = [(i, j, 10 - i - j) for i, j in product(range(1, 11), range(11)) if i + j <= 10]
    risks = [_false_promotions(limit, i / 10, j / 10, k / 10) for i, j, k in tenths]
    assert len(risks) == 55
    assert max(risks) == _false_promotions(limit, 0.5, 0.5, 0.0)
    assert 0.03 < max(risks) < 0.05
