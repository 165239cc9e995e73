"""The live gate of the default rules: do users like a challenger better than the incumbent?

Hypothesis: users prefer the challenger 60:40 to the incumbent, against 40:60. Each challenger has a
sequential probability ratio test (Wald 1945, "Sequential Tests of Statistical Hypotheses") on the
votes for it or the incumbent: each such vote has a likelihood ratio of 1.5 : 1, so a lead of 6 has
odds of 11 : 1. Two challengers have two chances to reach it by luck, so after 20 votes they need 7.

The **offline gate** that runs before this one bounds the rate of false promotions, of challengers
that are no more accurate than the incumbent: at most `alpha` per session, whatever the votes. This
gate only prevents promotions against users' taste: at a limit of 50 votes a challenger
that users like less, 40:60, passes in at most 10 % of tests, whether one or two are shown, and at
25:75 in 0.3 %. (These numbers are exact, by dynamic programming over all votes:
`benchmarks/run.py experiments`.) Alone it proves nothing: of two challengers that users like as
well as the incumbent, it promotes one in 40 % of tests. Without an offline gate use `taste_only`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tinyarms.experiments.rules.lead_rule import Boundary, Duel, LeadRule

STOP_LEAD = 6
"""The lead, in votes, that promotes a challenger, or eliminates it if the incumbent has that lead.
Higher: fewer promotions by luck, and longer tests."""
LATE_LEAD_OF_TWO = 7
"""The lead, in votes, that promotes one of two challengers from vote 21 on. Higher: fewer
promotions by luck."""
LIMIT_LEAD = 2
"""The smallest lead, in votes, that promotes a single challenger at the limit. Higher: fewer
promotions."""
LIMIT_LEAD_OF_TWO = 6
"""The smallest lead, in votes, that promotes one of two challengers at the limit. Higher: fewer
promotions."""
LIMIT_VOTES = 20
"""The fewest votes with which a lead at the limit promotes. A higher number keeps the incumbent
more often where few users vote."""


@dataclass(frozen=True)
class TwoGate(LeadRule):
    """Shows the incumbent and the first two challengers.

    The first challenger with a lead of 6 is promoted; of two challengers, with a lead of 7 after
    20 votes. A challenger whose lead falls to −6 is eliminated, and if all of them are, the
    incumbent is kept. At the limit, with at least 20 votes, a single challenger is promoted if it
    leads by at least 2, and the better of two if it leads by at least 6; else the incumbent is
    kept.

    Parameters
    ----------
    max_votes, max_duration_days
        The limit: the test ends at this many votes or after this many days.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from tinyarms.experiments.arms import Arm, Outcome
    >>> from tinyarms.experiments.rules.two_gate import TwoGate
    >>> arms = [Arm("v1", "", "incumbent"), Arm("v2", "A", "challenger")]
    >>> start = datetime(2024, 11, 1, tzinfo=UTC)
    >>> vote = Outcome(("v1", "v2"), chosen=None, picked="v2", user="ann", at=start)
    >>> TwoGate().assess(arms, [vote] * 5, start, start).reason
    '5 votes so far; at most 45 more are needed.'
    >>> evidence = TwoGate().assess(arms, [vote] * 6, start, start)
    >>> evidence.state, evidence.arm
    ('promote', 'v2')
    >>> evidence.reason
    'Variant A leads the incumbent by 6 after 6 votes.'

    References
    ----------
    Wald 1945, "Sequential Tests of Statistical Hypotheses", Annals of Mathematical Statistics 16,
    pages 117 to 186.
    """

    max_votes: int = 50
    max_duration_days: float = 7
    name: str = field(default="two_gate", init=False)

    def is_out(self, duel: Duel, challengers: int) -> bool:
        return duel.lead <= -STOP_LEAD

    def boundary(self, n: int, challengers: int) -> Boundary:
        late = challengers > 1 and n > LIMIT_VOTES
        return Boundary(LATE_LEAD_OF_TWO if late else STOP_LEAD, keep_below=1 - STOP_LEAD)

    def limit_lead(self, n: int, challengers: int) -> int | None:
        if n < LIMIT_VOTES:
            return None
        return LIMIT_LEAD if challengers == 1 else LIMIT_LEAD_OF_TWO
