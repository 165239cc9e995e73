from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tinyarms.core.settings import EvolutionSettings, Triggers
from tinyarms.monitoring.accuracy import Accuracy
from tinyarms.monitoring.schedule import check_interval, due_at, on_schedule
from tinyarms.monitoring.trigger import decide
from tinyarms.monitoring.verdict import Reading

NOW = datetime(2024, 11, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("settings", "days_ago", "due_in"),
    [
        ({}, 40, None),
        ({"schedule": "weekly"}, 3, 4),
        ({"schedule": "weekly"}, 9, -2),
        ({"schedule": "monthly"}, 9, 21),
        ({"schedule": "weekly", "cooldown_hours": 240}, 9, 1),
        ({"schedule": "weekly", "cooldown_hours": 0}, 3, 4),
    ],
)
def test_when_an_evolution_is_due(
    settings: dict[str, Any], days_ago: int, due_in: int | None
) -> None:
    due = due_at(Triggers(**settings), NOW - timedelta(days=days_ago), NOW)
    assert due == (None if due_in is None else NOW + timedelta(days=due_in))


def test_a_skill_that_was_never_evolved_is_due() -> None:
    assert due_at(Triggers(schedule="monthly"), None, NOW) == NOW
    assert due_at(Triggers(), None, NOW) is None


@pytest.mark.parametrize(
    ("alarm", "days_ago", "state", "reason"),
    [
        (False, 8, "scheduled", "scheduled"),
        (False, 6, "healthy", None),
        (True, 8, "dropped", "accuracy_drop"),
        (True, 6, "cooling_down", None),
    ],
)
def test_a_drop_takes_precedence_over_the_schedule(
    alarm: bool, days_ago: int, state: str, reason: str | None
) -> None:
    triggers, last = Triggers(schedule="weekly"), NOW - timedelta(days=days_ago)
    readings = [Reading("drop", alarm, {}, "no drop from 90.0%")]
    verdict = decide(readings, ["drop"], Accuracy(40, 50), triggers, last, NOW)
    scheduled = on_schedule(verdict, triggers, last, NOW)
    assert (scheduled.state, scheduled.reason) == (state, reason)
    assert scheduled.triggered is (state == "dropped")
    assert scheduled.begins_search is (reason is not None)
    assert scheduled.explanation.startswith("A weekly evolution is due") is (state == "scheduled")


@pytest.mark.parametrize(
    ("settings", "hours"),
    [
        ({}, None),
        ({"preset": "original"}, 24),
        ({"triggers": {"check_every_hours": 6}}, 6),
        ({"preset": "original", "triggers": {"check_every_hours": 0.5}}, 0.5),
    ],
)
def test_the_time_between_two_checks(settings: dict[str, Any], hours: float | None) -> None:
    interval = check_interval(EvolutionSettings.model_validate(settings))
    assert interval == (None if hours is None else timedelta(hours=hours))
