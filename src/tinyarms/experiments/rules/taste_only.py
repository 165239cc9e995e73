"""The live gate alone, where there is no scorer or too few examples for an offline gate.

Hypothesis tested, per challenger: users do not prefer it to the incumbent. It is promoted when
its picks lead the incumbent's by d(N), tested at every vote of at most N.

What is bounded: the probability of promoting a challenger that users do not prefer to the
incumbent, under 5 % for every true preference. For one challenger the worst case is 50:50 with
every vote for one of the two, and there it is exact by the reflection principle (Feller 1968,
III.7): P(max lead ≥ d) = P(S ≥ d) + P(S > d) with S the lead after N fair votes. Two or three
challengers share the votes, so each tells them from the incumbent less often; by dynamic
programming the sum stays below that worst case. The futility stop only takes promotions away.
What a promotion proves is that these voters prefer the challenger.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from math import ceil

from tinyarms.experiments.rules.lead_rule import Boundary, LeadRule
from tinyarms.stats.binomial import exact_sign_test

ALPHA = 0.05
FUTILITY_FROM = 20


@cache
def needed_lead(limit: int) -> int:
    """d(N): the least lead that fair votes reach within `limit` votes in under 5 % of cases.

    9, 11, 14, 20 for limits of 20, 30, 50, 100. Above `limit` where so few votes prove nothing.
    """
    return next(
        lead
        for lead in range(1, limit + 2)
        if _fair_votes_lead(lead, limit) + _fair_votes_lead(lead + 1, limit) < ALPHA
    )


def _fair_votes_lead(lead: int, n: int) -> float:
    """P(S ≥ lead) after n votes: S = 2·wins − n."""
    wins = (n + lead + 1) // 2
    return exact_sign_test(wins, n - wins) if wins <= n else 0.0


@dataclass(frozen=True)
class TasteOnly(LeadRule):
    """Shows the incumbent and the first two challengers.

    Stops at the first lead of d(max_votes) (promote). From vote 20 the incumbent is kept as soon
    as the best lead + half of the votes left is below d; and at `max_votes` votes or after
    `max_duration_days`.
    """

    max_votes: int = 50
    max_duration_days: float = 7
    name: str = field(default="taste_only", init=False)

    def boundary(self, n: int, challengers: int) -> Boundary:
        needed = needed_lead(self.max_votes)
        reach = ceil(needed - 0.5 * (self.max_votes - n))
        return Boundary(needed, reach if n >= FUTILITY_FROM else None)

    def limit_lead(self, n: int, challengers: int) -> int | None:
        return None
