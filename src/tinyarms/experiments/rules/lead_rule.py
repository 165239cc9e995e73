"""Parts of the rules that compare each challenger with the incumbent, vote by vote."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from tinyarms.experiments.arms import Arm, Outcome
from tinyarms.experiments.rule import (
    Allocation,
    ArmStatistics,
    Evidence,
    Stop,
    go_on,
    split_roles,
    time_is_up,
    votes_among,
)
from tinyarms.stats.binomial import wilson_interval
from tinyarms.stats.dirichlet import probability_most_picked


class Duel(NamedTuple):
    """A challenger against the incumbent: the votes for each."""

    wins: int = 0
    losses: int = 0

    @property
    def lead(self) -> int:
        return self.wins - self.losses

    def after(self, vote: Outcome, challenger: str, incumbent: str) -> Duel:
        """The duel after one more vote. A vote does not change it if the ballot did not show both
        arms, or if both gave the same output."""
        if challenger not in vote.shown or incumbent not in vote.shown:
            return self
        preference = vote.preference(challenger, incumbent)
        return Duel(self.wins + (preference > 0), self.losses + (preference < 0))


Duels = Mapping[str, Duel]
"""Challenger's id → its duel with the incumbent, which no longer changes once the challenger is
out."""


class Boundary(NamedTuple):
    """The leads over the incumbent that end a test after a vote."""

    promote_at: int
    """The first challenger with a lead of at least this is promoted."""
    keep_below: int | None
    """The incumbent is kept if every lead is below this; `None`: it cannot be kept yet."""


class AgainstIncumbent(ABC):
    """A rule that shows the incumbent and the first two challengers, and assesses their duels."""

    @property
    @abstractmethod
    def name(self) -> str:
        """The name that is stored with the live test."""

    @property
    @abstractmethod
    def max_votes(self) -> int | None:
        """The test ends at this vote; `None`: no vote ends it."""

    @property
    @abstractmethod
    def max_duration_days(self) -> float | None:
        """The test ends after this many days; `None`: no day ends it."""

    @abstractmethod
    def after_vote(self, challengers: Sequence[Arm], duels: Duels, n: int) -> Stop | None:
        """Why the test stops after vote n; `None`: it continues."""

    @abstractmethod
    def at_limit(self, challengers: Sequence[Arm], duels: Duels, n: int) -> Stop:
        """The result of a test that reaches its limit with n votes."""

    def is_out(self, duel: Duel, challengers: int) -> bool:
        """Whether this duel eliminates its challenger, one of so many, from the test."""
        return False

    def arms_shown(self, arms: Sequence[Arm]) -> tuple[Arm, ...]:
        incumbent, challengers = split_roles(arms)
        return (incumbent, *challengers[:2])

    def allocate(
        self, arms: Sequence[Arm], outcomes: Sequence[Outcome], rng: random.Random
    ) -> Allocation:
        """Give every task to the incumbent; every ballot shows all arms."""
        return Allocation(split_roles(arms)[0].id, 1.0)

    def assess(
        self,
        arms: Sequence[Arm],
        outcomes: Sequence[Outcome],
        started_at: datetime,
        now: datetime,
    ) -> Evidence:
        arms_shown = self.arms_shown(arms)
        incumbent, *challengers = arms_shown
        votes = votes_among(arms_shown, outcomes)[: self.max_votes]
        duels = dict.fromkeys((arm.id for arm in challengers), Duel())
        n, stop = 0, None
        for n, vote in enumerate(votes, start=1):
            for arm_id, duel in duels.items():
                if not self.is_out(duel, len(duels)):
                    duels[arm_id] = duel.after(vote, arm_id, incumbent.id)
            stop = self.after_vote(challengers, duels, n)
            if stop:
                break
        if stop is None and self._is_over(n, started_at, now):
            stop = self.at_limit(challengers, duels, n)
        state, arm, reason = stop or go_on(n, self.max_votes)
        needed = 0 if state != "go_on" else _votes_left(n, self.max_votes)
        statistics = _statistics(arms_shown, votes[:n], duels)
        return Evidence(self.name, state, arm, statistics, n, needed, reason)

    def _is_over(self, n: int, started_at: datetime, now: datetime) -> bool:
        if self.max_votes is not None and n >= self.max_votes:
            return True
        days = self.max_duration_days
        return days is not None and time_is_up(started_at, now, days)


class LeadRule(AgainstIncumbent):
    """A rule against the incumbent that depends only on leads.

    After each vote the first challenger whose lead reaches `promote_at` of the boundary is
    promoted, and the incumbent is kept if every lead is below `keep_below`. At the limit the
    challenger with the best lead (the first in order if two are level) is promoted if the lead is
    at least `limit_lead`.
    """

    @abstractmethod
    def boundary(self, n: int, challengers: int) -> Boundary:
        """The leads that end the test after vote n, with this number of challengers."""

    @abstractmethod
    def limit_lead(self, n: int, challengers: int) -> int | None:
        """The smallest lead that promotes at the limit with n votes; `None`: no lead does."""

    def after_vote(self, challengers: Sequence[Arm], duels: Duels, n: int) -> Stop | None:
        promote_at, keep_below = self.boundary(n, len(challengers))
        for arm in challengers:
            if duels[arm.id].lead >= promote_at:
                reason = f"{arm.label} leads the incumbent by {promote_at} after {n} votes."
                return Stop("promote", arm.id, reason)
        best = max(duel.lead for duel in duels.values())
        if keep_below is not None and best < keep_below:
            reason = f"After {n} votes the best lead is {best}; a lead of {promote_at} is unlikely."
            return Stop("keep", None, reason)
        return None

    def at_limit(self, challengers: Sequence[Arm], duels: Duels, n: int) -> Stop:
        best = max(challengers, key=lambda arm: duels[arm.id].lead)
        lead, needed = duels[best.id].lead, self.limit_lead(n, len(challengers))
        if needed is not None and lead >= needed:
            reason = f"{best.label} leads the incumbent by {lead} at the limit, {n} votes."
            return Stop("promote", best.id, reason)
        required = self.boundary(n, len(challengers)).promote_at if needed is None else needed
        reason = f"At the limit, {n} votes, the best lead is {lead}; a promotion needs {required}."
        return Stop("keep", None, reason)


def _votes_left(n: int, max_votes: int | None) -> int | None:
    return None if max_votes is None else max_votes - n


def _statistics(
    arms: Sequence[Arm], votes: Sequence[Outcome], duels: Duels
) -> dict[str, ArmStatistics]:
    picks = [sum(arm.id in vote.picks for vote in votes) for arm in arms]
    # If several arms gave the picked output, they share the pick.
    shares = [sum(1 / len(v.picks) for v in votes if arm.id in v.picks) for arm in arms]
    p_best = probability_most_picked(shares)
    statistics = {}
    for arm, n_picks, best in zip(arms, picks, p_best, strict=True):
        n = sum(arm.id in vote.shown for vote in votes)
        duel = duels.get(arm.id)
        statistics[arm.id] = ArmStatistics(
            votes=n_picks,
            mean=n_picks / n if n else None,
            interval=wilson_interval(n_picks, n),
            p_best=best if votes else None,
            lead=duel.lead if duel else None,
        )
    return statistics
