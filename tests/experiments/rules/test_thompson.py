import random
from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.experiments.votes import ARMS, INCUMBENT, START, A, B, C, outcome
from tinyarms.core.errors import ExperimentError
from tinyarms.experiments.arms import Arm, Outcome
from tinyarms.experiments.rule import Evidence
from tinyarms.experiments.rules.thompson import Tally, Thompson, update

RULE = Thompson(seed=3)
DAYS = timedelta(days=1)


def vote(chosen: Arm, picked: Arm | None) -> Outcome:
    return outcome((A, B, C), picked, chosen)


def votes_for_chosen(a: int = 0, b: int = 0, c: int = 0) -> list[Outcome]:
    """Votes for the arm that allocation chose: the others' counts stay as they are."""
    return [vote(arm, arm) for arm, n in ((A, a), (B, b), (C, c)) for _ in range(n)]


def assess(outcomes: list[Outcome], days: float = 1, rule: Thompson = RULE) -> Evidence:
    return rule.assess(ARMS, outcomes, START, START + days * DAYS)


NONE = {A.id: (0, 0), B.id: (0, 0), C.id: (0, 0)}


def test_a_pick_of_the_chosen_arm_changes_only_its_counts() -> None:
    assert update(NONE, vote(C, C)) == NONE | {C.id: (1, 0)}


def test_a_pick_of_another_arm_changes_all_three_counts() -> None:
    assert update(NONE, vote(C, A)) == {A.id: (1, 0), B.id: (0, 1), C.id: (0, 1)}


arms = st.sampled_from([A, B, C])


@pytest.mark.slow
@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(arms, st.none() | arms), max_size=24))
def test_counts_equal_those_of_the_pseudo_code(history: list[tuple[Arm, Arm | None]]) -> None:
    successes, failures = Counter[str](), Counter[str]()
    for chosen, picked in history:
        if picked is None:
            continue
        if picked == chosen:
            successes[chosen.id] += 1
        else:
            failures[chosen.id] += 1
            successes[picked.id] += 1
            for other in (A, B, C):
                if other not in (chosen, picked):
                    failures[other.id] += 1
    tally: Tally = NONE
    for one in (vote(chosen, picked) for chosen, picked in history if picked):
        tally = update(tally, one)
    assert tally == {arm.id: (successes[arm.id], failures[arm.id]) for arm in (A, B, C)}


def test_shows_the_three_variants_and_not_the_incumbent() -> None:
    assert RULE.arms_shown(ARMS) == (A, B, C)


def test_a_single_variant_stands_against_the_incumbent() -> None:
    arms = (INCUMBENT, A)
    assert RULE.arms_shown(arms) == arms
    votes = [outcome(arms, INCUMBENT, A)] * 5
    evidence = RULE.assess(arms, votes, START, START)
    assert (evidence.state, evidence.arm) == ("keep", None)


def test_confidence_is_checked_at_every_fifth_vote_only() -> None:
    clear = [vote(B, A), vote(C, A)] * 10
    fourth, fifth = assess(clear[:4]), assess(clear[:5])
    assert (fourth.statistics[A.id].p_best or 0) > 0.95
    assert (fourth.state, fourth.votes_needed) == ("go_on", 46)
    assert (fifth.state, fifth.arm, fifth.votes, fifth.votes_needed) == ("promote", A.id, 5, 0)


def test_votes_after_the_stop_change_nothing() -> None:
    votes = [vote(B, A), vote(C, A)] * 3
    assert assess(votes[:5]) == assess(votes[:5] + votes_for_chosen(b=40))


def test_below_95_percent_the_test_continues() -> None:
    """20 votes for the chosen arm: P(best) = 21/23 = 0.913; 35: 36/38 = 0.947; 40: 41/43 =
    0.953."""
    # A planned length whose boundary (2.25·√400 = 45) stays out of the way.
    rule = Thompson(max_votes=400, seed=1)
    assert assess(votes_for_chosen(c=20), rule=rule).state == "go_on"
    assert assess(votes_for_chosen(c=39), rule=rule).state == "go_on"
    evidence = assess(votes_for_chosen(c=60), rule=rule)
    assert evidence.state == "promote"
    assert 35 <= evidence.votes <= 45


