"""Look once at the skills: is one getting worse, or is a scheduled evolution due?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from tinyarms.core.errors import ConfigError, PromptError, TinyArmsError
from tinyarms.core.quiet_hours import quiet_until
from tinyarms.core.settings import RuleName
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.listener import Listener
from tinyarms.loop.releasing.holdback_check import last_evolution
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.searching.answer import EvolveView
from tinyarms.loop.searching.request import SearchRequest, Trigger
from tinyarms.loop.searching.run import evolve
from tinyarms.loop.testing.conclude import conclude_due
from tinyarms.loop.watching.readings import known_outcomes, read_rules, read_signals
from tinyarms.monitoring.accuracy import accuracy
from tinyarms.monitoring.registry import ACCURACY_RULES, rules_in_use
from tinyarms.monitoring.schedule import due_at, on_schedule
from tinyarms.monitoring.signals import RECENT, SIGNALS
from tinyarms.monitoring.trigger import decide
from tinyarms.monitoring.verdict import Reading, Verdict
from tinyarms.store.db.records import SessionRecord

Evolve = Callable[[str, Verdict], str]
"""(skill, what was seen) → what was done, in one sentence."""


@dataclass(frozen=True)
class SkillCheck:
    """What the monitor sees of a skill."""

    skill: str
    triggered: bool
    """Whether the skill has dropped."""
    reason: str | None
    """`accuracy_drop`, `drift` or `scheduled`; `None` if no evolution is due."""
    accuracy: float | None
    n: int
    explanation: str
    """What was seen, in words."""
    would: str
    """What happens next, or what was done, in words."""
    readings: tuple[Reading, ...] = ()
    """What every rule and signal sees, those that are not in use too."""
    rules_in_use: tuple[str, ...] = ()
    """The rules that may begin an evolution."""


def monitor_once(
    context: Context, names: Sequence[str] | None = None, on_drop: Evolve | None = None
) -> list[SkillCheck]:
    """Check the skills (all, if none are named), and conclude live tests that are decided.

    `on_drop` is called for each skill of which an evolution is due, after a drop or on schedule;
    without it, what would happen is said.
    A skill whose prompt file is broken is reported as such, and the others are checked.
    """
    chosen = list(names) if names is not None else list(context.project.skills)
    for name in chosen:
        context.skill(name)
    return [_check(context, name, on_drop) for name in chosen]


def verdict_on(context: Context, name: str, version: int) -> Verdict:
    """What the rules in use say of the version."""
    settings = context.project.settings
    return _look(context, name, version, rules_in_use(settings.triggers, settings.preset))[0]


def _look(
    context: Context, name: str, version: int, rules: Sequence[RuleName]
) -> tuple[Verdict, list[Reading]]:
    """Read these rules; those of them that are in use decide."""
    settings = context.project.settings
    triggers, used = settings.triggers, rules_in_use(settings.triggers, settings.preset)
    with context.store.read() as work:
        since = last_evolution(work, name)
        outcomes = known_outcomes(work, name, version)
        readings = [
            *read_rules(rules, outcomes, triggers, since),
            *read_signals(work, rules, name, version, triggers, since),
        ]
    window = triggers.sample_size if "original" in used else max(RECENT, triggers.sample_size)
    recent = accuracy(success for success, _ in outcomes[-window:])
    now = context.clock()
    verdict = decide(readings, used, recent, triggers, since, now)
    if may_be_scheduled(context, name):
        verdict = on_schedule(verdict, triggers, since, now)
    return verdict, readings


def scheduled_at(context: Context, name: str) -> datetime | None:
    """When the next scheduled evolution of the skill is due; `None` if none ever is."""
    if not may_be_scheduled(context, name):
        return None
    with context.store.read() as work:
        since = last_evolution(work, name)
    return due_at(context.project.settings.triggers, since, context.clock())


def may_be_scheduled(context: Context, name: str) -> bool:
    """Whether a schedule holds for the skill: a search of it is possible, and allowed."""
    skill = context.skill(name).skill
    return context.project.settings.enabled and skill.evolvable and skill.scorer is not None


def _check(context: Context, name: str, on_drop: Evolve | None) -> SkillCheck:
    try:
        conclude_due(context, name)
        version = active_version(context, name)
    except (PromptError, ConfigError) as error:
        return SkillCheck(name, False, None, None, 0, str(error), "")
    verdict, readings = _look(context, name, version.number, (*ACCURACY_RULES, *SIGNALS))
    session = open_session(context, name)
    settings = context.project.settings
    hindrance = hindrance_of(context, name)
    left = session is not None and is_left_behind(session)
    if hindrance is None and session is not None and not left:
        hindrance = f"An evolution session is open already ({session.state.words})."
    if left and hindrance is None and on_drop is not None:
        would = on_drop(name, verdict)
    elif not verdict.begins_search:
        would = ""
    elif hindrance is not None:
        would = hindrance
    elif on_drop is not None:
        would = on_drop(name, verdict)
    else:
        would = f"Evolve it: tinyarms prompt evolve {name}"
    return SkillCheck(
        skill=name,
        triggered=verdict.triggered,
        reason=verdict.reason,
        accuracy=verdict.numbers.accuracy,
        n=verdict.numbers.n,
        explanation=verdict.explanation,
        would=would,
        readings=tuple(readings),
        rules_in_use=rules_in_use(settings.triggers, settings.preset),
    )


def open_session(context: Context, name: str) -> SessionRecord | None:
    """The skill's session that has not ended."""
    with context.store.read() as work:
        return work.sessions.open(name)


