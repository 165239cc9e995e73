"""The live gate for skills without a scorer, or with too few examples for an offline gate.

Hypothesis tested, per challenger: users do not prefer it to the incumbent. It is promoted when
its picks lead the incumbent's by d(N); the rule tests this after each of at most N votes.

The probability of promoting a challenger that users do not prefer to the incumbent on any kind of
ballot is below 5 %. For one challenger, the worst case is 50:50 with every vote for one of the two.
There the probability is exact by the reflection principle (Feller 1968, III.7):
P(max lead ≥ d) = P(S ≥ d) + P(S > d), where S is the lead after N fair votes. With two challengers,
equal outputs may share an option, so the order of the ballots matters. The required leads keep the
bound in the worst order (`worst_order`); at limits above 400, they keep it by the sum of the
challengers' own bounds. A promotion proves that these voters prefer the challenger.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from functools import cache
from math import ceil
from typing import NamedTuple

from tinyarms.experiments.rules.lead_rule import Boundary, LeadRule
from tinyarms.experiments.rules.worst_order import worst_false_promotion
from tinyarms.stats.binomial import exact_sign_test

ALPHA = 0.05
"""The bound on the probability of a false promotion, in (0, 1). A lower one needs a larger lead."""
FUTILITY_FROM = 20
"""The first vote after which the rule may stop because a promotion is unlikely. Later: tests that
lead to nothing take more votes."""
EXACT_UP_TO = 400
"""The limit of votes up to which the leads of two challengers are computed for the worst order.
Higher: the computation takes seconds. Above it, the sum of two bounds requires leads of about 3
more."""


class Leads(NamedTuple):
    """The leads that promote."""

    early: int
    """The lead up to and including vote `early_until`."""
    late: int
    """The lead after that."""
    early_until: int
    """The last vote at which the early lead promotes."""

    def at(self, n: int) -> int:
        """The lead that promotes after vote n."""
        return self.early if n <= self.early_until else self.late


@cache
def needed_leads(limit: int, challengers: int, rounds: int = 1) -> Leads:
    """The smallest leads that keep the probability of a false promotion within `limit` votes below
    5 %.

    They are above `limit` if so few votes prove nothing. With two challengers, the late lead is one
    more than the early one, and begins as late as the bound allows: at some limits, never.

    Parameters
    ----------
    limit
        The most votes of the test, at least 1.
    challengers
        How many challengers are shown beside the incumbent, at least 1.
    rounds
        The number of consecutive tests that share the 5 %, at least 1.

    Examples
    --------
    >>> from tinyarms.experiments.rules.taste_only import needed_leads
    >>> [needed_leads(limit, challengers=1).late for limit in (20, 30, 50, 100)]
    [9, 11, 14, 20]
    >>> needed_leads(50, challengers=1, rounds=3).late
    17
    >>> needed_leads(50, challengers=2)
    Leads(early=14, late=15, early_until=45)
    """
    alpha = ALPHA / rounds
    if challengers != 2 or limit > EXACT_UP_TO:
        lead = _needed_lead(limit, alpha / challengers)
        return Leads(lead, lead, limit)
    leads = range(_needed_lead(limit, alpha), limit + 2)
    early = next(lead for lead in leads if _keeps_bound(Leads(lead, lead + 1, 0), limit, alpha))
    # Each vote with the early lead adds to the probability of a false promotion.
    too_many = bisect_left(
        range(limit + 1),
        True,
        key=lambda n: not _keeps_bound(Leads(early, early + 1, n), limit, alpha),
    )
    return Leads(early, early + 1, too_many - 1)


def _keeps_bound(leads: Leads, limit: int, alpha: float) -> bool:
    """Whether these leads promote one of two challengers falsely with a probability below `alpha`,
    in every order of ballots."""
    if leads.early > limit:
        return True
    return worst_false_promotion([_boundary(leads, n, limit) for n in range(1, limit + 1)]) < alpha


def _boundary(leads: Leads, n: int, limit: int) -> Boundary:
    keep_below = ceil(leads.early - 0.5 * (limit - n))
    return Boundary(leads.at(n), keep_below if n >= FUTILITY_FROM else None)


def _needed_lead(limit: int, alpha: float) -> int:
    """d(N): the least lead that fair votes reach within `limit` votes in under `alpha` of cases."""
    return next(
        lead
        for lead in range(1, limit + 2)
        if _fair_votes_lead(lead, limit) + _fair_votes_lead(lead + 1, limit) < alpha
    )


def _fair_votes_lead(lead: int, n: int) -> float:
    """P(S ≥ lead) after n fair votes, with S = 2·wins − n."""
    wins = (n + lead + 1) // 2
    return exact_sign_test(wins, n - wins) if wins <= n else 0.0


@dataclass(frozen=True)
class TasteOnly(LeadRule):
    """Shows the incumbent and the first two challengers.

    The first challenger with a lead of d(max_votes) is promoted; of two challengers, with the leads
    of `needed_leads`. The incumbent is kept at the limit, and from vote 20 on as soon as the best
    lead plus half of the votes left is below the early lead.

    Parameters
    ----------
    max_votes, max_duration_days
        The limit: the test ends at this many votes or after this many days.
    rounds
        The number of consecutive tests that share the bound on false promotions, at least 1.

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
        leads = needed_leads(self.max_votes, challengers, self.rounds)
        return _boundary(leads, n, self.max_votes)

    def limit_lead(self, n: int, challengers: int) -> int | None:
        return None
