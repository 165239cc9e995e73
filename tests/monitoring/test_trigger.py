from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import pytest

from tinyarms.core.settings import RuleName, Triggers
from tinyarms.monitoring.accuracy import accuracy
from tinyarms.monitoring.detector import read_since
from tinyarms.monitoring.detectors.original_threshold import Original
from tinyarms.monitoring.registry import reason_of, rules_in_use
from tinyarms.monitoring.trigger import decide
from tinyarms.monitoring.verdict import Reading, Verdict

NOW = datetime(2024, 11, 3, 10, tzinfo=UTC)
DEFAULTS = Triggers()


def outcomes(successes: int, failures: int) -> list[bool]:
    return [*[True] * successes, *[False] * failures]


def original(
    history: Sequence[bool],
    settings: Triggers = DEFAULTS,
    last_evolution: datetime | None = None,
) -> Verdict:
    reading = read_since(Original(settings), [(outcome, NOW) for outcome in history], None)
    recent = accuracy(history[-settings.sample_size :])
    return decide([reading], ("original",), recent, settings, last_evolution, NOW)


@pytest.mark.parametrize(
    ("history", "triggered"),
    [
        (outcomes(16, 4), False),  # 0.80 is not below 0.80
        (outcomes(15, 5), True),
        (outcomes(0, 19), False),  # too few
        (outcomes(0, 100)[::-1] + outcomes(20, 0), False),  # only the last 20 count
        (outcomes(100, 0) + outcomes(15, 5), True),
        ([], False),
    ],
)
def test_accuracy_below_the_threshold_over_the_last_outcomes(
    history: list[bool], triggered: bool
) -> None:
    verdict = original(history)
    assert verdict.triggered is triggered
    assert verdict.reason == ("accuracy_drop" if triggered else None)


@pytest.mark.parametrize(("hours", "triggered"), [(0, False), (167.9, False), (168, True)])
def test_cooldown(hours: float, triggered: bool) -> None:
    verdict = original(outcomes(5, 15), last_evolution=NOW - timedelta(hours=hours))
    assert verdict.triggered is triggered
    assert ("cooldown" in verdict.explanation) is (verdict.state == "cooling_down") is not triggered


def test_the_verdict_has_the_numbers_behind_it() -> None:
    verdict = original(outcomes(15, 5))
    assert asdict(verdict.numbers) == {
        "explanation": "Accuracy 75.0% over the last 20 outcomes, below 80.0%.",
        "rule": "original",
        "accuracy": 0.75,
        "n": 20,
        "failures": 5,
        "accuracy_threshold": 0.80,
        "sample_size": 20,
        "hours_since_evolution": None,
        "cooldown_hours": 168,
        "rules": {"original": {"accuracy": 0.75, "n": 20, "threshold": 0.80}},
    }
    assert verdict.explanation == "Accuracy 75.0% over the last 20 outcomes, below 80.0%."


def test_too_few_outcomes() -> None:
    verdict = original(outcomes(0, 19))
    assert (verdict.state, verdict.numbers.n) == ("too_few", 19)
    assert original([]).numbers.accuracy is None


def test_the_settings_of_the_skill_apply() -> None:
    strict = Triggers(accuracy_threshold=0.95, sample_size=10, cooldown_hours=1)
    assert original(outcomes(9, 1), strict, NOW - timedelta(hours=2)).triggered


def reading_of(rule: RuleName, alarm: bool) -> Reading:
    return Reading(rule, alarm, {"seen": 1.0}, f"{rule} says so")


@pytest.mark.parametrize(
    ("rules", "reason", "rule"),
    [
        (("drop", "floor"), "accuracy_drop", "floor"),
        (("adwin",), "drift", "adwin"),
        (("latency", "adwin"), "drift", "adwin"),
        (("latency",), "drift", "latency"),
        (("drop",), None, None),
        ((), None, None),
    ],
)
def test_only_rules_in_use_begin_an_evolution(
    rules: tuple[RuleName, ...], reason: str | None, rule: str | None
) -> None:
    alarms = {"drop": False, "floor": True, "adwin": True, "latency": True}
    readings = [reading_of(name, alarm) for name, alarm in alarms.items()]  # type: ignore[arg-type]
    verdict = decide(readings, rules, accuracy([True] * 20), DEFAULTS, None, NOW)
    assert (verdict.reason, verdict.numbers.rule) == (reason, rule)
    assert verdict.triggered is (rule is not None)
    assert set(verdict.numbers.rules) == set(alarms)
    assert rule is None or f"{rule} says so" in verdict.explanation


def test_a_signal_can_trigger_without_outcomes() -> None:
    verdict = decide([reading_of("skips", True)], ("skips",), accuracy([]), DEFAULTS, None, NOW)
    assert verdict.triggered
    assert verdict.explanation == "No outcome is known, skips says so."


def test_the_rules_in_use_and_their_reasons() -> None:
    assert rules_in_use(DEFAULTS, "default") == ("drop", "floor")
    assert rules_in_use(DEFAULTS, "original") == ("original",)
    assert rules_in_use(Triggers(rules=("adwin",)), "original") == ("adwin",)
    assert [reason_of(rule) for rule in ("drop", "page_hinkley", "skips")] == [
        "accuracy_drop",
        "drift",
        "drift",
    ]