def is_left_behind(session: SessionRecord) -> bool:
    """Whether it is a search that whoever watches has to go on with, as no person began it.

    One that a person began and left is theirs, until a drop or the schedule makes a search due.
    """
    return session.in_search and session.trigger_reason != "manual"


def evolve_for(context: Context, name: str, verdict: Verdict, listener: Listener) -> EvolveView:
    """Evolve a skill because of what was seen, or go on with the search that is open.

    Each search of a skill has a seed of its own: the same one again would find the same. Raises
    what `evolve` raises.
    """
    with context.store.read() as work:
        seed = len(work.sessions.all(name))
    trigger = Trigger(reason=verdict.reason or "manual", numbers=verdict.numbers)
    return evolve(context, SearchRequest(skill=name, seed=seed, trigger=trigger), listener)


def go_on(context: Context, session: SessionRecord, listener: Listener) -> EvolveView:
    """Go on with a search that was interrupted. Raises what `evolve` raises."""
    trigger = Trigger(reason=session.trigger_reason, numbers=session.trigger_numbers)
    request = SearchRequest(skill=session.skill, seed=session.seed, trigger=trigger)
    return evolve(context, request, listener)


def evolve_on_drop(context: Context, listener: Listener) -> Evolve:
    """What `monitor_once` does about a drop: evolve the skill now.

    A search that cannot be made is said in its sentence, so that other skills are still checked.
    """

    def begin(name: str, verdict: Verdict) -> str:
        try:
            found = evolve_for(context, name, verdict, listener)
        except TinyArmsError as error:
            return f"It could not be evolved: {error}"
        return {
            "testing": f"It was evolved; users choose now: tinyarms prompt vote {name}",
            "kept": "It was evolved, but no variant passed the offline gate.",
            "nothing_better": "It was evolved, and nothing better was found.",
            "not_worth_it": "A search was not worth it: the probe saw no room for better prompts.",
        }[found.result]

    return begin


def hindrance_of(context: Context, name: str) -> str | None:
    """Why the settings forbid to evolve the skill now."""
    skill, settings = context.skill(name).skill, context.project.settings
    if not skill.evolvable:
        return f"It is not evolved: {skill.reason or 'evolvable: false'}."
    if not settings.enabled:
        return "It is not evolved: enabled is false in config/constants.yaml."
    if quiet_until(settings.quiet_hours, context.clock()) is not None:
        return f"It is not evolved now: quiet hours ({settings.quiet_hours})."
    return None
