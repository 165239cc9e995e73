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
    return [Event(BEGIN + timedelta(hours=i), **{flag: each}) for i, each in enumerate(bad)]  # type: ignore[arg-type]


def slow(*latencies: float) -> list[Event]:
    return [Event(BEGIN + timedelta(hours=i), latency_ms=ms) for i, ms in enumerate(latencies)]


@pytest.mark.parametrize("signal", SIGNALS)
def test_nothing_known_is_none_and_no_alarm(signal: RuleName) -> None:
    for events in ([], [Event(BEGIN)] * 3):
        found = read_signal(signal, events, Triggers(), None)
        assert (found.rule, found.alarm, found.numbers["now"]) == (signal, False, None)


@pytest.mark.parametrize(("signal", "flag"), FLAGS.items())
def test_a_share_that_rises(signal: RuleName, flag: str) -> None:
    usual = [i % 20 == 0 for i in range(400)]
    more = [i % 2 == 0 for i in range(100)]
    events = flagged(flag, *usual, *more)
    found = read_signal(signal, events, Triggers(), None)
    assert found.alarm
    assert (found.numbers["before"], found.numbers["now"]) == (pytest.approx(0.05), 0.5)
    assert not read_signal(signal, events[:400], Triggers(), None).alarm
    assert not read_signal(signal, events, Triggers(), events[-1].at).alarm
    others = [name for name in FLAGS if name != signal]
    assert [read_signal(name, events, Triggers(), None).numbers["now"] for name in others] == (
        [None] * 3
    )


def test_latency_that_rises() -> None:
    usual = [10.0 + i % 5 for i in range(300)]
    found = read_signal("latency", slow(*usual, *[40.0] * 60), Triggers(), None)
    assert found.alarm
    assert (found.numbers["before"], found.numbers["now"]) == (12, 40)
    assert not read_signal("latency", slow(*usual, *[20.0] * 60), Triggers(), None).alarm


def test_latency_needs_something_to_go_by() -> None:
    found = read_signal("latency", slow(*[10.0] * 100, *[90.0] * 100), Triggers(), None)
    assert not found.alarm
    assert found.summary == "latency 90 ms, at first 50 ms"
