"""The live gate of the default rules: does any challenger please users better?

Hypothesis: users prefer the challenger 60:40 to the incumbent, against 40:60. Per challenger a
sequential probability ratio test (Wald 1945, "Sequential Tests of Statistical Hypotheses") on the
votes that told it and the incumbent apart: each such vote weighs 1.5 : 1, so a lead of 6 is odds
of 11 : 1. Two challengers have two chances to get there by luck, so after 20 votes they need 7.

What is bounded: the rate of false promotions (a challenger no more accurate than the incumbent),
by the **offline gate** that runs before this one: at most `alpha` an experiment, whatever the
votes. This gate only keeps promotions from going against users' taste: at a limit of 50 votes a
challenger that users like less, 40:60, gets past it in at most 10 % of tests, whether one or two
are shown, and at 25:75 in 0.3 %. (Exact, by dynamic programming over all votes:
`benchmarks/run.py experiments`.) Alone it proves nothing: it promotes one of two challengers that
users like as well as the incumbent in 40 %. Without an offline gate use `taste_only`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tinyarms.experiments.rules.lead_rule import Boundary, Duel, LeadRule

STOP_LEAD = 6
LATE_LEAD_OF_TWO = 7
"""What promotes one of two challengers from vote 21 on."""
LIMIT_LEAD = 2
LIMIT_LEAD_OF_TWO = 6
LIMIT_VOTES = 20


@dataclass(frozen=True)
class TwoGate(LeadRule):
    """Shows the incumbent and the first two challengers.

    Stops at the first lead of 6 (promote); with two challengers, of 7 after 20 votes. A
    challenger that falls to −6 is out for good, and with all of them out the incumbent is kept.
    At `max_votes` votes or after `max_duration_days`, with at least 20 votes, a single challenger
    is promoted if it leads by at least 2, and the better of two if it leads by at least 6; else
    the incumbent is kept.
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
