"""Signals beside accuracy, which alone is blind: each a stream of good and bad events.

A stream is watched as accuracy is (`monitoring.drop`): the share of good events against that of
the version's first 200. What is bad: a broken contract, a correction, a skipped ballot, a ballot
answered with "none of these", a task that took more than twice the median of the first 200.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from statistics import median

from tinyarms.core.settings import RuleName, Triggers
from tinyarms.monitoring.baseline import SIZE
from tinyarms.monitoring.detector import replay
from tinyarms.monitoring.detectors.drop import Drop
from tinyarms.monitoring.verdict import Reading

SIGNALS: tuple[RuleName, ...] = (
    "latency",
    "contract_violations",
    "corrections",
    "skips",
    "none_of_these",
)
RECENT = 50
_SLOW = 2.0
_FLAGS = {
    "contract_violations": attrgetter("violated"),
    "corrections": attrgetter("corrected"),
    "skips": attrgetter("skipped"),
    "none_of_these": attrgetter("none_of_these"),
}


@dataclass(frozen=True)
class Event:
    """A task or a ballot, as far as signals need it. `None`: does not say."""

    at: datetime
    latency_ms: float | None = None
    violated: bool | None = None
    corrected: bool | None = None
    """Of a task with a known outcome."""
    skipped: bool | None = None
    none_of_these: bool | None = None


def read_signal(
    name: RuleName, events: Sequence[Event], triggers: Triggers, evolved_at: datetime | None
) -> Reading:
    """What one of `SIGNALS` says. `events`: oldest first, the version's first ones among them."""
    if name == "latency":
        return _latency(events, triggers, evolved_at)
    flag_of = _FLAGS[name]
    flags = [(flag_of(event), event.at) for event in events]
    bad = [(flag, at) for flag, at in flags if flag is not None]
    found = replay(Drop(triggers, name=name), ((not flag, at) for flag, at in bad), evolved_at)
    lately = [flag for flag, _ in bad[-RECENT:]]
    now = sum(lately) / len(lately) if lately else None
    first = found.numbers.get("baseline")
    before = None if first is None else 1 - first
    numbers = {"now": now, "n": len(lately), "before": before, **found.numbers}
    if now is None or before is None:
        return Reading(name, False, numbers, "not known yet")
    called = name.replace("_", " ")
    return Reading(name, found.alarm, numbers, f"{called} {now:.1%}, at first {before:.1%}")


def _latency(events: Sequence[Event], triggers: Triggers, evolved_at: datetime | None) -> Reading:
    """No alarm before there are 200 tasks to say what is usual."""
    times = [(event.latency_ms, event.at) for event in events if event.latency_ms is not None]
    values = [ms for ms, _ in times]
    now = median(values[-RECENT:]) if values else None
    before = median(values[:SIZE]) if values else None
    numbers = {"now": now, "n": len(values[-RECENT:]), "before": before}
    if now is None or before is None:
        return Reading("latency", False, numbers, "not known yet")
    said = f"latency {now:.0f} ms, at first {before:.0f} ms"
    if len(values) <= SIZE:
        return Reading("latency", False, numbers, said)
    good = ((ms <= _SLOW * before, at) for ms, at in times)
    found = replay(Drop(triggers, name="latency"), good, evolved_at)
    return Reading("latency", found.alarm, {**numbers, **found.numbers}, said)
