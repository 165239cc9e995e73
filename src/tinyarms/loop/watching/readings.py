"""The readings of the rules and signals for a skill's active version, and the verdict on it.

Only the first and the newest tasks of a long history are read, which bounds the work: the baseline
needs the first ones, and no rule in use looks back further than the newest ones. The gap adds no
evidence, so it can only delay an alarm.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from tinyarms.core.settings import EvolutionSettings, Online, RuleName, Triggers
from tinyarms.loop.searching.fruitless import Cooldown
from tinyarms.loop.watching.online_state import judge_counts
from tinyarms.monitoring.accuracy import accuracy
from tinyarms.monitoring.baseline import LAG, SIZE
from tinyarms.monitoring.detector import read_since
from tinyarms.monitoring.registry import (
    ACCURACY_RULES,
    detector_named,
    rules_in_use,
    with_shared_errors,
)
from tinyarms.monitoring.schedule import on_schedule
from tinyarms.monitoring.signals import JUDGED_BASELINE, RECENT, SIGNALS, Event, read_signal
from tinyarms.monitoring.trigger import decide
from tinyarms.monitoring.verdict import Reading, Verdict
from tinyarms.skills.skill import Skill
from tinyarms.store.db.unit_of_work import UnitOfWork

FIRST = SIZE + LAG
"""First tasks of a version that are read: enough for the whole baseline."""
NEWEST = 1000
"""Newest tasks and answers that are read. More: each check reads more rows. No rule in use looks
back further."""


def read_verdict(
    work: UnitOfWork,
    settings: EvolutionSettings,
    skill: Skill,
    version: int,
    rules: Sequence[RuleName] | None,
    cooldown: Cooldown,
    now: datetime,
    online: Online | None = None,
) -> Verdict:
    """The verdict of the rules in use on the version.

    `rules`: the rules and signals to read, which must include those in use; `None`: only those.
    `online`: the judge of the skill's tasks.
    """
    counts = online is not None and judge_counts(work, skill.name, online)
    in_use = rules_in_use(settings.triggers, settings.preset, counts)
    triggers = with_shared_errors(settings.triggers, in_use)
    rules, evolved_at = in_use if rules is None else rules, cooldown.evolved_at
    outcomes = known_outcomes(work, skill.name, version)
    readings = [
        *read_rules(rules, outcomes, triggers, evolved_at),
        *read_signals(work, rules, skill.name, version, triggers, evolved_at, online),
    ]
    window = triggers.sample_size if "original" in in_use else max(RECENT, triggers.sample_size)
    recent = accuracy(success for success, _ in outcomes[-window:])
    verdict = decide(readings, in_use, recent, cooldown.triggers, evolved_at, now)
    if may_be_scheduled(settings, skill):
        verdict = on_schedule(verdict, cooldown.triggers, evolved_at, now)
    return verdict


def may_be_scheduled(settings: EvolutionSettings, skill: Skill) -> bool:
    """Whether the schedule applies to the skill: searches are possible and allowed."""
    return settings.enabled and skill.evolvable and skill.scorer is not None


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
    online: Online | None = None,
) -> list[Reading]:
    """The readings of those `rules` that are signals, in the order of `SIGNALS`; that of the judge
    only if the skill has one."""
    chosen = [signal for signal in SIGNALS if signal in set(rules)]
    if online is None:
        chosen = [signal for signal in chosen if signal != "judged"]
    if not chosen:
        return []
    events = _events(work, name, version)
    if online is not None and "judged" in chosen:
        events += _judged(work, name, version, online)
    return [read_signal(signal, events, triggers, evolved_at) for signal in chosen]


def _judged(work: UnitOfWork, name: str, version: int, online: Online) -> list[Event]:
    grades = work.grades.of_version(name, version, online.key, JUDGED_BASELINE, NEWEST)
    return [
        Event(at=grade.task_at, judged_bad=grade.score < online.success_at)
        for grade in grades
        if grade.score is not None
    ]


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
