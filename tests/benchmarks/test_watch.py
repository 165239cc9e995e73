"""The counts of the benchmark `watch`."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

import bench_watch as watch
from tinyarms.monitoring.detector import Detector
from tinyarms.monitoring.registry import ACCURACY_RULES
from tinyarms.monitoring.verdict import Reading

pytestmark = pytest.mark.slow


class Third:
    """Alarms at every third outcome after a restart."""

    name = "third"

    def alarms(self, outcomes: Sequence[bool], since: int = 0) -> list[bool]:
        return [n == 3 for n in range(1, len(outcomes) - since + 1)]

    def read(self, outcomes: Sequence[bool], since: int = 0) -> Reading:
        return Reading(self.name, self.alarms(outcomes, since)[-1], {}, "counts")


class Failure(Third):
    """Alarms at a failure."""

    def alarms(self, outcomes: Sequence[bool], since: int = 0) -> list[bool]:
        return [not success for success in outcomes[since:]]


def rule(make: type[Detector], every: int = 1) -> watch.Rule:
    return watch.Rule("made up", lambda _: [make()], every)


def test_alarms_are_counted_and_restart_the_detector(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "LIFE", 300)
    assert watch.false_alarms(rule(Third), 0.9, 2).value == pytest.approx(1000 / 3)
    assert watch.false_alarms(rule(Failure), 1.0, 2).value == 0


def test_the_delay_begins_with_the_fall() -> None:
    assert watch.delay(rule(Failure), 1.0, 0.0, 5) == [1.0] * 5
    assert watch.delay(rule(Third), 1.0, 0.0, 2, after=4) == [2.0, 2.0]


def test_a_rule_that_looks_once_a_day_sees_it_then() -> None:
    assert watch.delay(rule(Failure, every=20), 1.0, 0.0, 3, after=25) == [15.0] * 3


def test_every_rule_of_the_product_is_in_the_table() -> None:
    names = {detector.name for each in watch.RULES for detector in each.make(0.9)}
    assert names == set(ACCURACY_RULES)
