"""Properties of every rule of live tests."""

from __future__ import annotations

import copy
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyarms.core.errors import ExperimentError
from tinyarms.core.settings import AbTesting
from tinyarms.experiments.arms import Arm, Outcome
from tinyarms.experiments.registry import rule_named
from tinyarms.experiments.rule import Evidence, Rule

VOTES, DAYS = 24, 7
BALLOTS = ("thompson", "two_gate", "taste_only", "sign_e_process")
"""Rules that ask users; `single_mode` reads the outcomes of tasks."""
LIMITS = AbTesting(votes_required=10, max_votes=VOTES, max_duration_days=DAYS)
START = datetime(2024, 11, 3, 10, tzinfo=UTC)
INCUMBENT = Arm("arm-0", "", "incumbent", 0.7)
CHALLENGERS = tuple(Arm(f"arm-{x}", x.upper(), "challenger", 0.8) for x in "abc")
ARMS = (INCUMBENT, *CHALLENGERS)

quick = settings(max_examples=15, deadline=None)
with_ballots = [rule_named(name, LIMITS, 3) for name in BALLOTS]
each_rule = pytest.mark.parametrize("rule", [*with_ballots, rule_named("single_mode", LIMITS)])
each_rule_of_ballots = pytest.mark.parametrize("rule", with_ballots)
sizes = st.integers(1, 3)
answers = st.lists(
    st.tuples(st.sampled_from([0, 0, 1, 1, 1, 2, None]), st.integers(0, 3)), max_size=VOTES + 6
)
Answers = list[tuple[int | None, int]]


def outcomes_of(rule: Rule, arms: Sequence[Arm], given: Answers) -> list[Outcome]:
    """Picks by place on the ballot (`None`: a skip), with whichever arm was chosen.

    For single mode: successes by whether the place is odd, served in turn.
    """
    shown = tuple(arm.id for arm in rule.arms_shown(arms))
    if rule.name == "single_mode":
        even = dict.fromkeys(shown, 1 / len(shown))
        served = [shown[i % len(shown)] for i in range(len(given))]
        return [
            Outcome((arm_id,), arm_id, None, "ada", START, None if p is None else p == 1, even)
            for arm_id, (p, _) in zip(served, given, strict=True)
        ]
    return [
        Outcome(
            shown=shown,
            chosen=shown[chosen % len(shown)],
            picked=None if place is None else shown[place % len(shown)],
            user="ada",
            at=START,
        )
        for place, chosen in given
    ]


def assess(
    rule: Rule, arms: Sequence[Arm], outcomes: Sequence[Outcome], days: float = 1
) -> Evidence:
    return rule.assess(arms, outcomes, START, START + timedelta(days=days))


@each_rule
def test_rule_named_finds_a_rule(rule: Rule) -> None:
    assert rule_named(rule.name, LIMITS, 3) == rule


@each_rule
@pytest.mark.parametrize("size", [1, 2, 3])
def test_a_rule_shows_at_least_two_of_its_arms(rule: Rule, size: int) -> None:
    shown = rule.arms_shown(ARMS[: 1 + size])
    assert len(set(shown)) == len(shown) >= 2
    assert set(shown) <= set(ARMS[: 1 + size])
    # The position of the incumbent in the list does not matter.
    assert rule.arms_shown((*ARMS[1 : 1 + size], INCUMBENT)) == shown


@each_rule
@pytest.mark.parametrize("arms", [(), (INCUMBENT,), CHALLENGERS, (INCUMBENT, INCUMBENT, ARMS[1])])
def test_a_rule_needs_one_incumbent_and_a_challenger(rule: Rule, arms: tuple[Arm, ...]) -> None:
    with pytest.raises(ExperimentError, match="one incumbent and at least one challenger"):
        rule.arms_shown(arms)


@pytest.mark.slow
@each_rule
@quick
@given(sizes, answers, st.integers(0, 9))
def test_allocation_chooses_an_arm_that_is_shown(
    rule: Rule, size: int, given: Answers, seed: int
) -> None:
    arms = ARMS[: 1 + size]
    outcomes = outcomes_of(rule, arms, given)
    allocation = rule.allocate(arms, outcomes, random.Random(seed))
    assert allocation.arm_id in {arm.id for arm in rule.arms_shown(arms)}
    assert allocation.probability is None or 0 < allocation.probability <= 1
    assert rule.allocate(arms, outcomes, random.Random(seed)) == allocation


@pytest.mark.slow
@each_rule
@quick
@given(sizes, answers)
def test_a_rule_is_pure(rule: Rule, size: int, given: Answers) -> None:
    arms = list(ARMS[: 1 + size])
    outcomes = outcomes_of(rule, arms, given)
    before = copy.deepcopy((arms, outcomes))
    first = assess(rule, arms, outcomes)
    rule.allocate(arms, outcomes, random.Random(1))
    assert assess(rule, arms, outcomes) == first
    assert (arms, outcomes) == before


@pytest.mark.slow
@each_rule
@quick
@given(sizes, answers)
def test_votes_one_by_one_give_the_same_evidence_as_all_at_once(
    rule: Rule, size: int, given: Answers
) -> None:
    """In the order of arrival; and what comes after the stop changes nothing."""
    arms = ARMS[: 1 + size]
    outcomes = outcomes_of(rule, arms, given)
    whole = assess(rule, arms, outcomes)
    prefixes = (assess(rule, arms, outcomes[:i]) for i in range(len(outcomes) + 1))
    assert next((evidence for evidence in prefixes if evidence.state != "go_on"), whole) == whole


