from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import numpy as np
import pytest

from tinyarms.core.settings import EvolutionSettings
from tinyarms.release.holdback import (
    MAX_DAYS,
    MAX_OUTCOMES,
    HoldbackEvidence,
    HoldbackOutcome,
    TrafficCounts,
    holdback_rule,
    judge,
    suspended,
)
from tinyarms.release.holdback_rule import HoldbackRule

BEGAN = datetime(2024, 9, 15, tzinfo=UTC)
RULE = HoldbackRule(0.2, 0.04)
ORIGINAL = HoldbackRule(0.0, 0.04, 0.70, 20)


def outcomes(
    old: float, new: float, n: int, seed: int = 1, share: float = 0.2
) -> list[HoldbackOutcome]:
    rng, found = Random(seed), []
    for _ in range(n):
        reference = rng.random() < share
        found.append(HoldbackOutcome(reference, rng.random() < (old if reference else new), share))
    return found


def new_only(*successes: bool) -> list[HoldbackOutcome]:
    return [HoldbackOutcome(False, success, 0.0) for success in successes]


def test_a_much_worse_prompt_is_taken_back() -> None:
    found = judge(RULE, outcomes(0.9, 0.6, 1000), BEGAN, BEGAN)
    assert found.action == "roll_back" and found.n < 1000
    assert "less often" in found.reason and "25 decides" in found.reason


def test_a_much_better_prompt_is_kept_before_the_limit() -> None:
    found = judge(RULE, outcomes(0.6, 0.9, 1500), BEGAN, BEGAN)
    assert found.action == "keep" and found.n < 1500 and "more often" in found.reason


def test_the_moment_of_looking_does_not_matter() -> None:
    everything = outcomes(0.9, 0.6, 1000)
    first = judge(RULE, everything, BEGAN, BEGAN)
    assert judge(RULE, everything[: first.n], BEGAN, BEGAN) == first
    before = judge(RULE, everything[: first.n - 1], BEGAN, BEGAN)
    assert (before.action, before.n) == ("go_on", first.n - 1)


def test_one_that_is_as_good_stays_at_the_limit_of_outcomes_or_days() -> None:
    alike = outcomes(0.8, 0.8, MAX_OUTCOMES + 50)
    found = judge(RULE, alike, BEGAN, BEGAN)
    assert (found.action, found.n) == ("keep", MAX_OUTCOMES)
    late = judge(RULE, alike[:40], BEGAN, BEGAN + timedelta(days=MAX_DAYS))
    assert (late.action, late.n) == ("keep", 40)
    assert judge(RULE, [], BEGAN, BEGAN).action == "go_on"


def test_the_blocks_of_the_evidence_are_the_whole() -> None:
    """What the benchmark simulates side by side is what `judge` decides by."""
    everything = outcomes(0.9, 0.6, 300)
    columns = [np.array(column) for column in zip(*everything, strict=True)]
    whole = HoldbackEvidence().see(*columns)
    parts = HoldbackEvidence()
    halves = [parts.see(*(c[:150] for c in columns)), parts.see(*(c[150:] for c in columns))]
    for side in (0, 1):
        np.testing.assert_allclose(np.concatenate([half[side] for half in halves]), whole[side])


def test_original_preset_takes_back_below_its_threshold() -> None:
    good, bad = [True] * 14 + [False] * 6, [False] * 7
    assert judge(ORIGINAL, new_only(*good), BEGAN, BEGAN).action == "go_on"
    found = judge(ORIGINAL, new_only(*good, *bad), BEGAN, BEGAN)
    assert (found.action, found.n) == ("roll_back", 21)
    assert found.reason == "Accuracy 65.0% over 20 outcomes, below 70.0%."
    assert judge(ORIGINAL, new_only(*[False] * 19), BEGAN, BEGAN).action == "go_on"


@pytest.mark.parametrize(
    ("settings", "preset", "rule"),
    [
        ({}, "default", RULE),
        ({"holdback": 0}, "default", None),
        ({"holdback": 0}, "original", ORIGINAL),
        ({"alpha": 0.01, "holdback": 0.5}, "default", HoldbackRule(0.5, 0.008)),
    ],
)
def test_the_rule_of_the_settings(
    settings: dict[str, float], preset: str, rule: HoldbackRule | None
) -> None:
    given = EvolutionSettings.model_validate(settings)
    assert holdback_rule(given, preset) == rule  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.parametrize(("old", "new"), [(0.9, 0.6), (0.6, 0.9)])
def test_tasks_that_are_not_dealt_as_they_should_suspend_the_decision(
    old: float, new: float
) -> None:
    everything = outcomes(old, new, 1500)
    assert judge(RULE, everything, BEGAN, BEGAN, TrafficCounts(1500, 300)).action != "go_on"
    found = judge(RULE, everything, BEGAN, BEGAN, TrafficCounts(1500, 420))
    assert found.action == "go_on"
    assert found.reason.startswith("The old prompt served 420 of 1500 tasks, not 20% of them")
    over = judge(
        RULE, everything, BEGAN, BEGAN + timedelta(days=MAX_DAYS), TrafficCounts(1500, 420)
    )
    assert over.action == "keep" and "Not compared" in over.reason


def test_where_no_task_should_stay_on_the_old_prompt_nothing_is_suspended() -> None:
    assert suspended(ORIGINAL, TrafficCounts(500, 0)) is None
    assert suspended(RULE, TrafficCounts()) is None
    assert suspended(RULE, TrafficCounts(500, 0)) is not None
