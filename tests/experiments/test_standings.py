from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.experiments.votes import INCUMBENT, START, A, B, outcome
from tinyarms.experiments.rule import Rule
from tinyarms.experiments.rules.sign_e_process import SignEProcess
from tinyarms.experiments.rules.taste_only import TasteOnly
from tinyarms.experiments.rules.thompson import Thompson
from tinyarms.experiments.rules.two_gate import TwoGate
from tinyarms.experiments.standings import standings

RULES: tuple[Rule, ...] = (TwoGate(20), TasteOnly(20), SignEProcess(), Thompson(max_votes=20))
PICKS = {"0": INCUMBENT, "a": A, "b": B, "-": None}
ARMS = (INCUMBENT, A, B)


def read(rule: Rule, text: str):  # type: ignore[no-untyped-def]
    """The standings and the evidence after some picks; `-` is a skip."""
    shown = rule.arms_shown(ARMS)
    possible = [pick for pick in text if PICKS[pick] in (*shown, None)]
    outcomes = [outcome(shown, PICKS[pick], shown[0]) for pick in possible]
    now = START + timedelta(days=1)
    return standings(rule, ARMS, outcomes), rule.assess(ARMS, outcomes, START, now)


@pytest.mark.slow
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
@settings(max_examples=40, deadline=None)
@given(text=st.text("00aab-", max_size=24))
def test_the_last_lead_equals_that_of_the_rule(rule: Rule, text: str) -> None:
    view, evidence = read(rule, text)
    if evidence.state != "go_on":
        return
    assert set(view.leads) == {A.id, B.id}
    for arm_id, leads in view.leads.items():
        assert len(leads) == evidence.votes
        assert evidence.statistics[arm_id].lead == (leads[-1] if leads else 0)


@pytest.mark.slow
@pytest.mark.parametrize("rule", [TwoGate(20), TasteOnly(20)], ids=lambda rule: rule.name)
@settings(max_examples=60, deadline=None)
@given(text=st.text("0aab", max_size=19))
def test_the_boundaries_are_those_that_end_the_test(rule: Rule, text: str) -> None:
    view, evidence = read(rule, text)
    end = None
    for n, leads in enumerate(zip(*view.leads.values(), strict=True), start=1):
        keep_below = view.keep_below[n - 1]
        promote_at = view.promote_at[n - 1]
        assert promote_at is not None
        if max(leads) >= promote_at:
            end = "promote"
        elif keep_below is not None and max(leads) < keep_below:
            end = "keep"
        if end:
            assert (evidence.state, evidence.votes) == (end, n)
            return
    assert evidence.state == "go_on"


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        (TwoGate(), "leads the incumbent by 6 (7 from vote 21 on)."),
        (TwoGate(), f"or after 7 days: a lead of {TwoGate().limit_lead(50, 2)} promotes."),
        (TasteOnly(), "leads the incumbent by 14 (15 from vote 46 on)."),
        (TasteOnly(), "a limit that rises from -1 at vote 20."),
        (TasteOnly(), "At 50 votes or after 7 days: the incumbent is kept."),
        (SignEProcess(), "an e-value of 40 against the incumbent (now: Variant A 1, Variant B 1)."),
        (Thompson(), "From vote 30 on: an option that leads all others by 16."),
    ],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_the_standings_say_what_would_end_the_test(rule: Rule, sentence: str) -> None:
    view, _ = read(rule, "")
    assert any(sentence in end for end in view.ends), view.ends
