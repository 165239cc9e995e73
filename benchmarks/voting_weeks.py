"""Weeks of a live test of one challenger, with the caps on users and the merging of equal outputs.

Who votes, when and for what is drawn at random. The product's `is_counted` decides whether a vote
counts, and its rule decides the test.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tinyarms.experiments.arms import Arm, Outcome
from tinyarms.experiments.rule import Rule
from tinyarms.experiments.rules.two_gate import TwoGate
from tinyarms.experiments.voter_cap import ACTIVE_TIME, ACTIVE_TIME_WITHOUT_GATE, is_counted

START = datetime(2024, 9, 1, tzinfo=UTC)
DAYS = 7
ARMS = (Arm("0", "", "incumbent"), Arm("a", "A", "challenger"))
AHEAD, MIN_TASKS = 2, 3
"""The settings `ab_testing.max_votes_ahead` and `ab_testing.min_tasks`."""


@dataclass(frozen=True)
class Voter:
    """A user who votes on tasks of their own."""

    name: str
    liked: float
    """How often the user prefers the challenger's output if the two differ, in [0, 1]."""
    pace: float = 1
    """How often the user votes, relative to the others."""
    tasks: int = MIN_TASKS
    """How many tasks the user has run before the week; each ballot is about one more."""
    counts: bool = True
    """False: the product does not count the name yet, however many tasks follow."""
    days: tuple[float, float] = (0, DAYS)
    """The part of the week in which the user votes."""


@dataclass(frozen=True)
class Defences:
    """The active defences; `None` or 0 disables one."""

    ahead: int | None = AHEAD
    min_tasks: int = MIN_TASKS
    merged: bool = True
    """Whether a ballot with equal outputs is left out; otherwise it is answered at random."""


ALL_ON = Defences()


def promoted_weeks(
    rule: Rule,
    weeks: int,
    seed: int,
    voters: Sequence[Voter],
    votes: int,
    *,
    same: float = 0,
    defences: Defences = ALL_ON,
) -> tuple[int, float]:
    """In how many weeks the challenger is promoted, and the mean number of counted votes per week.

    `votes`: ballots of a week, each at a random time of its user's days and of a user drawn by
    pace; a ballot whose vote would not count is not shown. `same`: the share of tasks on which the
    two prompts give the same output.
    """
    rng, promoted, counted = random.Random(seed), 0, 0
    for _ in range(weeks):
        outcomes = _week(rng, rule, voters, votes, same, defences)
        evidence = rule.assess(ARMS, outcomes, START, START + timedelta(days=DAYS))
        promoted += evidence.state == "promote"
        counted += len(outcomes)
    return promoted, counted / weeks


def _week(
    rng: random.Random,
    rule: Rule,
    voters: Sequence[Voter],
    votes: int,
    same: float,
    defences: Defences,
) -> list[Outcome]:
    # As the product does it: only behind an offline gate do the silent not count as others.
    users_alone_decide = not isinstance(rule, TwoGate)
    is_alone = len(voters) == 1 or not users_alone_decide
    asked = rng.choices(voters, [voter.pace for voter in voters], k=votes)
    moments = [(START + timedelta(days=rng.uniform(*voter.days)), voter) for voter in asked]
    counts, voted_at = Counter[str](), dict[str, datetime]()
    tasks = {voter.name: voter.tasks for voter in voters}
    outcomes = []
    for moment, voter in sorted(moments, key=lambda each: each[0]):
        tasks[voter.name] += 1
        are_same = rng.random() < same
        picked = "a" if rng.random() < (0.5 if are_same else voter.liked) else "0"
        if are_same and defences.merged:
            continue
        if not voter.counts or tasks[voter.name] < defences.min_tasks:
            continue
        since = moment - (ACTIVE_TIME_WITHOUT_GATE if users_alone_decide else ACTIVE_TIME)
        taking_part = {
            name: counts[name] for name, at in voted_at.items() if name == voter.name or at >= since
        }
        if defences.ahead is None or is_counted(
            voter.name, taking_part, defences.ahead, is_alone=is_alone
        ):
            counts[voter.name] += 1
            voted_at[voter.name] = moment
            outcomes.append(Outcome(("0", "a"), None, picked, voter.name, moment))
    return outcomes
