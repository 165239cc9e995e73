"""Weeks in which a few of many users vote, with the cap on one user's votes."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from tinyarms.experiments.arms import Arm, Outcome
from tinyarms.experiments.rule import Rule
from tinyarms.experiments.voter_cap import TAKING_PART, is_counted

START = datetime(2024, 9, 1, tzinfo=UTC)
ARMS = (Arm("0", "", "incumbent"), Arm("a", "A", "challenger"))
AHEAD = 2
"""The setting `ab_testing.max_votes_ahead`."""


def promoted_weeks(
    rule: Rule, weeks: int, seed: int, *, paces: Sequence[float], votes: int, liked: float
) -> tuple[int, float]:
    """In how many weeks the challenger is promoted, and how many votes count in one on average.

    `paces`: how often each voter votes, beside the others. `liked`: how often a vote is for the
    challenger. Votes come at random times; one that would not count is not asked for.
    """
    rng, promoted, counted = random.Random(seed), 0, 0
    for _ in range(weeks):
        outcomes = _week(rng, paces, votes, liked)
        evidence = rule.assess(ARMS, outcomes, START, START + timedelta(days=7))
        promoted += evidence.state == "promote"
        counted += len(outcomes)
    return promoted, counted / weeks


def _week(rng: random.Random, paces: Sequence[float], votes: int, liked: float) -> list[Outcome]:
    names = [f"voter {number}" for number in range(len(paces))]
    counts, voted_at = Counter[str](), dict[str, datetime]()
    outcomes = []
    for moment in sorted(START + timedelta(days=7 * rng.random()) for _ in range(votes)):
        (user,) = rng.choices(names, paces)
        taking_part = {
            name: counts[name]
            for name, at in voted_at.items()
            if name == user or at >= moment - TAKING_PART
        }
        picked = "a" if rng.random() < liked else "0"
        if is_counted(user, taking_part, AHEAD):
            counts[user] += 1
            voted_at[user] = moment
            outcomes.append(Outcome(("0", "a"), None, picked, user, moment))
    return outcomes
