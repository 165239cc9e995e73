from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tinyarms.core.settings import RuleName, Triggers
from tinyarms.monitoring.signals import SIGNALS, Event, read_signal

BEGIN = datetime(2024, 11, 3, 10, tzinfo=UTC)
FLAGS: dict[RuleName, str] = {
    "contract_violations": "violated",
    "corrections": "corrected",
    "skips": "skipped",
    "none_of_these": "none_of_these",
}


def flagged(flag: str, *bad: bool) -> list[Event]:
    return [Event(BEGIN + timedelta(hours=i), **{flag: is_bad}) for i, is_bad in enumerate(bad)]  # type: ignore[arg-type]


def with_latencies(*latencies: float) -> list[Event]:
    return [Event(BEGIN + timedelta(hours=i), latency_ms=ms) for i, ms in enumerate(latencies)]


@pytest.mark.parametrize("signal", SIGNALS)
def test_without_events_there_is_no_value_and_no_alarm(signal: RuleName) -> None:
    for events in ([], [Event(BEGIN)] * 3):
        reading = read_signal(signal, events, Triggers(), None)
        assert (reading.rule, reading.alarm, reading.numbers["now"]) == (signal, False, None)


@pytest.mark.parametrize(("signal", "flag"), FLAGS.items())
def test_a_rising_share_of_bad_events_raises_an_alarm(signal: RuleName, flag: str) -> None:
    usual = [i % 20 == 0 for i in range(400)]
    more = [i % 2 == 0 for i in range(100)]
    events = flagged(flag, *usual, *more)
    reading = read_signal(signal, events, Triggers(), None)
    assert reading.alarm
    assert (reading.numbers["before"], reading.numbers["now"]) == (pytest.approx(0.05), 0.5)
    assert not read_signal(signal, events[:400], Triggers(), None).alarm
    assert not read_signal(signal, events, Triggers(), events[-1].at).alarm
    others = [name for name in FLAGS if name != signal]
    assert [read_signal(name, events, Triggers(), None).numbers["now"] for name in others] == (
        [None] * 3
    )


def test_a_rising_latency_raises_an_alarm() -> None:
    usual = [10.0 + i % 5 for i in range(300)]
    reading = read_signal("latency", with_latencies(*usual, *[40.0] * 60), Triggers(), None)
    assert reading.alarm
    assert (reading.numbers["before"], reading.numbers["now"]) == (12, 40)
    assert not read_signal("latency", with_latencies(*usual, *[20.0] * 60), Triggers(), None).alarm


def test_latency_raises_no_alarm_before_200_tasks() -> None:
    reading = read_signal("latency", with_latencies(*[10.0] * 100, *[90.0] * 100), Triggers(), None)
    assert not reading.alarm
    assert reading.summary == "latency 90 ms, at first 50 ms"
