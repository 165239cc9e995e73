"""The live gate for skills without a scorer or with too few examples for an offline gate.

Hypothesis tested, per challenger: users do not prefer it to the incumbent. It is promoted when
its picks lead the incumbent's by d(N); the rule tests this after each of at most N votes.

What is bounded: the probability of promoting a challenger that users do not prefer to the
incumbent, under 5 % for every true preference. For one challenger the worst case is 50:50 with
every vote for one of the two, and there it is exact by the reflection principle (Feller 1968,
III.7): P(max lead ≥ d) = P(S ≥ d) + P(S > d) with S the lead after N fair votes. Two or three
challengers share the votes, so fewer votes compare each of them with the incumbent; by dynamic
programming the total error stays below that worst case. The futility stop can only prevent
promotions. A promotion proves that these voters prefer the challenger.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from math import ceil

from tinyarms.experiments.rules.lead_rule import Boundary, LeadRule
from tinyarms.stats.binomial import exact_sign_test

ALPHA = 0.05
"""The bound on the probability of a false promotion, in (0, 1). A lower one needs a larger lead."""
FUTILITY_FROM = 20
"""The first vote after which the rule may stop because a promotion is hardly in reach."""


@cache
def needed_lead(limit: int, rounds: int = 1) -> int:
    """d(N): the least lead that fair votes reach within `limit` votes in under 5 % of cases.

    It is above `limit` where so few votes prove nothing. `rounds`: how many tests, one after
    another, share the 5 %.

    Examples
    --------
    >>> from tinyarms.experiments.rules.taste_only import needed_lead
    >>> [needed_lead(limit) for limit in (20, 30, 50, 100)]
    [9, 11, 14, 20]
    >>> needed_lead(50, rounds=3)
    17
    """
    return next(
        lead
        for lead in range(1, limit + 2)
        if _fair_votes_lead(lead, limit) + _fair_votes_lead(lead + 1, limit) < ALPHA / rounds
    )


def _fair_votes_lead(lead: int, n: int) -> float:
    """P(S ≥ lead) after n fair votes, with S = 2·wins − n."""
    wins = (n + lead + 1) // 2
    return exact_sign_test(wins, n - wins) if wins <= n else 0.0


@dataclass(frozen=True)
class TasteOnly(LeadRule):
    """Shows the incumbent and the first two challengers.

    The first challenger with a lead of d(max_votes) is promoted. The incumbent is kept at the
    limit, and from vote 20 on as soon as the best lead plus half of the votes left is below d.

    Parameters
    ----------
    max_votes, max_duration_days
        The limit: the test ends at so many votes or after so many days.
    rounds
        How many tests, one after another, share the bound on false promotions, at least 1.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from tinyarms.experiments.arms import Arm, Outcome
    >>> from tinyarms.experiments.rules.taste_only import TasteOnly
    >>> arms = [Arm("v1", "", "incumbent"), Arm("v2", "A", "challenger")]
    >>> start = datetime(2024, 11, 1, tzinfo=UTC)
    >>> vote = Outcome(("v1", "v2"), chosen=None, picked="v2", user="ann", at=start)
    >>> rule = TasteOnly(max_votes=50)
    >>> rule.assess(arms, [vote] * 13, start, start).state
    'go_on'
    >>> rule.assess(arms, [vote] * 14, start, start).reason
    'Variant A leads the incumbent by 14 after 14 votes.'

    References
    ----------
    Feller 1968, "An Introduction to Probability Theory and Its Applications", volume 1, III.7.
    """

    max_votes: int = 50
    max_duration_days: float = 7
    rounds: int = 1
    name: str = field(default="taste_only", init=False)

    def boundary(self, n: int, challengers: int) -> Boundary:
        needed = needed_lead(self.max_votes, self.rounds)
        reach = ceil(needed - 0.5 * (self.max_votes - n))
        return Boundary(needed, reach if n >= FUTILITY_FROM else None)

    def limit_lead(self, n: int, challengers: int) -> int | None:
        return None
