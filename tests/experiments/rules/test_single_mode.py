from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta

import pytest

from tests.experiments.votes import ARMS, INCUMBENT, START, A, B
from tinyarms.core.errors import ExperimentError
from tinyarms.experiments.arms import Arm, Outcome
from tinyarms.experiments.rule import Evidence
from tinyarms.experiments.rules.single_mode import SingleMode, draw

THREE = {INCUMBENT.id: 0.4, A.id: 0.35, B.id: 0.25}
TWO = {INCUMBENT.id: 0.5, A.id: 0.5}
RULE = SingleMode()


def task(arm: Arm, success: bool | None, probabilities: Mapping[str, float] = TWO) -> Outcome:
    return Outcome((arm.id,), arm.id, None, "ada", START, success, probabilities)


def tasks(
    rates: Mapping[Arm, float], n: int, probabilities: Mapping[str, float], seed: int = 1
) -> list[Outcome]:
    rng = random.Random(seed)
    arms = list(rates)
    weights = [probabilities[arm.id] for arm in arms]
    served = rng.choices(arms, weights, k=n)
    return [task(arm, rng.random() < rates[arm], probabilities) for arm in served]


def assess(outcomes: list[Outcome], arms: tuple[Arm, ...], days: float = 1) -> Evidence:
    return RULE.assess(arms, outcomes, START, START + timedelta(days=days))


def test_single_mode_serves_the_incumbent_and_two_challengers() -> None:
    assert RULE.arms_shown(ARMS) == (INCUMBENT, A, B)


def test_a_better_challenger_is_promoted_and_later_outcomes_change_nothing() -> None:
    outcomes = tasks({INCUMBENT: 0.5, A: 0.8}, 300, TWO)
    evidence = assess(outcomes, (INCUMBENT, A))
    assert (evidence.state, evidence.arm) == ("promote", A.id)
    assert evidence.votes < 300 and evidence.votes_needed == 0
    assert "Variant A succeeds more often" in evidence.reason
    assert assess(outcomes[: evidence.votes], (INCUMBENT, A)) == evidence
    assert assess(outcomes[: evidence.votes - 1], (INCUMBENT, A)).state == "go_on"
    worse_later = outcomes + tasks({INCUMBENT: 1.0, A: 0.0}, 300, TWO)
    assert assess(worse_later, (INCUMBENT, A)) == evidence


def test_a_running_test_names_no_arm() -> None:
    evidence = assess(tasks({INCUMBENT: 0.7, A: 0.7}, 60, TWO), (INCUMBENT, A))
    assert (evidence.state, evidence.votes, evidence.votes_needed) == ("go_on", 60, 4940)
    assert "Variant" not in evidence.reason
    ours = evidence.statistics[A.id]
    assert ours.mean is not None and ours.p_best is not None and 0 < ours.p_best < 1


def test_tasks_without_an_outcome_are_ignored() -> None:
    outcomes = tasks({INCUMBENT: 0.7, A: 0.7}, 40, TWO)
    waiting = [task(INCUMBENT, None), task(A, None)]
    assert assess([*waiting, *outcomes, *waiting], (INCUMBENT, A)) == assess(
        outcomes, (INCUMBENT, A)
    )
    assert RULE.probabilities((INCUMBENT, A), [*waiting, *outcomes]) == TWO


def test_a_worse_challenger_is_dropped_and_the_others_continue() -> None:
    arms = (INCUMBENT, A, B)
    outcomes = tasks({INCUMBENT: 0.8, A: 0.3, B: 0.8}, 200, THREE)
    open_arms = RULE.probabilities(arms, outcomes)
    assert set(open_arms) == {INCUMBENT.id, B.id}
    assert assess(outcomes, arms).state == "go_on"
    rest = tasks({INCUMBENT: 0.8, B: 0.3}, 200, {INCUMBENT.id: 0.5, B.id: 0.5})
    end = assess(outcomes + rest, arms)
    assert (end.state, end.arm) == ("keep", None)
    assert "credibly worse" in end.reason


def test_open_arms_keep_their_floors() -> None:
    outcomes = tasks({INCUMBENT: 0.6, A: 0.72, B: 0.72}, 250, THREE)
    open_arms = RULE.probabilities((INCUMBENT, A, B), outcomes)
    assert set(open_arms) == set(THREE) and sum(open_arms.values()) == pytest.approx(1)
    assert open_arms[INCUMBENT.id] >= 0.2
    assert min(open_arms[A.id], open_arms[B.id]) >= 0.1


@pytest.mark.parametrize("days", [60, 61])
def test_the_limit_of_days_ends_the_test(days: float) -> None:
    outcomes = tasks({INCUMBENT: 0.7, A: 0.7}, 30, TWO)
    assert assess(outcomes, (INCUMBENT, A), days).state == "keep"
    assert assess(outcomes, (INCUMBENT, A), 59).state == "go_on"


def test_the_limit_of_outcomes_ends_the_test() -> None:
    rule = SingleMode(max_votes=30)
    outcomes = tasks({INCUMBENT: 0.7, A: 0.7}, 31, TWO)
    assert rule.assess((INCUMBENT, A), outcomes[:29], START, START).state == "go_on"
    for n in (30, 31):
        end = rule.assess((INCUMBENT, A), outcomes[:n], START, START)
        assert (end.state, end.votes) == ("keep", 30)


def test_broken_routing_suspends_a_promotion() -> None:
    arms = (INCUMBENT, A)
    outcomes = tasks({INCUMBENT: 0.5, A: 0.8}, 300, TWO)
    assert assess(outcomes, arms).state == "promote"
    unbalanced = [task(A, None)] * 150
    suspended = assess(outcomes + unbalanced, arms)
    assert (suspended.state, suspended.arm) == ("go_on", None)
    assert "the decision is suspended" in suspended.reason
    assert assess(outcomes + unbalanced, arms, days=60).state == "go_on"
    equal = tasks({INCUMBENT: 0.7, A: 0.7}, 60, TWO)
    assert assess(equal + unbalanced, arms, days=60).state == "keep"


def test_an_outcome_of_another_live_test_is_refused() -> None:
    unknown = Arm("other", "Z", "challenger")
    with pytest.raises(ExperimentError, match="not an arm of this live test"):
        assess([task(unknown, True)], (INCUMBENT, A))


def test_a_draw_follows_the_probabilities() -> None:
    rng = random.Random(4)
    draws = Counter(draw(THREE, rng).arm_id for _ in range(4000))
    for arm_id, share in THREE.items():
        assert draws[arm_id] / 4000 == pytest.approx(share, abs=0.03)
    allocation = RULE.allocate((INCUMBENT, A), [], rng)
    assert allocation.probability == 0.5
