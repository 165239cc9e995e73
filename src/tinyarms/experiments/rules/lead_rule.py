"""Parts of the rules that compare each challenger with the incumbent, vote by vote."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

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


@dataclass
class _Tally:
    """Votes that were counted one by one."""

    duels: dict[str, Duel]
    picks: dict[str, int]
    """Arm's id → the votes that picked its output."""
    shares: dict[str, float]
    """The same, but arms that gave the picked output share the vote."""
    shown: dict[str, int]
    """Arm's id → the votes on ballots that showed it."""
    n: int = 0
    """Number of votes."""
    stop: Stop | None = None
    """Why the test stops after the last of them."""

    @classmethod
    def of(cls, arms: Sequence[Arm]) -> _Tally:
        """No votes. The incumbent is the first arm."""
        ids = [arm.id for arm in arms]
        duels = dict.fromkeys(ids[1:], Duel())
        return cls(duels, dict.fromkeys(ids, 0), dict.fromkeys(ids, 0.0), dict.fromkeys(ids, 0))

    def copy(self) -> _Tally:
        """Another one that can be counted on."""
        counts = self.picks.copy(), self.shares.copy(), self.shown.copy()
        return _Tally(self.duels.copy(), *counts, self.n, self.stop)

    def count(self, vote: Outcome) -> None:
        """Count one more vote, apart from its duels."""
        self.n += 1
        picks = vote.picks
        for arm_id in vote.shown:
            self.shown[arm_id] += 1
            if arm_id in picks:
                self.picks[arm_id] += 1
                self.shares[arm_id] += 1 / len(picks)


_TALLIES: dict[tuple[object, tuple[Arm, ...]], tuple[tuple[Outcome, ...], _Tally]] = {}
"""(rule, arms) → the outcomes that were assessed last, and their tally. It spares counting all
votes again after each one; the evidence is the same without it."""
_KEPT_TALLIES = 32
"""Number of tests whose tally is kept. Higher: more memory, and more tests at once are assessed in
a time that does not grow with their votes."""


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
        challengers, tally = arms_shown[1:], self._tally(arms_shown, tuple(outcomes))
        n, duels, stop = tally.n, tally.duels, tally.stop
        if stop is None and self._is_over(n, started_at, now):
            stop = self.at_limit(challengers, duels, n)
        state, arm, reason = stop or go_on(n, self.max_votes)
        needed = 0 if state != "go_on" else _votes_left(n, self.max_votes)
        statistics = LaterStatistics(lambda: _statistics(arms_shown, tally))
        return Evidence(self.name, state, arm, statistics, n, needed, reason)

    def _tally(self, arms: tuple[Arm, ...], outcomes: tuple[Outcome, ...]) -> _Tally:
        """The votes, up to the one after which the test stops."""
        seen, tally = _TALLIES.get((self, arms)) or ((), _Tally.of(arms))
        # Outcomes that were read once are the same objects, so this takes microseconds.
        if outcomes[: len(seen)] != seen:
            seen, tally = (), _Tally.of(arms)
        new = votes_among(arms, outcomes[len(seen) :])
        if new:
            tally = tally.copy()
        for vote in new:
            if tally.stop is not None or tally.n == self.max_votes:
                break
            self._count(tally, arms, vote)
        _TALLIES[self, arms] = outcomes, tally
        while len(_TALLIES) > _KEPT_TALLIES:
            _TALLIES.pop(next(iter(_TALLIES)), None)
        return tally

    def _count(self, tally: _Tally, arms: Sequence[Arm], vote: Outcome) -> None:
        incumbent, *challengers = arms
        for arm_id, duel in tally.duels.items():
            if not self.is_out(duel, len(tally.duels)):
                tally.duels[arm_id] = duel.after(vote, arm_id, incumbent.id)
        tally.count(vote)
        tally.stop = self.after_vote(challengers, tally.duels, tally.n)

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


def _statistics(arms: Sequence[Arm], tally: _Tally) -> dict[str, ArmStatistics]:
    p_best = probability_most_picked([tally.shares[arm.id] for arm in arms])
    statistics = {}
    for arm, best in zip(arms, p_best, strict=True):
        picks, shown = tally.picks[arm.id], tally.shown[arm.id]
        duel = tally.duels.get(arm.id)
        statistics[arm.id] = ArmStatistics(
            votes=picks,
            mean=picks / shown if shown else None,
            interval=wilson_interval(picks, shown),
            p_best=best if tally.n else None,
            lead=duel.lead if duel else None,
        )
    return statistics