@pytest.mark.slow
@each_rule_of_ballots
@quick
@given(sizes, answers)
def test_skips_change_nothing(rule: Rule, size: int, given: Answers) -> None:
    arms = ARMS[: 1 + size]
    outcomes = outcomes_of(rule, arms, given)
    votes = [outcome for outcome in outcomes if outcome.picked is not None]
    assert assess(rule, arms, votes) == assess(rule, arms, outcomes)


@each_rule
@pytest.mark.parametrize("days", [0, DAYS, 10 * DAYS])
@pytest.mark.parametrize("skips", [0, 3 * VOTES])
def test_no_votes_promote_nothing(rule: Rule, days: float, skips: int) -> None:
    evidence = assess(rule, ARMS, outcomes_of(rule, ARMS, [(None, 0)] * skips), days)
    assert (evidence.votes, evidence.arm) == (0, None)
    assert evidence.state != "promote"
    assert all(of.votes == 0 for of in evidence.statistics.values())


@pytest.mark.slow
@each_rule
@quick
@given(sizes, answers)
def test_the_limits_hold(rule: Rule, size: int, given: Answers) -> None:
    arms = ARMS[: 1 + size]
    outcomes = outcomes_of(rule, arms, given)
    picks = sum((outcome.picked or outcome.success) is not None for outcome in outcomes)
    evidence = assess(rule, arms, outcomes)
    if rule.name == "sign_e_process":
        assert evidence.state != "go_on" or (evidence.votes, evidence.votes_needed) == (picks, None)
        assert assess(rule, arms, outcomes, days=1000) == evidence
        return
    assert evidence.votes <= min(picks, VOTES)
    assert (evidence.state == "go_on") <= (picks < VOTES)
    assert evidence.votes_needed == (VOTES - picks if evidence.state == "go_on" else 0)
    over = assess(rule, arms, outcomes, days=DAYS)
    assert over.state != "go_on"
    assert over == evidence or evidence.state == "go_on"


@pytest.mark.slow
@each_rule
@quick
@given(sizes, answers)
def test_the_evidence_agrees_with_the_votes(rule: Rule, size: int, given: Answers) -> None:
    arms = ARMS[: 1 + size]
    shown = rule.arms_shown(arms)
    outcomes = outcomes_of(rule, arms, given)
    evidence = assess(rule, arms, outcomes)
    assert evidence.rule == rule.name
    assert list(evidence.statistics) == [arm.id for arm in shown]
    assert sum(of.votes for of in evidence.statistics.values()) == evidence.votes
    best = [of.p_best for of in evidence.statistics.values() if of.p_best is not None]
    assert best == [] or sum(best) == pytest.approx(1)
    for of in evidence.statistics.values():
        assert (of.mean is None) <= (of.votes == 0)
        if of.mean is not None and of.interval is not None:
            assert 0 <= of.interval[0] <= of.mean <= of.interval[1] <= 1
    promoted = {arm.id for arm in shown if arm.role == "challenger"} & {evidence.arm}
    assert bool(promoted) == (evidence.state == "promote") == (evidence.arm is not None)
    if evidence.state == "go_on":
        assert not any(arm.label in evidence.reason for arm in arms)


@each_rule_of_ballots
def test_the_choice_of_unanimous_users_is_promoted(rule: Rule) -> None:
    """All votes are for the challenger; then all are for the incumbent."""
    place = 1 if rule.arms_shown(ARMS[:2])[0] is INCUMBENT else 0
    preferred = assess(rule, ARMS[:2], outcomes_of(rule, ARMS[:2], [(place, 0)] * VOTES))
    assert (preferred.state, preferred.arm) == ("promote", CHALLENGERS[0].id)
    rejected = assess(rule, ARMS[:2], outcomes_of(rule, ARMS[:2], [(1 - place, 1)] * VOTES))
    assert (rejected.state, rejected.arm) == ("keep", None)


@each_rule
def test_a_vote_on_arms_of_another_test_is_refused(rule: Rule) -> None:
    unknown = Outcome(("arm-x", "arm-y"), "arm-x", "arm-y", "ada", START, success=True)
    with pytest.raises(ExperimentError, match="arm-x"):
        assess(rule, ARMS, [unknown])


@pytest.mark.slow
@quick
@given(rule=st.sampled_from(with_ballots), given=answers)
def test_arms_with_equal_outputs_on_all_ballots_have_equal_statistics(
    rule: Rule, given: Answers
) -> None:
    """No vote distinguishes two challengers that always give the same output."""
    shown = tuple(arm.id for arm in rule.arms_shown(ARMS[:3]))
    twins = tuple(arm.id for arm in CHALLENGERS[:2])
    outcomes = []
    for place, chosen in given:
        picked = None if place is None else shown[place % len(shown)]
        others = frozenset(twins) - {picked} if picked in twins else frozenset[str]()
        arm = shown[chosen % len(shown)]
        outcomes.append(Outcome(shown, arm, picked, "ada", START, same_output=others))
    statistics = rule.assess(ARMS[:3], outcomes, START, START).statistics
    assert statistics[twins[0]].votes == statistics[twins[1]].votes
    assert statistics[twins[0]].mean == statistics[twins[1]].mean
    assert statistics[twins[0]].lead == statistics[twins[1]].lead
