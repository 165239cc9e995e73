"""`tinyarms prompt simulate`: predict the results of a live test."""

from __future__ import annotations

import click
from rich.table import Table

from tinyarms.cli.output import emit, percent, say, say_table
from tinyarms.cli.shared import WholeNumber, json_option, project, skill_argument
from tinyarms.experiments.offline_gate import MIN_TEST_EXAMPLES
from tinyarms.experiments.simulation.forecast import SimulatedRule, SimulatedScenario
from tinyarms.loop.testing.forecast import SimulationView

_TITLES = {
    "two_gate": "Users choose between outputs, after the offline gate",
    "taste_only": "Users alone choose between outputs",
    "single_mode": "Single mode: one prompt a task, outcomes decide",
    "thompson": "The original preset: Thompson sampling",
}


@click.command(short_help="Predict what a live test would find, and how soon.")
@skill_argument
@click.option("--votes", type=WholeNumber(1, 5000), help="Limit on votes or outcomes.")
@json_option
def simulate(skill: str, votes: int | None, as_json: bool) -> None:
    """Predict what a test of SKILL would find with the current settings.

    The command calls no model. On each line, one challenger is as good as stated, and the others
    are copies of the incumbent.
    """
    with project() as arms:
        view = arms.simulate(skill, votes)
    if as_json:
        emit("prompt simulate", view)
        return
    _say_skill(view)
    if not any(rule.current for rule in view.rules):
        say("The settings choose a live test without a limit, which cannot be simulated.")
    for rule in view.rules:
        _say_rule(rule)
    say()
    say(
        "Found: the better one is promoted. False: one that is no better is. Every ballot is "
        "assumed to be answered."
    )


def _say_skill(view: SimulationView) -> None:
    say(f"Skill: {view.skill}")
    assumed = "" if view.accuracy_known else " (not known: assumed)"
    say(f"Accuracy of the incumbent: {percent(view.accuracy)}{assumed}")
    needs = f"the default preset, a scorer and {MIN_TEST_EXAMPLES} held-out examples"
    gate = "" if view.offline_gate else f". No offline gate: it needs {needs}."
    say(f"Held-out examples: {view.test_examples}{gate}")
    if view.tasks_per_day is None:
        say("Tasks a day: not known, so neither are the days.")
    else:
        say(
            f"Tasks a day: {view.tasks_per_day:.1f}, with a known outcome: "
            f"{view.outcomes_per_day or 0:.1f}"
        )
    if view.choice_share is not None:
        say(
            f"Users had a choice on {percent(view.choice_share)} of the tasks they were asked about"
        )


def _say_rule(rule: SimulatedRule) -> None:
    say()
    say(f"{_TITLES[rule.rule]}{' (current)' if rule.current else ''}")
    if rule.limited_by_time:
        say(f"{rule.max_days:g} days bring {rule.limit} {rule.unit}; then the time is up.")
    how = "exact" if rule.sessions is None else f"{rule.sessions} simulated tests a line"
    say(f"At most {rule.limit} {rule.unit}; {how}.")
    table = Table(
        "If the challenger is", "found", "false", "reaches users", rule.unit, "days",
        box=None, pad_edge=False,
    )  # fmt: skip
    for scenario in rule.scenarios:
        table.add_row(*_cells(scenario))
    say_table(table)


def _cells(scenario: SimulatedScenario) -> tuple[str, ...]:
    error = "" if scenario.error is None else f" ±{100 * scenario.error:.1f}"
    found = "-" if scenario.found is None else f"{100 * scenario.found:.1f}%{error}"
    false = f"{100 * scenario.false:.1f}%{error if scenario.found is None else ''}"
    votes = "-" if scenario.votes is None else f"{scenario.votes:.0f}"
    days = "-" if scenario.days is None else f"{scenario.days:.1f}"
    return scenario.scenario, found, false, f"{100 * scenario.reaches_users:.1f}%", votes, days
