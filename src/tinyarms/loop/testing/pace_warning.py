"""Say before a live test begins that its time will hardly be enough to decide it."""

from __future__ import annotations

from tinyarms.core.text import counted
from tinyarms.experiments.registry import rule_named
from tinyarms.experiments.rules.lead_rule import LeadRule
from tinyarms.experiments.simulation.forecast import chance_to_find, vote_limit
from tinyarms.loop.project.context import Context
from tinyarms.loop.testing.forecast import votes_per_day

LIKED = 0.75
"""The share of users, in (½, 1), who prefer the prompt that the warning speaks of. A higher one
is found with fewer votes."""
ENOUGH = 0.5
"""The chance to find such a prompt below which a test is warned of. A higher one warns more
often."""


def pace_warning(
    context: Context, name: str, rule_name: str, challengers: int, rounds: int = 1
) -> str | None:
    """A sentence if a prompt that three of four users prefer would win less than every second test.

    The pace is that of the skill's tasks over the last 28 days, every ballot answered. `None`: the
    time is enough, the pace is not known, the settings set no limit of days, or users do not vote.

    Parameters
    ----------
    rule_name
        The rule of the test that is about to begin.
    challengers
        How many challengers users are asked about.
    rounds
        How many tests, one after another, share the bound on false promotions.
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
    chance = chance_to_find(rule, votes, LIKED, challengers)
    if chance >= ENOUGH:
        return None
    return (
        f"At the present pace this test gets about {counted(votes, 'vote')} in "
        f"{limits.max_duration_days:g} days: a prompt that {LIKED:.0%} of users prefer wins in "
        f"{chance:.0%} of such tests. Raise ab_testing.max_duration_days or show_probability; "
        f"more: tinyarms prompt simulate {name}"
    )
