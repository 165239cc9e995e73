"""Properties of every rule that watches accuracy."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyarms.core.settings import RuleName, Triggers
from tinyarms.monitoring.detector import read_since
from tinyarms.monitoring.registry import ACCURACY_RULES, detector_named
from tinyarms.monitoring.signals import SIGNALS
from tinyarms.monitoring.verdict import Reading

BEGIN = datetime(2024, 11, 3, 10, tzinfo=UTC)
each_rule = pytest.mark.parametrize("name", ACCURACY_RULES)
restarts = pytest.mark.parametrize("name", [name for name in ACCURACY_RULES if name != "original"])
quick = settings(max_examples=15, deadline=None)
streams = st.lists(st.booleans(), max_size=120)


def draw(n: int, rate: float, seed: int = 1) -> list[bool]:
    rng = random.Random(seed)
    return [rng.random() < rate for _ in range(n)]


def read(name: RuleName, outcomes: list[bool]) -> Reading:
    return detector_named(name, Triggers()).read(outcomes)


def timed(outcomes: list[bool]) -> list[tuple[bool, datetime]]:
    return [(outcome, BEGIN + timedelta(hours=i)) for i, outcome in enumerate(outcomes)]


HEALTHY, WORSE = draw(600, 0.92), draw(400, 0.5)


def test_every_name_in_the_settings_is_a_detector_or_a_signal() -> None:
    assert sorted(get_args(RuleName)) == sorted([*ACCURACY_RULES, *SIGNALS])


@pytest.mark.slow
@each_rule
def test_a_detector_has_the_name_of_its_rule(name: RuleName) -> None:
    assert detector_named(name, Triggers()).name == name
    assert read(name, []).rule == name


@each_rule
def test_no_outcomes_raise_no_alarm(name: RuleName) -> None:
    reading = read(name, [])
    assert not reading.alarm
    assert 0.0 not in {reading.numbers.get(key) for key in ("accuracy", "mean", "baseline")}


@each_rule
def test_a_healthy_version_raises_no_alarm(name: RuleName) -> None:
    assert not read(name, HEALTHY).alarm
    assert not read(name, [True] * 500).alarm


@each_rule
def test_a_large_drop_raises_an_alarm(name: RuleName) -> None:
    assert read(name, HEALTHY + WORSE).alarm


@each_rule
def test_an_alarm_ends_after_a_recovery(name: RuleName) -> None:
    assert not read(name, HEALTHY + WORSE + draw(1000, 0.97, 2)).alarm


@each_rule
def test_an_improvement_raises_no_alarm(name: RuleName) -> None:
    assert not read(name, draw(600, 0.85) + [True] * 400).alarm


@each_rule
@quick
@given(streams)
def test_a_reading_is_repeatable_and_goes_into_json(name: RuleName, outcomes: list[bool]) -> None:
    reading = read(name, outcomes)
    assert read(name, outcomes) == reading
    assert reading.summary and not reading.summary.endswith(".")
    assert json.loads(json.dumps(reading.numbers, allow_nan=False)) == reading.numbers


@each_rule
@quick
@given(streams, st.integers(0, 120))
def test_alarms_equal_the_readings_after_each_outcome(
    name: RuleName, outcomes: list[bool], since: int
) -> None:
    """No alarm depends on an outcome after it."""
    detector = detector_named(name, Triggers(false_alarms_per_1000=50))
    ends = range(since + 1, len(outcomes) + 1)
    one_by_one = [detector.read(outcomes[:end], since).alarm for end in ends]
    assert detector.alarms(outcomes, since) == one_by_one


@restarts
def test_after_an_evolution_an_alarm_needs_new_outcomes(name: RuleName) -> None:
    outcomes = timed(HEALTHY + WORSE)

    def after(evolved_at: datetime) -> Reading:
        return read_since(detector_named(name, Triggers()), outcomes, evolved_at)

    assert after(BEGIN - timedelta(days=1)).alarm
    assert not after(outcomes[-1][1] + timedelta(days=1)).alarm
    assert not after(outcomes[-10][1]).alarm


@pytest.mark.parametrize("name", ["drop", "floor"])
def test_the_baseline_outlives_an_evolution(name: RuleName) -> None:
    outcomes = timed(HEALTHY + WORSE)
    began = outcomes[len(HEALTHY) + 100][1]
    assert read_since(detector_named(name, Triggers()), outcomes, began).alarm


@each_rule
def test_detectors_do_not_share_settings(name: RuleName) -> None:
    """Two detectors with different settings do not affect each other."""
    one, other = (detector_named(name, Triggers(accuracy_threshold=share)) for share in (0.8, 0.99))
    reading = one.read(HEALTHY)
    other.read(HEALTHY)
    assert one.read(HEALTHY) == reading == read(name, HEALTHY)
