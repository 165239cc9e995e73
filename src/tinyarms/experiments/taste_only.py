"""The live gate alone, where there is no scorer or too few examples for an offline gate.

A challenger is promoted when its picks lead the incumbent's by d(N), tested at every vote of at
most N. Bounded: the probability of promoting a challenger that users do not prefer to the
incumbent, under 5 % for every true preference. For one challenger the worst case is 50:50 with
every vote for one of the two, and there it is exact by the reflection principle (Feller 1968,
III.7): P(max lead ≥ d) = P(S ≥ d) + P(S > d) with S the lead after N fair votes. Two challengers
share the votes, so each tells them from the incumbent less often; by dynamic programming the
sum stays below that worst case. What it proves is that these voters prefer the challenger.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

from tinyarms.experiments.against_incumbent import AgainstIncumbent, Leads
from tinyarms.experiments.events import Arm
from tinyarms.experiments.rules import Stop
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
class TasteOnly(AgainstIncumbent):
    """Shows the incumbent and the first two challengers.

    Stops at the first lead of d(max_votes) (promote). From vote 20 the incumbent is kept as soon
    as the best lead + half of the votes left is below d; and at `max_votes` votes or after
    `max_duration_days`.
    """

    name: str = field(default="taste_only", init=False)

    def after_vote(self, challengers: Sequence[Arm], leads: Leads, n: int) -> Stop | None:
        needed = needed_lead(self.max_votes)
        for arm in challengers:
            if leads[arm.id] >= needed:
                reason = f"{arm.label} leads the incumbent by {needed} after {n} votes."
                return Stop("promote", arm.id, reason)
        best = max(leads.values())
        if n >= FUTILITY_FROM and best + 0.5 * (self.max_votes - n) < needed:
            reason = f"After {n} votes the best lead is {best}; {needed} is hardly in reach."
            return Stop("keep", None, reason)
        return None

    def at_limit(self, challengers: Sequence[Arm], leads: Leads, n: int) -> Stop:
        best, needed = max(leads.values()), needed_lead(self.max_votes)
        reason = f"At the limit, {n} votes, the best lead is {best}; promoting takes {needed}."
        return Stop("keep", None, reason)
