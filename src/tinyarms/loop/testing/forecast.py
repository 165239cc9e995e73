"""What a live test with the current settings would find, and how soon: before it begins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from tinyarms.core.errors import UsageError
from tinyarms.experiments.offline_gate import gate_applies
from tinyarms.experiments.registry import rule_named
from tinyarms.experiments.rules.lead_rule import LeadRule
from tinyarms.experiments.rules.single_mode import SingleMode
from tinyarms.experiments.rules.thompson import Thompson
from tinyarms.experiments.simulation.forecast import (
    ACCURACY,
    MOST_VOTES,
    SESSIONS,
    SINGLE_SESSIONS,
    SimulatedRule,
    SimulatedWorld,
    TestPlan,
    original_scenarios,
    pick_scenarios,
    single_mode_scenarios,
    vote_limit,
)
from tinyarms.loop.project.accuracy import known_accuracy
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.testing.offline_gate_run import held_out_examples

PACE_DAYS = 28


@dataclass(frozen=True)
class SimulationView:
    """What the settings mean for a skill."""

    skill: str
    test_examples: int
    """How many test examples the offline gate would read."""
    offline_gate: bool
    """Whether the offline gate would run."""
    challengers: int
    """How many variants a search brings; at most two of them reach users."""
    accuracy: float
    """Accuracy of the prompt in production, in [0, 1]; an assumption where it is not known."""
    accuracy_known: bool
    """Whether that accuracy was measured."""
    tasks_per_day: float | None
    """Tasks of the skill in a day; `None` if it has none yet."""
    outcomes_per_day: float | None
    """Tasks in a day whose outcome becomes known; `None` if there are none yet."""
    rules: tuple[SimulatedRule, ...]
    """The ways to test, each with what it would find."""


def simulate(context: Context, name: str, votes: int | None = None) -> SimulationView:
    """Work out what a live test would come to; nothing is stored and no model is called.

    `votes`: the limit of the rule that the settings choose, in place of theirs. In every world one
    challenger is as said and the others are copies of the incumbent; users pick in proportion to
    how much they like each option. Raises `UsageError` for an unknown skill, and if users would be
    asked for more than 200 votes.
    """
    skill = context.skill(name).skill
    settings = context.project.settings
    version = active_version(context, name)
    examples = len(held_out_examples(context, skill))
    with context.store.read() as work:
        now = context.clock()
        known = known_accuracy(work, name, version.number, now)
        tasks, heard = _pace(*work.tasks.pace(name, now - timedelta(days=PACE_DAYS)), now)
    has_scorer = skill.scorer is not None
    # Beside `thompson`, the rules of the default preset are worked out, with its gate.
    gated = gate_applies("default", has_scorer, examples)
    plan = TestPlan(
        before=ACCURACY if known is None else known,
        variants=settings.smollm2.variants_per_evolution,
        examples=examples if gated else None,
        alpha=settings.alpha,
        least_gain=settings.learning.min_accuracy_improvement,
    )
    ab, single = settings.ab_testing, settings.experiment
    picks = None if tasks is None else tasks * ab.show_probability
    pick_rule = "two_gate" if gated else "taste_only"
    open_ended = single.open_ended and not gated
    current = "thompson" if settings.preset == "original" else (
        "single_mode" if single.mode == "single" else "sign_e_process" if open_ended else pick_rule
    )  # fmt: skip
    rules = []
    for rule_name in (pick_rule, "single_mode", "thompson"):
        limits = ab
        if rule_name == "single_mode":
            limits = ab.model_copy(
                update={
                    "max_votes": single.max_outcomes,
                    "max_duration_days": single.max_duration_days,
                }
            )
        if votes is not None and rule_name == current:
            limits = limits.model_copy(update={"max_votes": votes})
        rule = rule_named(rule_name, limits)
        pace = heard if rule_name == "single_mode" else picks
        limit = vote_limit(limits.max_votes, limits.max_duration_days, pace)
        if limit > MOST_VOTES and rule_name != "single_mode":
            if rule_name != current:
                continue
            raise UsageError(
                f"A test of {limit} votes cannot be worked out.", f"Try --votes {MOST_VOTES}."
            )
        worlds: Iterator[SimulatedWorld]
        if isinstance(rule, LeadRule):
            worlds = pick_scenarios(rule, limit, plan, pace)
        elif isinstance(rule, SingleMode):
            worlds = single_mode_scenarios(limit, plan, pace)
        else:
            assert isinstance(rule, Thompson)
            worlds = original_scenarios(rule, limit, pace)
        rules.append(
            SimulatedRule(
                rule=rule_name,
                current=rule_name == current,
                unit="outcomes" if rule_name == "single_mode" else "votes",
                limit=limit,
                limited_by_time=limit < limits.max_votes,
                max_days=limits.max_duration_days,
                sessions={"single_mode": SINGLE_SESSIONS, "thompson": SESSIONS}.get(rule_name),
                worlds=tuple(worlds),
            )
        )
    return SimulationView(
        skill=name,
        test_examples=examples,
        offline_gate=gate_applies(settings.preset, has_scorer, examples),
        challengers=plan.variants,
        accuracy=plan.before,
        accuracy_known=known is not None,
        tasks_per_day=tasks,
        outcomes_per_day=heard,
        rules=tuple(sorted(rules, key=lambda each: not each.current)),
    )


def _pace(
    tasks: int, known: int, first: datetime | None, now: datetime
) -> tuple[float | None, float | None]:
    """Tasks, and tasks whose outcome is known, a day."""
    if first is None:
        return None, None
    days = max(1.0, (now - first) / timedelta(days=1))
    return tasks / days, known / days
