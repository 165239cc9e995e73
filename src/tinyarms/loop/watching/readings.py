"""The readings of the rules and signals for a skill's active version, and the verdict on it.

Only the first and the newest tasks of a long history are read, which bounds the work: the baseline
needs the first ones, and no rule in use looks back further than the newest ones. The gap adds no
evidence, so it can only delay an alarm.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from tinyarms.core.settings import RuleName, Triggers
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.holdback_check import last_evolution
from tinyarms.loop.searching.fruitless import triggers_now
from tinyarms.monitoring.accuracy import accuracy
from tinyarms.monitoring.baseline import LAG, SIZE
from tinyarms.monitoring.detector import read_since
from tinyarms.monitoring.registry import ACCURACY_RULES, detector_named, rules_in_use
from tinyarms.monitoring.schedule import due_at, on_schedule
from tinyarms.monitoring.signals import RECENT, SIGNALS, Event, read_signal
from tinyarms.monitoring.trigger import decide
from tinyarms.monitoring.verdict import Reading, Verdict
from tinyarms.store.db.unit_of_work import UnitOfWork

FIRST = SIZE + LAG
"""First tasks of a version that are read: enough for the whole baseline."""
NEWEST = 1000
"""Newest tasks and answers that are read. More: each check reads more rows. No rule in use looks
back further."""


def verdict_on(context: Context, name: str, version: int) -> Verdict:
    """The verdict of the rules in use on the version."""
    settings = context.project.settings
    return look(context, name, version, rules_in_use(settings.triggers, settings.preset))[0]


def look(
    context: Context, name: str, version: int, rules: Sequence[RuleName]
) -> tuple[Verdict, list[Reading]]:
    """Read these rules and signals for the version; the verdict depends on those in use."""
    settings = context.project.settings
    triggers, in_use = settings.triggers, rules_in_use(settings.triggers, settings.preset)
    with context.store.read() as work:
        evolved_at = last_evolution(work, name)
        waiting = triggers_now(context, work, name)
        outcomes = known_outcomes(work, name, version)
        readings = [
            *read_rules(rules, outcomes, triggers, evolved_at),
            *read_signals(work, rules, name, version, triggers, evolved_at),
        ]
    window = triggers.sample_size if "original" in in_use else max(RECENT, triggers.sample_size)
    recent = accuracy(success for success, _ in outcomes[-window:])
    now = context.clock()
    verdict = decide(readings, in_use, recent, waiting, evolved_at, now)
    if _may_be_scheduled(context, name):
        verdict = on_schedule(verdict, waiting, evolved_at, now)
    return verdict, readings


def scheduled_at(
    context: Context, name: str, waiting: Triggers, evolved_at: datetime | None, now: datetime
) -> datetime | None:
    """When the next scheduled evolution of the skill is due; `None` if none ever is.

    `waiting`: the triggers, with a longer wait after fruitless searches. `evolved_at`: when the
    last evolution began.
    """
    return due_at(waiting, evolved_at, now) if _may_be_scheduled(context, name) else None


def _may_be_scheduled(context: Context, name: str) -> bool:
    """Whether the schedule applies to the skill: searches are possible and allowed."""
    skill = context.skill(name).skill
    return context.project.settings.enabled and skill.evolvable and skill.scorer is not None


def known_outcomes(work: UnitOfWork, name: str, version: int) -> list[tuple[bool, datetime]]:
    """The version's known outcomes with the times of their tasks, oldest first."""
    tasks = work.tasks.first_and_newest(name, version, FIRST, NEWEST, known=True)
    return [(task.success, task.created_at) for task in tasks if task.success is not None]


def read_rules(
    rules: Iterable[RuleName],
    outcomes: list[tuple[bool, datetime]],
    triggers: Triggers,
    evolved_at: datetime | None,
) -> list[Reading]:
    """The readings of those `rules` that watch accuracy, in the order of `ACCURACY_RULES`."""
    chosen = set(rules)
    return [
        read_since(detector_named(rule, triggers), outcomes, evolved_at)
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
    """The readings of those `rules` that are signals, in the order of `SIGNALS`."""
    chosen = [signal for signal in SIGNALS if signal in set(rules)]
    if not chosen:
        return []
    events = _events(work, name, version)
    return [read_signal(signal, events, triggers, evolved_at) for signal in chosen]


def _events(work: UnitOfWork, name: str, version: int) -> list[Event]:
    active = work.history.active(name)
    since = active.active_from if active is not None and active.version == version else None
    tasks = work.tasks.first_and_newest(name, version, FIRST, NEWEST, known=False, since=since)
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
