"""Thompson sampling as in the original design (`preset: original`).

Hypothesis: one variant's rate is the highest, with a posterior probability above 0.95, or its lead
crosses Evan Miller's sequential boundary. The rule bounds no error: it tests repeatedly without a
correction, at the limit it declares a winner whatever the votes, and the incumbent is not on the
ballot. Source: the pseudo-code of the original design, after Russo et al. (2018), "A Tutorial on
Thompson Sampling", and Miller (2015), "Simple Sequential A/B Testing".

Its update is not a likelihood of three-way picks, so P(best) is not a true posterior probability.
In simulations with three equal arms it declares a winner in 2 % of experiments before the limit;
with true preferences of 50, 30 and 20 % it finds the right one in 25 % after 46 votes on average,
and with 60, 20 and 20 % in 77 % after 35. `docs/decisions/0002-original-thompson.md` says where the
design's worked example differs from its pseudo-code.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import sqrt

import numpy as np

from tinyarms.core.errors import ExperimentError
from tinyarms.experiments.arms import Arm, Outcome
from tinyarms.experiments.rule import (
    Allocation,
    ArmStatistics,
    Evidence,
    LaterStatistics,
    Stop,
    go_on,
    split_roles,
    time_is_up,
    votes_among,
)
from tinyarms.stats.beta import (
    Counts,
    credible_interval,
    posterior_mean,
    probability_best,
    probability_best_by_draws,
)

CHECK_EVERY = 5
"""Votes between two checks of P(best). Fewer stop earlier, and more often by chance."""
CONFIDENCE = 0.95
"""The P(best), in (0, 1), above which a check declares a winner."""
DRAWS = 10_000
"""Joint draws from the posteriors for each P(best). More are more precise and slower."""
BOUNDARY = 2.25
"""Evan Miller's sequential boundary: a lead of 2.25·√(planned votes) stops the test. Higher: tests
stop later, and less often by chance."""

Tally = Mapping[str, Counts]
"""Arm id → (successes, failures)."""


def update(tally: Tally, vote: Outcome) -> Tally:
    """The pseudo-code's Bayesian update by one vote.

    Arms that gave the same output share one option: each gains what that option gains.

    Raises `ExperimentError` if the vote lacks the arm chosen or the arm picked, as a skip does.
    """
    if vote.chosen is None or vote.picked is None:
        raise ExperimentError(
            "A Thompson vote lacks the arm chosen or picked.",
            "Allocate an arm before the ballot is shown.",
        )
    updated = dict(tally)
    for arm_id in vote.picks:
        successes, failures = updated[arm_id]
        updated[arm_id] = (successes + 1, failures)
    if vote.chosen not in vote.picks:
        for arm_id in updated.keys() - vote.picks:
            successes, failures = updated[arm_id]
            updated[arm_id] = (successes, failures + 1)
    return updated


@dataclass(frozen=True)
class Thompson:
    """Shows the challengers, and the incumbent too if there is only one challenger.

    Every fifth vote stops the test if one arm has P(best) > 0.95 (10,000 draws). Every vote from
    `votes_required` on stops it if one arm leads the runner-up by 2.25·√max_votes (15.9, so 16,
    for 50). At the limit, the highest mean wins; of equal means, the highest votes × accuracy.
    Without votes, or with a tie in both, there is no difference.

    Parameters
    ----------
    votes_required
        The first vote at which a lead stops the test.
    max_votes, max_duration_days
        The limit: the test ends at this many votes or after this many days.
    seed
        Makes the draws repeatable.

    Examples
    --------
    Allocation chose another arm than the user picks, so that arm gains a failure:

    >>> from datetime import UTC, datetime
    >>> from tinyarms.experiments.arms import Arm, Outcome
    >>> from tinyarms.experiments.rules.thompson import Thompson
    >>> arms = [Arm("v1", "", "incumbent"), Arm("v2", "A", "challenger")]
    >>> start = datetime(2024, 11, 1, tzinfo=UTC)
    >>> vote = Outcome(("v1", "v2"), chosen="v1", picked="v2", user="ann", at=start)
    >>> evidence = Thompson().assess(arms, [vote] * 5, start, start)
    >>> evidence.state, evidence.arm
    ('promote', 'v2')
    >>> evidence.reason
    'Variant A is the best with probability 0.999 after 5 votes (more than 0.95 stops).'

    References
    ----------
    Russo et al. 2018, "A Tutorial on Thompson Sampling", Foundations and Trends in Machine
    Learning 11, pages 1 to 96; Miller 2015, "Simple Sequential A/B Testing".
    """

    votes_required: int = 30
    max_votes: int = 50
    max_duration_days: float = 7
    seed: int = 0
    name: str = field(default="thompson", init=False)

    def arms_shown(self, arms: Sequence[Arm]) -> tuple[Arm, ...]:
        incumbent, challengers = split_roles(arms)
        return challengers if len(challengers) > 1 else (incumbent, *challengers)

    def allocate(
        self, arms: Sequence[Arm], outcomes: Sequence[Outcome], rng: random.Random
    ) -> Allocation:
        shown_arms = self.arms_shown(arms)
        tally = _no_votes(shown_arms)
        for vote in votes_among(shown_arms, outcomes):
            tally = update(tally, vote)
        theta = {i: rng.betavariate(1 + s, 1 + f) for i, (s, f) in tally.items()}
        chosen = max(theta, key=theta.__getitem__)
        probabilities = dict(zip(tally, probability_best(list(tally.values())), strict=True))
        return Allocation(chosen, probabilities[chosen])

    def assess(
        self,
        arms: Sequence[Arm],
        outcomes: Sequence[Outcome],
        started_at: datetime,
        now: datetime,
    ) -> Evidence:
        shown_arms = self.arms_shown(arms)
        votes = votes_among(shown_arms, outcomes)[: self.max_votes]
        tally, n, stop = _no_votes(shown_arms), 0, None
        for n, vote in enumerate(votes, start=1):
            tally = update(tally, vote)
            if stop := self.early_stop(shown_arms, tally, n):
                break
        if stop is None and n >= self.max_votes:
            stop = _at_the_limit(shown_arms, tally, f"After {n} votes")
        if stop is None and time_is_up(started_at, now, self.max_duration_days):
            stop = _at_the_limit(shown_arms, tally, f"After {self.max_duration_days:g} days")
        state, arm, reason = stop or go_on(n, self.max_votes)
        needed = self.max_votes - n if state == "go_on" else 0
        statistics = LaterStatistics(lambda: self._statistics(tally, n))
        return Evidence(self.name, state, arm, statistics, n, needed, reason)

    def early_stop(self, shown_arms: Sequence[Arm], tally: Tally, n: int) -> Stop | None:
        """The winner after vote n, before the limit; `None`: none yet."""
        if n % CHECK_EVERY == 0:
            p_best = self._p_best(tally, n)
            for arm in shown_arms:
                if p_best[arm.id] > CONFIDENCE:
                    why = f"is the best with probability {p_best[arm.id]:.3f} after {n} votes"
                    return _winner(arm, f"{why} (more than {CONFIDENCE} stops).")
        boundary = BOUNDARY * sqrt(self.max_votes)
        for arm in shown_arms if n >= self.votes_required else ():
            lead = _lead(tally, arm.id)
            if lead >= boundary:
                return _winner(arm, f"leads by {lead} of {n} votes ({boundary:.1f} stops).")
        return None

    def _p_best(self, tally: Tally, n: int) -> dict[str, float]:
        rng = np.random.default_rng([self.seed, n])
        shares = probability_best_by_draws(list(tally.values()), DRAWS, rng)
        return dict(zip(tally, shares, strict=True))

    def _statistics(self, tally: Tally, n: int) -> dict[str, ArmStatistics]:
        p_best = self._p_best(tally, n)
        return {
            arm_id: ArmStatistics(
                votes=successes,
                mean=posterior_mean(successes, failures),
                interval=credible_interval(successes, failures),
                p_best=p_best[arm_id],
                lead=_lead(tally, arm_id),
            )
            for arm_id, (successes, failures) in tally.items()
        }


def _no_votes(arms: Sequence[Arm]) -> Tally:
    return {arm.id: (0, 0) for arm in arms}


def _lead(tally: Tally, arm_id: str) -> int:
    # Every vote gives one success to each arm picked, so an arm's successes are its votes.
    return tally[arm_id][0] - max(s for other, (s, _) in tally.items() if other != arm_id)


def _winner(arm: Arm, why: str) -> Stop:
    if arm.role == "challenger":
        return Stop("promote", arm.id, f"{arm.label} {why}")
    return Stop("keep", None, f"{arm.label} {why}")


def _at_the_limit(arms: Sequence[Arm], tally: Tally, when: str) -> Stop:
    if not any(successes for successes, _ in tally.values()):
        return Stop("no_difference", None, f"{when}: no votes, so no difference was seen.")
    means = {arm.id: posterior_mean(*tally[arm.id]) for arm in arms}
    best = [arm for arm in arms if means[arm.id] == max(means.values())]
    tie_break = ""
    if len(best) > 1:
        weights = _votes_times_accuracy(best, tally)
        best = [arm for arm in best if weights[arm.id] == max(weights.values())]
        tie_break = ", a tie decided by votes × accuracy"
    if len(best) > 1:
        names = " and ".join(arm.label for arm in best)
        return Stop("no_difference", None, f"{when}: {names} are level.")
    mean = means[best[0].id]
    return _winner(best[0], f"has the highest mean, {mean:.2f}{tie_break}. {when}.")


def _votes_times_accuracy(arms: Sequence[Arm], tally: Tally) -> dict[str, float]:
    """Votes × accuracy of each arm, or votes alone if any arm's accuracy is unknown."""
    all_known = all(arm.accuracy is not None for arm in arms)
    return {
        arm.id: tally[arm.id][0] * (arm.accuracy if all_known and arm.accuracy is not None else 1.0)
        for arm in arms
    }