@pytest.mark.parametrize(
    ("votes", "state"),
    [
        (votes_for_chosen(a=22, b=8), "go_on"),  # lead 14 at vote 30
        (votes_for_chosen(a=23, b=7), "promote"),  # lead 16 ≥ 15.9
        (votes_for_chosen(a=20, b=4), "go_on"),  # lead 16, but at vote 24
        (votes_for_chosen(a=21, b=4), "go_on"),  # lead 17, at a fifth vote, but before vote 30
        (votes_for_chosen(a=25, b=10), "go_on"),  # lead 15 at vote 35
        (votes_for_chosen(a=25, b=9, c=1), "promote"),  # lead 16 at vote 35
        (votes_for_chosen(a=24, b=8), "promote"),  # lead 16 at vote 32: no fifth vote
    ],
)
def test_the_boundary_is_16_of_50_votes_from_vote_30_on(votes: list[Outcome], state: str) -> None:
    evidence = assess(votes[::-1])  # the leader's votes last
    assert evidence.state == state
    if state == "promote":
        assert evidence.arm == A.id
        assert evidence.statistics[A.id].lead == 16
        assert "15.9" in evidence.reason


def test_at_50_votes_the_highest_mean_wins() -> None:
    votes = votes_for_chosen(a=16, b=16, c=17)
    assert assess(votes).state == "go_on"
    evidence = assess([*votes, *votes_for_chosen(c=1)])
    assert (evidence.state, evidence.arm, evidence.votes) == ("promote", C.id, 50)


def test_after_7_days_the_highest_mean_wins() -> None:
    votes = votes_for_chosen(a=2, b=1)
    assert assess(votes, days=6.99).state == "go_on"
    evidence = assess(votes, days=7)
    assert (evidence.state, evidence.arm) == ("promote", A.id)


def test_the_mean_decides_instead_of_the_votes() -> None:
    """A: 3 of 3, mean 4/5; B: 4 votes, but 3 failures while A and C were picked."""
    votes = [vote(B, A), vote(B, A), vote(B, A), *votes_for_chosen(b=4)]
    evidence = assess(votes, days=8)
    assert evidence.statistics[B.id].votes > evidence.statistics[A.id].votes
    assert evidence.arm == A.id


def test_a_tie_is_decided_by_votes_times_accuracy() -> None:
    evidence = assess(votes_for_chosen(a=3, c=3), days=7)
    assert (evidence.state, evidence.arm) == ("promote", C.id)
    assert "votes × accuracy" in evidence.reason


def test_a_tie_in_both_is_no_difference() -> None:
    twins = (INCUMBENT, A, Arm(B.id, "B", "challenger", A.accuracy), C)
    evidence = RULE.assess(twins, votes_for_chosen(a=3, b=3), START, START + 7 * DAYS)
    assert (evidence.state, evidence.arm) == ("no_difference", None)


def test_no_votes_at_the_limit_is_no_difference() -> None:
    evidence = assess([vote(A, None)] * 60, days=7)
    assert (evidence.state, evidence.arm, evidence.votes) == ("no_difference", None, 0)


def test_skips_are_ignored() -> None:
    votes = votes_for_chosen(a=2, b=3)
    skips = [vote(C, None)] * 30
    assert assess([*skips, *votes]) == assess(votes)


def test_assess_is_repeatable() -> None:
    votes = votes_for_chosen(a=9, b=4, c=5)
    assert assess(votes) == assess(votes)


@pytest.mark.slow
def test_allocation_draws_in_proportion_to_being_best() -> None:
    """Beta(6, 1) against two Beta(1, 1): the first is highest with probability 6/8."""
    rng = random.Random(11)
    allocations = [RULE.allocate(ARMS, votes_for_chosen(a=5), rng) for _ in range(400)]
    assert Counter(one.arm_id for one in allocations)[A.id] / 400 == pytest.approx(0.75, abs=0.07)
    for one in allocations:
        assert one.probability == pytest.approx(0.75 if one.arm_id == A.id else 0.125, abs=1e-6)


def test_a_vote_without_the_chosen_arm_is_refused() -> None:
    with pytest.raises(ExperimentError, match="chosen"):
        assess([outcome((A, B, C), A)])


def test_a_vote_of_another_live_test_is_refused() -> None:
    with pytest.raises(ExperimentError, match="arm-0"):
        assess([outcome((INCUMBENT, A), A, A)])
