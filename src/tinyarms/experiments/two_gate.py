"""The live gate of the default rules: does any challenger please users better?

Per challenger a sequential probability ratio test (Wald 1945) of 60:40 against 40:60 on the
votes that told it and the incumbent apart: each such vote weighs 1.5 : 1, so a lead of 6 is
odds of 11 : 1.

What is bounded: the rate of false promotions (a challenger no more accurate than the incumbent),
by the **offline gate** that runs beside this one: at most `alpha` an experiment, whatever the
votes. This gate only keeps promotions from going against users' taste. With the incumbent and
two challengers shown and 50 votes it promotes at a true preference (challenger : incumbent) of
25:75 in 0.2 % of experiments (21 votes on average), 40:60 in 10 % (32), 50:50 in 42 % (36),
60:40 in 84 % (30) and 75:25 in 99.8 % (15); with three equal arms it promotes one of the two in
58 %. Alone it proves nothing: without an offline gate use `taste_only`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tinyarms.experiments.against_incumbent import AgainstIncumbent, Leads
from tinyarms.experiments.events import Arm
from tinyarms.experiments.rules import Stop

STOP_LEAD = 6
LIMIT_LEAD = 2
LIMIT_VOTES = 20


@dataclass(frozen=True)
class TwoGate(AgainstIncumbent):
    """Shows the incumbent and the first two challengers.

    Stops at the first lead of 6 (promote); a challenger that falls to −6 is out for good, and
    with all of them out the incumbent is kept. At `max_votes` votes or after
    `max_duration_days` the challenger with the best lead is promoted if that is at least 2, with
    at least 20 votes (the first by order if two are level); else the incumbent is kept.
    """

    name: str = field(default="two_gate", init=False)

    def is_out(self, lead: int) -> bool:
        return lead <= -STOP_LEAD

    def after_vote(self, challengers: Sequence[Arm], leads: Leads, n: int) -> Stop | None:
        for arm in challengers:
            if leads[arm.id] >= STOP_LEAD:
                reason = f"{arm.label} leads the incumbent by {STOP_LEAD} after {n} votes."
                return Stop("promote", arm.id, reason)
        if all(map(self.is_out, leads.values())):
            reason = f"Every challenger fell {STOP_LEAD} behind the incumbent ({n} votes)."
            return Stop("keep", None, reason)
        return None

    def at_limit(self, challengers: Sequence[Arm], leads: Leads, n: int) -> Stop:
        best = max(challengers, key=lambda arm: leads[arm.id])
        lead = leads[best.id]
        if lead >= LIMIT_LEAD and n >= LIMIT_VOTES:
            reason = f"{best.label} leads the incumbent by {lead} at the limit, {n} votes."
            return Stop("promote", best.id, reason)
        reason = f"At the limit, {n} votes, the best lead is {lead}; promoting takes "
        return Stop("keep", None, f"{reason}{LIMIT_LEAD}, with at least {LIMIT_VOTES} votes.")
