"""Warn before a live test that it will probably not be decided in its time."""

from __future__ import annotations

from tinyarms.core.text import counted
from tinyarms.experiments.registry import rule_named
from tinyarms.experiments.rules.lead_rule import LeadRule
from tinyarms.experiments.simulation.forecast import chance_to_find, vote_limit
from tinyarms.loop.project.context import Context
from tinyarms.loop.testing.forecast import votes_per_day

PREFERENCE = 0.75
"""The share of users, in (½, 1), who prefer the prompt in the warning. A higher one needs fewer
votes, so there are fewer warnings."""
MIN_CHANCE = 0.5
"""The probability, in (0, 1), of finding such a prompt below which there is a warning. A higher one
warns more often."""


def pace_warning(
    context: Context, name: str, rule_name: str, challengers: int, rounds: int = 1
) -> str | None:
    """A warning if a prompt that 75 % of users prefer would win fewer than half of such tests.

    The pace is that of the skill's tasks over the last 28 days, if every ballot is answered.
    `None`: the time is enough, the pace is unknown, no day ends the test, or users do not vote.

    Parameters
    ----------
    rule_name
        The rule of the live test.
    challengers
        How many challengers the ballots show.
    rounds
        The number of consecutive tests that share the bound on false promotions.
    """
    settings = context.project.settings
    limits = settings.ab_testing
    rule = rule_named(rule_name, limits, rounds=rounds)
    if not isinstance(rule, LeadRule) or settings.experiment.open_ended:
        return None
    with context.store.read() as work:
        per_day = votes_per_day(work, settings, name, context.clock())
    if per_day is None:
        return None
    votes = vote_limit(limits.max_votes, limits.max_duration_days, per_day)
    chance = chance_to_find(rule, votes, PREFERENCE, challengers)
    if chance >= MIN_CHANCE:
        return None
    return (
        f"At the present pace, this test gets about {counted(votes, 'vote')} in "
        f"{limits.max_duration_days:g} days: a prompt that {PREFERENCE:.0%} of users prefer wins "
        f"in {chance:.0%} of such tests. Raise ab_testing.max_duration_days or show_probability; "
        f"more: tinyarms prompt simulate {name}"
    )
