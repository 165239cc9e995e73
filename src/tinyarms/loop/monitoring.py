"""Look once at the skills: is one getting worse?"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from tinyarms.core.errors import ConfigError, PromptError
from tinyarms.loop.conclusions import conclude_due
from tinyarms.loop.context import Context
from tinyarms.loop.versions import active_version
from tinyarms.loop.views import SkillCheck
from tinyarms.monitoring.original_trigger import check
from tinyarms.monitoring.verdict import Verdict
from tinyarms.store.records import SessionRecord

Evolve = Callable[[str, Verdict], str]
"""(skill, what was seen) → what was done, in one sentence."""


def monitor_once(
    context: Context, names: Sequence[str] | None = None, evolve: Evolve | None = None
) -> list[SkillCheck]:
    """Check the skills (all, if none are named), and conclude live tests that are decided.

    `evolve` is called for each drop that may be evolved; without it, what would happen is said.
    A skill whose prompt file is broken is reported as such, and the others are checked.
    """
    chosen = list(names) if names is not None else list(context.project.skills)
    for name in chosen:
        context.skill(name)
    return [_check(context, name, evolve) for name in chosen]


def verdict_on(context: Context, name: str, version: int) -> Verdict:
    """What the trigger says of the version's newest outcomes."""
    triggers = context.project.settings.triggers
    with context.store.read() as work:
        known = work.tasks.outcomes(name, version=version, limit=triggers.sample_size)
        latest = work.sessions.latest(name)
    outcomes = [success for success, _ in known]
    return check(outcomes, triggers, latest.triggered_at if latest else None, context.clock())


def _check(context: Context, name: str, evolve: Evolve | None) -> SkillCheck:
    try:
        conclude_due(context, name)
        version = active_version(context, name)
    except (PromptError, ConfigError) as error:
        return SkillCheck(name, False, None, None, 0, str(error), "")
    verdict = verdict_on(context, name, version.number)
    with context.store.read() as work:
        session = work.sessions.open(name)
    hindrance = _hindrance(context, name, session)
    if not verdict.triggered:
        would = ""
    elif hindrance is not None:
        would = hindrance
    elif evolve is not None:
        would = evolve(name, verdict)
    else:
        would = f"Evolve it: tinyarms prompt evolve {name}"
    return SkillCheck(
        skill=name,
        triggered=verdict.triggered,
        reason=verdict.reason,
        accuracy=verdict.numbers["accuracy"],
        n=int(verdict.numbers["n"] or 0),
        explanation=verdict.explanation,
        would=would,
    )


def _hindrance(context: Context, name: str, session: SessionRecord | None) -> str | None:
    """Why a drop is not evolved."""
    skill = context.skill(name).skill
    if not skill.evolvable:
        return f"It is not evolved: {skill.reason or 'evolvable: false'}."
    if not context.project.settings.enabled:
        return "It is not evolved: enabled is false in config/constants.yaml."
    if session is not None:
        return f"An evolution session is open already ({session.stage})."
    return None
