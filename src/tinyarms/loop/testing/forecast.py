"""Forecast what a live test with the current settings would find, and how soon."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from tinyarms.core.errors import UsageError
from tinyarms.core.settings import AbTesting, EvolutionSettings
from tinyarms.experiments.offline_gate import gate_applies
from tinyarms.experiments.registry import rule_named
from tinyarms.experiments.rules.lead_rule import LeadRule
from tinyarms.experiments.rules.single_mode import SingleMode
from tinyarms.experiments.rules.thompson import Thompson
from tinyarms.experiments.simulation.forecast import (
    ACCURACY,
    MAX_VOTES,
    SESSIONS,
    SINGLE_SESSIONS,
    ForecastInputs,
    SimulatedRule,
    SimulatedScenario,
    original_scenarios,
    pick_scenarios,
    single_mode_scenarios,
    vote_limit,
)
from tinyarms.loop.project.accuracy import known_accuracy
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.listener import SILENT, Listener, Progress
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.testing.held_out import held_out_examples
from tinyarms.store.db.unit_of_work import UnitOfWork

PACE_DAYS = 28
"""Days over which a skill's tasks per day are averaged. More: a steadier number that follows a
change more slowly."""


@dataclass(frozen=True)
class SimulationView:
    """What a live test with the current settings would find for a skill."""

    skill: str
    test_examples: int
    """How many held-out examples the offline gate would read."""
    offline_gate: bool
    """Whether the offline gate would run."""
    challengers: int
    """How many variants a search looks for; users see at most two of them."""
    accuracy: float
    """Accuracy of the prompt in production, in [0, 1]; an assumption if it is unknown."""
    accuracy_known: bool
    """Whether that accuracy was measured."""
    tasks_per_day: float | None
    """Tasks of the skill in a day; `None` if it has none yet."""
    outcomes_per_day: float | None
    """Tasks in a day whose outcome becomes known; `None` if there are none yet."""
    choice_share: float | None
    """The share, in [0, 1], of recent tasks in live tests on which the outputs differed. Users can
    vote only on these. `None` if there were no such tasks: the forecast assumes 1."""
    rules: tuple[SimulatedRule, ...]
    """The forecast for each rule."""


@dataclass(frozen=True)
class _Pace:
    """How fast a skill's tasks arrive; `None` without tasks."""

    tasks: float | None
    """Tasks per day."""
    outcomes: float | None
    """Tasks per day whose outcome becomes known."""
    choice_share: float | None
    """The share of tasks on which users have a choice, in [0, 1]; `None` if it is unknown."""

    def ballots(self, show_probability: float) -> float | None:
        """Ballots per day that users can answer."""
        if self.tasks is None:
            return None
        share = 1.0 if self.choice_share is None else self.choice_share
        return self.tasks * show_probability * share


def simulate(
    context: Context, name: str, votes: int | None = None, listener: Listener = SILENT
) -> SimulationView:
    """Predict the results of a live test. Stores nothing and calls no model.

    `votes`: replaces the limit of the rule that the settings choose. In every scenario one
    challenger is as the scenario says and the others are copies of the incumbent; users pick in
    proportion to how much they like each option. Raises `UsageError` for an unknown skill, and if
    users would be asked for more than 200 votes.
    """
    skill = context.skill(name).skill
    settings = context.project.settings
    version = active_version(context, name)
    examples = len(held_out_examples(context, skill))
    with context.store.read() as work:
        now = context.clock()
        accuracy = known_accuracy(work, name, version.number, now)
        pace = _pace(work, name, now)
    has_scorer = skill.scorer is not None
    # The forecast compares `thompson` with the rules of the default preset and its gate.
    gated = gate_applies("default", has_scorer, examples)
    inputs = ForecastInputs(
        accuracy=ACCURACY if accuracy is None else accuracy,
        variants=settings.smollm2.variants_per_evolution,
        examples=examples if gated else None,
        alpha=settings.alpha,
        least_gain=settings.learning.min_accuracy_improvement,
    )
    pick_rule = "two_gate" if gated else "taste_only"
    current = current_rule(settings, pick_rule)
    names = (pick_rule, "single_mode", "thompson")
    forecasts = [
        _forecast(
            settings,
            rule_name,
            rule_name == current,
            votes,
            inputs,
            pace,
            partial(listener.progress, Progress("Forecast", done, len(names))),
        )
        for done, rule_name in enumerate(names)
    ]
    rules = [forecast for forecast in forecasts if forecast is not None]
    return SimulationView(
        skill=name,
        test_examples=examples,
        offline_gate=gate_applies(settings.preset, has_scorer, examples),
        challengers=inputs.variants,
        accuracy=inputs.accuracy,
        accuracy_known=accuracy is not None,
        tasks_per_day=pace.tasks,
        outcomes_per_day=pace.outcomes,
        choice_share=pace.choice_share,
        rules=tuple(sorted(rules, key=lambda rule: not rule.current)),
    )


