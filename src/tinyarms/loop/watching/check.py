"""Check the skills once: does one get worse, or is a scheduled evolution due?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from tinyarms.core.errors import (
    ConfigError,
    PromptError,
    StoreError,
    TinyArmsError,
    UnwritableFiles,
)
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.listener import SILENT, Listener, Progress
from tinyarms.loop.project.synced_examples import bring_in_examples
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.searching.answer import EvolveView
from tinyarms.loop.searching.request import SearchRequest, Trigger
from tinyarms.loop.searching.run import evolve
from tinyarms.loop.testing.conclude import Conclusion, conclude_due
from tinyarms.loop.testing.create import resume_gate
from tinyarms.loop.testing.gate_report import GateReport
from tinyarms.loop.watching.grade_tasks import grade_tasks
from tinyarms.loop.watching.health import Health
from tinyarms.loop.watching.next_step import next_step
from tinyarms.loop.watching.situation import SkillState
from tinyarms.loop.watching.step import NextStep
from tinyarms.monitoring.registry import ACCURACY_RULES
from tinyarms.monitoring.signals import SIGNALS
from tinyarms.monitoring.verdict import Reading

Evolve = Callable[[NextStep], str]
"""Begins or resumes the search that is a skill's next step → what it did, in one sentence."""


@dataclass(frozen=True)
class SkillCheck:
    """The result of one check of a skill."""

    skill: str
    triggered: bool
    """Whether the skill has dropped."""
    reason: str | None
    """`accuracy_drop`, `drift` or `scheduled`; `None` if no evolution is due."""
    accuracy: float | None
    n: int
    explanation: str
    """What the check found, in words."""
    would: str
    """What happens next, or what the check did, in words."""
    readings: tuple[Reading, ...] = ()
    """The readings of all rules and signals, including those that are not in use."""
    rules_in_use: tuple[str, ...] = ()
    """The rules that may begin an evolution."""
    health: Health | None = None
    """The skill's health at the check, before any action; `None`: it could not be checked."""
    state: SkillState | None = None
    """The skill's state at the check; `None`: it could not be checked."""
    status: str = ""
    """The same in words, as `tinyarms monitor status` says it; empty: it could not be checked."""
    problem: str | None = None
    """Why the skill could not be checked, or its release could not be carried out; `None`: no
    problem."""
    concluded: tuple[str, ...] = ()
    """The results of live tests and releases that this check concluded, in words."""


def monitor_once(
    context: Context,
    names: Sequence[str] | None = None,
    on_drop: Evolve | None = None,
    listener: Listener = SILENT,
) -> list[SkillCheck]:
    """Check the skills (all, if `names` is `None`), and conclude decided live tests.

    `on_drop` is called for each skill whose next step is to begin or resume a search. Without it,
    `would` says what would happen. A skill that cannot be checked, or whose release cannot be
    carried out, has a `problem`; the check continues with the others.
    """
    chosen = list(names) if names is not None else list(context.project.names)
    for name in chosen:
        with suppress(ConfigError):  # That is the skill's problem below.
            context.skill(name)  # Raises `UsageError`.
    checks = list[SkillCheck]()
    for name in chosen:
        if checks:
            listener.progress(Progress("checks", len(checks), len(chosen)))
        checks.append(_check(context, name, on_drop, listener))
    return checks


def _check(context: Context, name: str, on_drop: Evolve | None, listener: Listener) -> SkillCheck:
    problem, conclusions, notices_before = None, list[Conclusion](), len(context.notices)
    try:
        config = context.skill(name)
        try:
            conclusions = conclude_due(context, name)
        except UnwritableFiles as error:
            problem = str(error)  # A release waits, but the skill is still watched.
        version = active_version(context, name)
    except (PromptError, ConfigError, StoreError) as error:
        return SkillCheck(name, False, None, None, 0, str(error), "", problem=str(error))
    if version.prompt.retrieve is not None:
        bring_in_examples(context, name)
    if config.online is not None:
        grade_tasks(context, name, version.number, listener)
    step = next_step(context, name, version.number, rules=(*ACCURACY_RULES, *SIGNALS))
    verdict = step.verdict
    notices = tuple(context.notices[notices_before:])
    del context.notices[notices_before:]  # The check reports them itself.
    would = on_drop(step) if on_drop is not None and step.may_search else step.would
    return SkillCheck(
        skill=name,
        triggered=verdict.triggered,
        reason=verdict.reason,
        accuracy=verdict.numbers.accuracy,
        n=verdict.numbers.n,
        explanation=f"{step.doubt}. {verdict.explanation}" if step.doubt else verdict.explanation,
        would=would,
        readings=verdict.readings,
        rules_in_use=verdict.rules_in_use,
        health=step.health,
        state=step.state,
        status=step.status,
        problem=problem,
        concluded=(*notices, *map(_ending, conclusions)),
    )


def _ending(conclusion: Conclusion) -> str:
    """How a live test ended, in words."""
    name, number = conclusion.skill, conclusion.promoted_version
    what = f"the live test has ended ({conclusion.action.replace('_', ' ')})."
    if number is not None:
        what = f"variant {conclusion.variant} is in production as version {number}."
    return f"{name}: {what} {conclusion.reason}"


def begin_or_resume(
    context: Context, step: NextStep, listener: Listener
) -> EvolveView | GateReport:
    """Begin the search that is due, or resume the interrupted search or offline gate.

    Raises what `evolve` raises.
    """
    session, verdict = step.session, step.verdict
    if session is not None and session.author == "people":
        return resume_gate(context, session, listener)
    if session is None:
        trigger = Trigger(reason=verdict.reason or "manual", numbers=verdict.numbers)
        return evolve(context, SearchRequest(skill=step.skill, trigger=trigger), listener)
    trigger = Trigger(reason=session.trigger_reason, numbers=session.trigger_numbers)
    request = SearchRequest(skill=step.skill, seed=session.seed, trigger=trigger)
    return evolve(context, request, listener)


def evolve_on_drop(context: Context, listener: Listener) -> Evolve:
    """The action of `monitor_once` on a drop: search for a better prompt now.

    If the search fails, the sentence says so, and the other skills are still checked.
    """

    def begin(step: NextStep) -> str:
        try:
            report = begin_or_resume(context, step, listener)
        except TinyArmsError as error:
            return f"It could not be evolved: {error}"
        if isinstance(report, EvolveView):
            result = report.result
        else:
            result = "testing" if report.started else "kept"
        return {
            "testing": f"It was evolved; users choose now: tinyarms prompt vote {step.skill}",
            "kept": "It was evolved, but no variant passed the offline gate.",
            "nothing_better": "It was evolved, and nothing better was found.",
            "not_worth_it": "A search was not worth it: the probe saw no room for better prompts.",
        }[result]

    return begin
