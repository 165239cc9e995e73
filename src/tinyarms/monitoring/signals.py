"""Signals besides accuracy, which alone can miss a problem. Each is a stream of good and bad
events.

A signal is watched like accuracy (`monitoring.detectors.drop`): its share of good events is
compared with their share in the version's first 200 events, or of a judge's grades the first
1,000. Bad events are a broken contract, a
correction, a skipped ballot, a ballot answered with "none of these", a task that took more than
twice the median latency of the first 200 tasks, and an output that the skill's `online` judge
grades as bad.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from statistics import median

from tinyarms.core.settings import RuleName, Triggers
from tinyarms.monitoring.baseline import SIZE
from tinyarms.monitoring.detector import read_since
from tinyarms.monitoring.detectors.drop import Drop
from tinyarms.monitoring.verdict import Reading

SIGNALS: tuple[RuleName, ...] = (
    "latency",
    "contract_violations",
    "corrections",
    "skips",
    "none_of_these",
    "judged",
)
RECENT = 50
"""Newest events that the value `now` covers. More make it steadier. No alarm depends on it."""
JUDGED_BASELINE = 1000
"""Grades in the complete baseline of the signal `judged`. A judge that is often wrong moves the
share of good grades little, so the usual share must be known better than that of outcomes, and
there are more grades than outcomes. Higher: it takes longer to complete."""
_SLOW = 2.0
"""A task is slow if it takes more than this many times the median latency of the first 200 tasks.
Higher: only larger slowdowns raise the alarm."""
_FLAGS = {
    "contract_violations": attrgetter("violated"),
    "corrections": attrgetter("corrected"),
    "skips": attrgetter("skipped"),
    "none_of_these": attrgetter("none_of_these"),
    "judged": attrgetter("judged_bad"),
}
_LABELS: Mapping[RuleName, str] = {"judged": "judged bad"}
"""Signals whose name is not what their share is of."""


@dataclass(frozen=True)
class Event:
    """What a task or a ballot says about each signal; `None`: nothing."""

    at: datetime
    latency_ms: float | None = None
    violated: bool | None = None
    corrected: bool | None = None
    """Whether the output was corrected, for a task whose outcome a user gave."""
    skipped: bool | None = None
    none_of_these: bool | None = None
    judged_bad: bool | None = None
    """Whether the judge found a task's output bad, for a task of its random sample."""


def read_signal(
    name: RuleName, events: Sequence[Event], triggers: Triggers, evolved_at: datetime | None
) -> Reading:
    """Read one of `SIGNALS`.

    Parameters
    ----------
    events
        The version's events, oldest first, including its first ones.
    triggers
        `false_alarms_per_1000` sets the evidence that an alarm needs, as in `Drop`.
    evolved_at
        When the last evolution began: an alarm needs events after it. `None`: there was none.

    Examples
    --------
    A version whose outputs begin to break their contract:

    >>> from datetime import UTC, datetime
    >>> from tinyarms.core.settings import Triggers
    >>> from tinyarms.monitoring.signals import Event, read_signal
    >>> at = datetime(2024, 11, 1, tzinfo=UTC)
    >>> events = [Event(at, violated=False)] * 200 + [Event(at, violated=True)] * 20
    >>> reading = read_signal("contract_violations", events, Triggers(), evolved_at=None)
    >>> reading.alarm, reading.summary
    (True, 'contract violations 40.0%, at first 0.0%')
    """
    if name == "latency":
        return _latency(events, triggers, evolved_at)
    flag_of = _FLAGS[name]
    flags = [(flag_of(event), event.at) for event in events]
    known_flags = [(is_bad, at) for is_bad, at in flags if is_bad is not None]
    if not known_flags:
        return Reading(name, False, {"now": None, "n": 0, "before": None}, "not known yet")
    good_flags = ((not is_bad, at) for is_bad, at in known_flags)
    baseline = JUDGED_BASELINE if name == "judged" else SIZE
    reading = read_since(Drop(triggers, name=name, baseline=baseline), good_flags, evolved_at)
    recent = [is_bad for is_bad, _ in known_flags[-RECENT:]]
    now = sum(recent) / len(recent)
    at_first = 1 - (reading.numbers["baseline"] or 0.0)
    numbers = {"now": now, "n": len(recent), "before": at_first, **reading.numbers}
    label = _LABELS.get(name) or name.replace("_", " ")
    return Reading(name, reading.alarm, numbers, f"{label} {now:.1%}, at first {at_first:.1%}")


def _latency(events: Sequence[Event], triggers: Triggers, evolved_at: datetime | None) -> Reading:
    """Read the latency signal: it raises no alarm before 200 tasks have shown the usual latency."""
    latencies = [(event.latency_ms, event.at) for event in events if event.latency_ms is not None]
    values = [ms for ms, _ in latencies]
    now = median(values[-RECENT:]) if values else None
    usual_ms = median(values[:SIZE]) if values else None
    numbers = {"now": now, "n": len(values[-RECENT:]), "before": usual_ms}
    if now is None or usual_ms is None:
        return Reading("latency", False, numbers, "not known yet")
    summary = f"latency {now:.0f} ms, at first {usual_ms:.0f} ms"
    if len(values) <= SIZE:
        return Reading("latency", False, numbers, summary)
    is_fast = ((ms <= _SLOW * usual_ms, at) for ms, at in latencies)
    reading = read_since(Drop(triggers, name="latency"), is_fast, evolved_at)
    return Reading("latency", reading.alarm, {**numbers, **reading.numbers}, summary)
