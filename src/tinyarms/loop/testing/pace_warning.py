"""How many votes a live test gets in its time, and what it can find with them."""

from __future__ import annotations

from dataclasses import dataclass

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


@dataclass(frozen=True)
class Pace:
    """The votes that a live test gets, and what it can find with them."""

    votes: int
    """Most votes of the test, if every ballot is answered."""
    days: float
    """Most days of the test."""
    votes_per_week: float
    """Votes in seven days, if every ballot is answered."""
    chance: float
    """The chance, in [0, 1], that a prompt which `PREFERENCE` of the users prefer wins."""

    @property
    def is_enough(self) -> bool:
        """Whether such a prompt wins at least every second test."""
        return self.chance >= MIN_CHANCE

    @property
    def sentence(self) -> str:
        """The same in words."""
        return (
            f"At the present pace, this test gets about {counted(self.votes, 'vote')} in "
            f"{self.days:g} days: a prompt that {PREFERENCE:.0%} of users prefer wins in "
            f"{self.chance:.0%} of such tests."
        )


def pace_remedy(name: str) -> str:
    """What to do about a test that will probably not be decided."""
    return (
        "Raise ab_testing.max_duration_days or show_probability; "
        f"more: tinyarms prompt simulate {name}"
    )


def pace_warning(
    context: Context, name: str, rule_name: str, challengers: int, rounds: int = 1
) -> str | None:
    """A warning if a prompt that 75 % of users prefer would win fewer than half of such tests.

    `None`: the time is enough, or `pace_of` returns `None`. The parameters are those of `pace_of`.
    """
    pace = pace_of(context, name, rule_name, challengers, rounds)
    return None if pace is None or pace.is_enough else f"{pace.sentence} {pace_remedy(name)}"


def pace_of(
    context: Context, name: str, rule_name: str, challengers: int, rounds: int = 1
) -> Pace | None:
    """The votes at the pace of the skill's tasks in the last 28 days, if all ballots are answered.

    `None`: the pace is unknown, no day ends the test, or users do not vote.

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
    return Pace(votes, limits.max_duration_days, 7 * per_day, chance)
