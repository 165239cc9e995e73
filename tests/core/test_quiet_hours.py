from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tinyarms.core.quiet_hours import quiet_until
from tinyarms.core.settings import EvolutionSettings


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two hours before UTC in winter, three in summer."""
    monkeypatch.setenv("TZ", "EET-2EEST,M3.5.0/3,M10.5.0/4")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def at(hour: int, minute: int = 0, day: int = 10, month: int = 1) -> datetime:
    return datetime(2024, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        (at(19, 59), None),  # 21:59
        (at(20), at(5, day=11)),
        (at(21, 59), at(5, day=11)),  # 23:59
        (at(22), at(5, day=11)),  # midnight
        (at(4, 59), at(5)),
        (at(5), None),
        (at(12), None),
    ],
)
def test_over_midnight_in_local_time(zone: None, now: datetime, until: datetime | None) -> None:
    assert quiet_until("22:00-07:00", now) == until


def test_within_a_day(zone: None) -> None:
    assert quiet_until("9:30-17:00", at(7, 30)) == at(15)
    assert quiet_until("9:30-17:00", at(7, 29)) is None
    assert quiet_until("9:30-17:00", at(15)) is None


def test_the_night_on_which_the_clocks_change(zone: None) -> None:
    """It ends at seven on the wall clock, after one hour less."""
    assert quiet_until("22:00-07:00", at(20, day=30, month=3)) == at(4, day=31, month=3)


def test_none_are_set() -> None:
    assert quiet_until(None, at(3)) is None


@pytest.mark.slow
@given(st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2030, 1, 1)))
def test_they_end_within_a_day_and_are_over_then(moment: datetime) -> None:
    now = moment.replace(tzinfo=UTC)
    until = quiet_until("22:00-07:00", now)
    if until is not None:
        assert now < until <= now + timedelta(hours=10)
        assert quiet_until("22:00-07:00", until) is None


@pytest.mark.parametrize("text", ["22:00", "25:00-07:00", "22:61-07:00", "7:00-07:00", "night"])
def test_what_is_no_span_of_hours(text: str) -> None:
    with pytest.raises(ValidationError, match="quiet_hours"):
        EvolutionSettings.model_validate({"quiet_hours": text})
    assert EvolutionSettings.model_validate({"quiet_hours": "22:00-07:00"}).quiet_hours
