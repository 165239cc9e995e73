"""What `two_gate` and `taste_only` share: leads of challengers over the incumbent."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tinyarms.experiments.events import Arm, Outcome
from tinyarms.experiments.rules import (
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

Leads = Mapping[str, int]
"""Challenger's id → its picks less the incumbent's, on ballots that showed both."""


@dataclass(frozen=True)
class AgainstIncumbent(ABC):
    """Shows the incumbent and the first two challengers, and reads their leads vote by vote."""

    max_votes: int = 50
    max_duration_days: float = 7

    @property
    @abstractmethod
    def name(self) -> str:
        """As stored with the experiment."""

    @abstractmethod
    def after_vote(self, challengers: Sequence[Arm], leads: Leads, n: int) -> Stop | None:
        """Whether to stop after vote n."""

    @abstractmethod
    def at_limit(self, challengers: Sequence[Arm], leads: Leads, n: int) -> Stop:
        """What n votes say when no more are coming."""

    def is_out(self, lead: int) -> bool:
        """Whether a challenger with this lead is out for good."""
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
        leads = dict.fromkeys((arm.id for arm in challengers), 0)
        n, stop = 0, None
        for n, vote in enumerate(votes, start=1):
            for arm_id, lead in leads.items():
                if not self.is_out(lead):
                    leads[arm_id] = lead + _step(vote, arm_id, incumbent.id)
            stop = self.after_vote(challengers, leads, n)
            if stop:
                break
        if stop is None and (
            n >= self.max_votes or time_is_up(started_at, now, self.max_duration_days)
        ):
            stop = self.at_limit(challengers, leads, n)
        state, arm, reason = stop or go_on(n, self.max_votes)
        needed = self.max_votes - n if state == "go_on" else 0
        statistics = _statistics(shown, votes[:n], leads)
        return Evidence(self.name, state, arm, statistics, n, needed, reason)


def _step(vote: Outcome, challenger: str, incumbent: str) -> int:
    if challenger not in vote.shown or incumbent not in vote.shown:
        return 0
    return (vote.picked == challenger) - (vote.picked == incumbent)


def _statistics(
    shown: Sequence[Arm], votes: Sequence[Outcome], leads: Leads
) -> dict[str, ArmStatistics]:
    found = {}
    for arm in shown:
        n = sum(arm.id in vote.shown for vote in votes)
        picks = sum(vote.picked == arm.id for vote in votes)
        found[arm.id] = ArmStatistics(
            votes=picks,
            mean=picks / n if n else None,
            interval=wilson_interval(picks, n),
            p_best=None,
            lead=leads.get(arm.id),
        )
    return found
