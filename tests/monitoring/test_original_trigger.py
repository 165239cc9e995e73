from datetime import UTC, datetime, timedelta

import pytest

from tinyarms.core.settings import Triggers
from tinyarms.monitoring.original_trigger import check

NOW = datetime(2024, 11, 3, 10, tzinfo=UTC)
SEED = Triggers()


def outcomes(successes: int, failures: int) -> list[bool | None]:
    return [*[True] * successes, *[False] * failures]


@pytest.mark.parametrize(
    ("seen", "triggered"),
    [
        (outcomes(16, 4), False),  # 0.80 is not below 0.80
        (outcomes(15, 5), True),
        (outcomes(0, 19), False),  # too few
        (outcomes(0, 19) + [None] * 9, False),  # unknown ones do not make up for it
        (outcomes(15, 5) + [None] * 9, True),
        (outcomes(0, 100)[::-1] + outcomes(20, 0), False),  # only the last 20 count
        (outcomes(100, 0) + outcomes(15, 5), True),
        ([], False),
    ],
)
def test_accuracy_below_the_threshold_over_the_last_outcomes(
    seen: list[bool | None], triggered: bool
) -> None:
    verdict = check(seen, SEED, None, NOW)
    assert verdict.triggered is triggered
    assert verdict.reason == ("accuracy_drop" if triggered else None)


@pytest.mark.parametrize(("hours", "triggered"), [(0, False), (167.9, False), (168, True)])
def test_cooldown(hours: float, triggered: bool) -> None:
    verdict = check(outcomes(5, 15), SEED, NOW - timedelta(hours=hours), NOW)
    assert verdict.triggered is triggered
    assert ("cooldown" in verdict.explanation) is not triggered


def test_the_numbers_it_saw_are_kept() -> None:
    verdict = check(outcomes(15, 5), SEED, None, NOW)
    assert verdict.numbers == {
        "accuracy": 0.75,
        "n": 20,
        "failures": 5,
        "accuracy_threshold": 0.80,
        "sample_size": 20,
        "hours_since_evolution": None,
        "cooldown_hours": 168,
    }
    assert verdict.explanation == "Accuracy 75.0% over the last 20 outcomes, below 80.0%."


def test_missing_accuracy_is_none() -> None:
    assert check([], SEED, None, NOW).numbers["accuracy"] is None


def test_settings_are_used() -> None:
    strict = Triggers(accuracy_threshold=0.95, sample_size=10, cooldown_hours=1)
    assert check(outcomes(9, 1), strict, NOW - timedelta(hours=2), NOW).triggered