def current_rule(settings: EvolutionSettings, pick_rule: str) -> str:
    """The rule that the settings choose; `sign_e_process` has no limit, so no forecast."""
    if settings.preset == "original":
        return "thompson"
    if settings.experiment.mode == "single":
        return "single_mode"
    without_limit = settings.experiment.open_ended and pick_rule == "taste_only"
    return "sign_e_process" if without_limit else pick_rule


def _forecast(
    settings: EvolutionSettings,
    rule_name: str,
    current: bool,
    votes: int | None,
    inputs: ForecastInputs,
    pace: _Pace,
    tell: Callable[[], None],
) -> SimulatedRule | None:
    """The forecast for a rule; `None` for one that is not current and needs too many votes.

    `tell` is called before each scenario.
    """
    limits = _limits(settings, rule_name)
    if votes is not None and current:
        limits = limits.model_copy(update={"max_votes": votes})
    single = rule_name == "single_mode"
    per_day = pace.outcomes
    if not single:
        per_day = pace.ballots(settings.ab_testing.show_probability)
    limit = vote_limit(limits.max_votes, limits.max_duration_days, per_day)
    if limit > MAX_VOTES and not single:
        if not current:
            return None
        raise UsageError(
            f"A live test of {limit} votes is too long to predict.", f"Try --votes {MAX_VOTES}."
        )
    return SimulatedRule(
        rule=rule_name,
        current=current,
        unit="outcomes" if single else "votes",
        limit=limit,
        limited_by_time=limit < limits.max_votes,
        max_days=limits.max_duration_days,
        sessions={"single_mode": SINGLE_SESSIONS, "thompson": SESSIONS}.get(rule_name),
        scenarios=_told(_scenarios(rule_name, limits, limit, inputs, per_day), tell),
    )


def _told(
    scenarios: Iterator[SimulatedScenario], tell: Callable[[], None]
) -> tuple[SimulatedScenario, ...]:
    found = []
    tell()
    for scenario in scenarios:
        found.append(scenario)
        tell()
    return tuple(found)


def _limits(settings: EvolutionSettings, rule_name: str) -> AbTesting:
    """The limits of a test by this rule; in single mode `max_votes` counts outcomes."""
    if rule_name != "single_mode":
        return settings.ab_testing
    single = settings.experiment
    update = {"max_votes": single.max_outcomes, "max_duration_days": single.max_duration_days}
    return settings.ab_testing.model_copy(update=update)


def _scenarios(
    rule_name: str, limits: AbTesting, limit: int, inputs: ForecastInputs, per_day: float | None
) -> Iterator[SimulatedScenario]:
    rule = rule_named(rule_name, limits)
    if isinstance(rule, LeadRule):
        return pick_scenarios(rule, limit, inputs, per_day)
    if isinstance(rule, SingleMode):
        return single_mode_scenarios(limit, inputs, per_day)
    assert isinstance(rule, Thompson)
    return original_scenarios(rule, limit, per_day)


def votes_per_day(
    work: UnitOfWork, settings: EvolutionSettings, name: str, now: datetime
) -> float | None:
    """Votes in a day, if every ballot is answered, at the pace of the last 28 days.

    `None` if the skill has no task yet.
    """
    return _pace(work, name, now).ballots(settings.ab_testing.show_probability)


def _pace(work: UnitOfWork, name: str, now: datetime) -> _Pace:
    """The pace since the first task in the last 28 days, over at least one day."""
    since = now - timedelta(days=PACE_DAYS)
    share = work.experiments.agreement_since(name, since).choice_share
    recent = work.tasks.pace(name, since)
    if recent.first is None:
        return _Pace(None, None, share)
    days = max(1.0, (now - recent.first) / timedelta(days=1))
    return _Pace(recent.tasks / days, recent.known / days, share)
