"""The live gate without a limit: a sign e-process against the incumbent.

Hypothesis tested, per challenger: users do not prefer it to the incumbent (θ ≤ ½; θ is the
probability that a vote for one of the two is for the challenger). The e-value is the likelihood
ratio of a mixture over θ against ½. Each factor has a mean of at most 1 for every θ ≤ ½, so the
e-value is a supermartingale, and by Ville's inequality (1939) the probability that it ever reaches
1/a is at most a, whenever anyone reads it and however long the test runs (Robbins 1970; Ramdas et
al. 2023, "Game-Theoretic Statistics and Safe Anytime-Valid Inference").

So the probability that any challenger that users do not prefer is ever promoted is at most 5 %,
because each has to reach 20 × the number of challengers. Votes for a third arm leave a duel
unchanged, which a supermartingale allows. The mirrored e-process eliminates challengers, which can
only prevent promotions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tinyarms.experiments.arms import Arm
from tinyarms.experiments.rule import Stop
from tinyarms.experiments.rules.lead_rule import AgainstIncumbent, Duel, Duels
from tinyarms.stats.e_process import sign_e_value

ALPHA = 0.05
"""The bound on the probability of a false promotion, in (0, 1). A lower one takes more votes."""


@dataclass(frozen=True)
class SignEProcess(AgainstIncumbent):
    """Shows the incumbent and the first two challengers, without a limit of votes or days.

    The first challenger whose e-value reaches the number of challengers / 0.05 is promoted. A
    challenger is eliminated once the incumbent's e-value against it reaches the same. If all are
    eliminated, the incumbent is kept.

    Parameters
    ----------
    rounds
        The number of consecutive tests that share the bound on false promotions, at least 1.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from tinyarms.experiments.arms import Arm, Outcome
    >>> from tinyarms.experiments.rules.sign_e_process import SignEProcess
    >>> arms = [Arm("v1", "", "incumbent"), Arm("v2", "A", "challenger")]
    >>> start = datetime(2024, 11, 1, tzinfo=UTC)
    >>> vote = Outcome(("v1", "v2"), chosen=None, picked="v2", user="ann", at=start)
    >>> evidence = SignEProcess().assess(arms, [vote] * 12, start, start)
    >>> evidence.state, evidence.arm
    ('promote', 'v2')
    >>> evidence.reason
    'Variant A has 10 votes to 0 against the incumbent, e-value 22 (20 promotes), after 10 votes.'

    References
    ----------
    Robbins 1970, "Statistical Methods Related to the Law of the Iterated Logarithm", Annals of
    Mathematical Statistics 41, pages 1397 to 1409.
    """

    rounds: int = field(default=1, kw_only=True)
    max_votes: None = field(default=None, init=False)
    max_duration_days: None = field(default=None, init=False)
    name: str = field(default="sign_e_process", init=False)

    def is_out(self, duel: Duel, challengers: int) -> bool:
        return _reaches(duel.losses, duel.wins, needed_e_value(challengers, self.rounds))

    def after_vote(self, challengers: Sequence[Arm], duels: Duels, n: int) -> Stop | None:
        needed = needed_e_value(len(duels), self.rounds)
        for arm in challengers:
            wins, losses = duels[arm.id]
            if _reaches(wins, losses, needed):
                e_value = sign_e_value(wins, losses)
                duel = f"{wins} votes to {losses} against the incumbent, e-value {e_value:.0f}"
                reason = f"{arm.label} has {duel} ({needed:g} promotes), after {n} votes."
                return Stop("promote", arm.id, reason)
        if all(self.is_out(duel, len(duels)) for duel in duels.values()):
            return Stop(
                "keep", None, f"After {n} votes the incumbent is ahead of every challenger."
            )
        return None

    def at_limit(self, challengers: Sequence[Arm], duels: Duels, n: int) -> Stop:
        raise AssertionError("This rule has no limit of votes or days.")


def _reaches(wins: int, losses: int, needed: float) -> bool:
    """Whether the e-value is at least `needed`, which is above 1.

    Without more wins than losses it is at most 1: each θ > ½ that is mixed makes them less likely
    than ½ does. So one of both directions of a duel needs no integral.
    """
    return wins > losses and sign_e_value(wins, losses) >= needed


def needed_e_value(challengers: int, rounds: int = 1) -> float:
    """The e-value that promotes one of these challengers, of which there is at least 1.

    `rounds`: the number of consecutive tests that share the bound on false promotions.
    """
    return challengers * rounds / ALPHA
