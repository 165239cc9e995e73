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
    chosen = rng.choices(arms, weights, k=n)
    return [task(arm, rng.random() < rates[arm], probabilities) for arm in chosen]


def assess(outcomes: list[Outcome], arms: tuple[Arm, ...], days: float = 1) -> Evidence:
    return RULE.assess(arms, outcomes, START, START + timedelta(days=days))


def test_it_serves_the_incumbent_and_two_challengers() -> None:
    assert RULE.arms_shown(ARMS) == (INCUMBENT, A, B)


def test_the_better_one_is_promoted_and_what_comes_later_changes_nothing() -> None:
    seen = tasks({INCUMBENT: 0.5, A: 0.8}, 300, TWO)
    evidence = assess(seen, (INCUMBENT, A))
    assert (evidence.state, evidence.arm) == ("promote", A.id)
    assert evidence.votes < 300 and evidence.votes_needed == 0
    assert "Variant A succeeds more often" in evidence.reason
    assert assess(seen[: evidence.votes], (INCUMBENT, A)) == evidence
    assert assess(seen[: evidence.votes - 1], (INCUMBENT, A)).state == "go_on"
    worse_later = seen + tasks({INCUMBENT: 1.0, A: 0.0}, 300, TWO)
    assert assess(worse_later, (INCUMBENT, A)) == evidence


def test_while_it_goes_on_it_names_no_arm() -> None:
    evidence = assess(tasks({INCUMBENT: 0.7, A: 0.7}, 60, TWO), (INCUMBENT, A))
    assert (evidence.state, evidence.votes, evidence.votes_needed) == ("go_on", 60, 4940)
    assert "Variant" not in evidence.reason
    ours = evidence.statistics[A.id]
    assert ours.mean is not None and ours.p_best is not None and 0 < ours.p_best < 1


def test_tasks_without_an_outcome_count_for_nothing() -> None:
    seen = tasks({INCUMBENT: 0.7, A: 0.7}, 40, TWO)
    waiting = [task(INCUMBENT, None), task(A, None)]
    assert assess([*waiting, *seen, *waiting], (INCUMBENT, A)) == assess(seen, (INCUMBENT, A))
    assert RULE.probabilities((INCUMBENT, A), [*waiting, *seen]) == TWO


def test_a_worse_one_is_dropped_and_the_others_go_on() -> None:
    arms = (INCUMBENT, A, B)
    seen = tasks({INCUMBENT: 0.8, A: 0.3, B: 0.8}, 200, THREE)
    open_arms = RULE.probabilities(arms, seen)
    assert set(open_arms) == {INCUMBENT.id, B.id}
    assert assess(seen, arms).state == "go_on"
    rest = tasks({INCUMBENT: 0.8, B: 0.3}, 200, {INCUMBENT.id: 0.5, B.id: 0.5})
    ended = assess(seen + rest, arms)
    assert (ended.state, ended.arm) == ("keep", None)
    assert "credibly worse" in ended.reason


def test_floors() -> None:
    seen = tasks({INCUMBENT: 0.6, A: 0.72, B: 0.72}, 250, THREE)
    open_arms = RULE.probabilities((INCUMBENT, A, B), seen)
    assert set(open_arms) == set(THREE) and sum(open_arms.values()) == pytest.approx(1)
    assert open_arms[INCUMBENT.id] >= 0.2
    assert min(open_arms[A.id], open_arms[B.id]) >= 0.1


@pytest.mark.parametrize("days", [60, 61])
def test_time_ends_it(days: float) -> None:
    seen = tasks({INCUMBENT: 0.7, A: 0.7}, 30, TWO)
    assert assess(seen, (INCUMBENT, A), days).state == "keep"
    assert assess(seen, (INCUMBENT, A), 59).state == "go_on"


def test_outcomes_end_it() -> None:
    rule = SingleMode(max_votes=30)
    seen = tasks({INCUMBENT: 0.7, A: 0.7}, 31, TWO)
    assert rule.assess((INCUMBENT, A), seen[:29], START, START).state == "go_on"
    for n in (30, 31):
        ended = rule.assess((INCUMBENT, A), seen[:n], START, START)
        assert (ended.state, ended.votes) == ("keep", 30)


def test_broken_routing_suspends_a_promotion() -> None:
    arms = (INCUMBENT, A)
    seen = tasks({INCUMBENT: 0.5, A: 0.8}, 300, TWO)
    assert assess(seen, arms).state == "promote"
    elsewhere = [task(A, None)] * 150
    held = assess(seen + elsewhere, arms)
    assert (held.state, held.arm) == ("go_on", None)
    assert "the decision is suspended" in held.reason
    assert assess(seen + elsewhere, arms, days=60).state == "go_on"
    equal = tasks({INCUMBENT: 0.7, A: 0.7}, 60, TWO)
    assert assess(equal + elsewhere, arms, days=60).state == "keep"


def test_an_outcome_of_another_experiment_is_refused() -> None:
    stranger = Arm("other", "Z", "challenger")
    with pytest.raises(ExperimentError, match="not an arm of this experiment"):
        assess([task(stranger, True)], (INCUMBENT, A))


def test_a_draw_follows_the_probabilities() -> None:
    rng = random.Random(4)
    drawn = Counter(draw(THREE, rng).arm_id for _ in range(4000))
    for arm_id, share in THREE.items():
        assert drawn[arm_id] / 4000 == pytest.approx(share, abs=0.03)
    given = RULE.allocate((INCUMBENT, A), [], rng)
    assert given.probability == 0.5
