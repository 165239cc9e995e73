"""What the rules that compare challengers with the incumbent share, vote by vote."""

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
    """A challenger against the incumbent, on the votes that told the two apart."""

    wins: int = 0
    losses: int = 0

    @property
    def lead(self) -> int:
        return self.wins - self.losses


Duels = Mapping[str, Duel]
"""Challenger's id → its duel with the incumbent; that of one that is out stands still."""


class Boundary(NamedTuple):
    """What leads over the incumbent mean after a vote."""

    promote_at: int
    """The first challenger with a lead of at least this is promoted."""
    keep_below: int | None
    """The incumbent is kept if every lead is below this; `None`: not yet."""


class AgainstIncumbent(ABC):
    """Shows the incumbent and the first two challengers, and reads their duels vote by vote."""

    @property
    @abstractmethod
    def name(self) -> str:
        """As stored with the experiment."""

    @property
    @abstractmethod
    def max_votes(self) -> int | None:
        """The test ends at this vote; `None`: no vote ends it."""

    @property
    @abstractmethod
    def max_duration_days(self) -> float | None:
        """The test ends after this time; `None`: no day ends it."""

    @abstractmethod
    def after_vote(self, challengers: Sequence[Arm], duels: Duels, n: int) -> Stop | None:
        """Whether to stop after vote n."""

    @abstractmethod
    def at_limit(self, challengers: Sequence[Arm], duels: Duels, n: int) -> Stop:
        """What n votes say when no more are coming."""

    def is_out(self, duel: Duel, challengers: int) -> bool:
        """Whether one of so many challengers is out for good with this duel."""
        return False

    def arms_shown(self, arms: Sequence[Arm]) -> tuple[Arm, ...]:
        incumbent, challengers = split_roles(arms)
        return (incumbent, *challengers[:2])

    def allocate(
        self, arms: Sequence[Arm], outcomes: Sequence[Outcome], rng: random.Random
    ) -> Allocation:
        """The incumbent, always: it serves the task, and every ballot shows all arms."""
        return Allocation(split_roles(arms)[0].id, 1.0)

    def assess(
        self,
        arms: Sequence[Arm],
        outcomes: Sequence[Outcome],
        started_at: datetime,
        now: datetime,
    ) -> Evidence:
        incumbent, *challengers = shown = self.arms_shown(arms)
        votes = votes_among(shown, outcomes)[: self.max_votes]
        duels = dict.fromkeys((arm.id for arm in challengers), Duel())
        n, stop = 0, None
        for n, vote in enumerate(votes, start=1):
            for arm_id, duel in duels.items():
                if not self.is_out(duel, len(duels)):
                    duels[arm_id] = _after(duel, vote, arm_id, incumbent.id)
            stop = self.after_vote(challengers, duels, n)
            if stop:
                break
        if stop is None and self._is_over(n, started_at, now):
            stop = self.at_limit(challengers, duels, n)
        state, arm, reason = stop or go_on(n, self.max_votes)
        needed = 0 if state != "go_on" else _left(n, self.max_votes)
        statistics = _statistics(shown, votes[:n], duels)
        return Evidence(self.name, state, arm, statistics, n, needed, reason)

    def _is_over(self, n: int, started_at: datetime, now: datetime) -> bool:
        if self.max_votes is not None and n >= self.max_votes:
            return True
        days = self.max_duration_days
        return days is not None and time_is_up(started_at, now, days)


class LeadRule(AgainstIncumbent):
    """An `AgainstIncumbent` that reads nothing but leads.

    At vote n the first challenger whose lead reaches `promote_at` of the boundary is promoted;
    the incumbent is kept if every lead is below `keep_below`. At the limit the best lead (the
    first by order if two are level) is promoted if it is at least the `limit_lead`.
    """

    @abstractmethod
    def boundary(self, n: int, challengers: int) -> Boundary:
        """What leads mean after vote n, with so many challengers shown."""

    @abstractmethod
    def limit_lead(self, n: int, challengers: int) -> int | None:
        """The least lead that promotes when n votes are all there are; `None`: none does."""

    def after_vote(self, challengers: Sequence[Arm], duels: Duels, n: int) -> Stop | None:
        promote_at, keep_below = self.boundary(n, len(challengers))
        for arm in challengers:
            if duels[arm.id].lead >= promote_at:
                reason = f"{arm.label} leads the incumbent by {promote_at} after {n} votes."
                return Stop("promote", arm.id, reason)
        best = max(duel.lead for duel in duels.values())
        if keep_below is not None and best < keep_below:
            reason = f"After {n} votes the best lead is {best}; {promote_at} is hardly in reach."
            return Stop("keep", None, reason)
        return None

    def at_limit(self, challengers: Sequence[Arm], duels: Duels, n: int) -> Stop:
        best = max(challengers, key=lambda arm: duels[arm.id].lead)
        lead, needed = duels[best.id].lead, self.limit_lead(n, len(challengers))
        if needed is not None and lead >= needed:
            reason = f"{best.label} leads the incumbent by {lead} at the limit, {n} votes."
            return Stop("promote", best.id, reason)
        takes = self.boundary(n, len(challengers)).promote_at if needed is None else needed
        reason = f"At the limit, {n} votes, the best lead is {lead}; promoting takes {takes}."
        return Stop("keep", None, reason)


def _after(duel: Duel, vote: Outcome, challenger: str, incumbent: str) -> Duel:
    if challenger not in vote.shown or incumbent not in vote.shown:
        return duel
    wins, losses = duel
    return Duel(wins + (vote.picked == challenger), losses + (vote.picked == incumbent))


def _left(n: int, max_votes: int | None) -> int | None:
    return None if max_votes is None else max_votes - n


def _statistics(
    shown: Sequence[Arm], votes: Sequence[Outcome], duels: Duels
) -> dict[str, ArmStatistics]:
    picks = [sum(vote.picked == arm.id for vote in votes) for arm in shown]
    p_best = probability_most_picked(picks)
    found = {}
    for arm, picked, best in zip(shown, picks, p_best, strict=True):
        n = sum(arm.id in vote.shown for vote in votes)
        duel = duels.get(arm.id)
        found[arm.id] = ArmStatistics(
            votes=picked,
            mean=picked / n if n else None,
            interval=wilson_interval(picked, n),
            p_best=best if votes else None,
            lead=duel.lead if duel else None,
        )
    return found
