"""What the rules and signals read of a skill's active version.

Of a long history only the beginning and the newest part are read, which bounds the work: the
baseline is the beginning, and no rule in use looks back further than the newest part. The gap
adds no evidence, so it can only make an alarm later.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from tinyarms.core.settings import RuleName, Triggers
from tinyarms.monitoring.baseline import LAG, SIZE
from tinyarms.monitoring.detector import replay
from tinyarms.monitoring.registry import ACCURACY_RULES, detector_named
from tinyarms.monitoring.signals import SIGNALS, Event, read_signal
from tinyarms.monitoring.verdict import Reading
from tinyarms.store.db.unit_of_work import UnitOfWork

FIRST, NEWEST = SIZE + LAG, 1000


def known_outcomes(work: UnitOfWork, name: str, version: int) -> list[tuple[bool, datetime]]:
    """The version's known outcomes with the times of their tasks, oldest first."""
    seen = work.tasks.ends(name, version, FIRST, NEWEST, known=True)
    return [(task.success, task.created_at) for task in seen if task.success is not None]


def read_rules(
    rules: Iterable[RuleName],
    outcomes: list[tuple[bool, datetime]],
    triggers: Triggers,
    evolved_at: datetime | None,
) -> list[Reading]:
    """Those of `rules` that watch accuracy, in the order of `ACCURACY_RULES`."""
    chosen = set(rules)
    return [
        replay(detector_named(rule, triggers), outcomes, evolved_at)
        for rule in ACCURACY_RULES
        if rule in chosen
    ]


def read_signals(
    work: UnitOfWork,
    rules: Iterable[RuleName],
    name: str,
    version: int,
    triggers: Triggers,
    evolved_at: datetime | None,
) -> list[Reading]:
    """Those of `rules` that are signals, in the order of `SIGNALS`."""
    chosen = [signal for signal in SIGNALS if signal in set(rules)]
    if not chosen:
        return []
    events = _events(work, name, version)
    return [read_signal(signal, events, triggers, evolved_at) for signal in chosen]


def _events(work: UnitOfWork, name: str, version: int) -> list[Event]:
    active = work.history.active(name)
    since = active.active_from if active is not None and active.version == version else None
    tasks = work.tasks.ends(name, version, FIRST, NEWEST, known=False, since=since)
    answers = work.experiments.newest_answers(name, NEWEST)
    events = [
        Event(
            at=task.created_at,
            latency_ms=task.latency_ms,
            violated=task.violated,
            corrected=task.corrected,
        )
        for task in tasks
    ]
    events += [
        Event(at=at, skipped=answer == "skip", none_of_these=answer == "none")
        for answer, at in answers
    ]
    return events
