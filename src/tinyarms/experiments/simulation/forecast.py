"""Forecast a live test: what it would find under several scenarios, and how soon."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import numpy as np

from tinyarms.experiments.rules.lead_rule import LeadRule
from tinyarms.experiments.rules.thompson import Thompson
from tinyarms.experiments.simulation import single_mode as simulated_single_mode
from tinyarms.experiments.simulation import thompson as simulated_thompson
from tinyarms.experiments.simulation.operating_characteristics import fate
from tinyarms.stats.binomial import wilson_interval
from tinyarms.stats.power import sign_test_power

SESSIONS = 1000
"""Of the original preset, and of single mode, in each world."""


SINGLE_SESSIONS = 400


ACCURACY = 0.70
"""The incumbent's, where it is not known."""


MOST_VOTES = 200
"""Tests of more votes are not worked out: memory and time grow with their square."""


class _Liking(NamedTuple):
    """A challenger: what it gains offline, and how often users prefer it to the incumbent."""

    gain: float
    liked: float


_PICK = (
    _Liking(0.0, 0.50),
    _Liking(0.05, 0.55),
    _Liking(0.10, 0.60),
    _Liking(0.10, 0.75),
    _Liking(0.15, 0.75),
    _Liking(0.10, 0.40),
)


_GAINS = (0.0, 0.05, 0.10, 0.20)


_SHARES = ((1 / 3, 1 / 3, 1 / 3), (0.5, 0.3, 0.2), (0.6, 0.2, 0.2))


@dataclass(frozen=True)
class SimulatedWorld:
    """What a test comes to if this is true."""

    world: str
    """The situation: how much better a challenger is, or how much users like it."""
    found: float | None
    """The chance that the better challenger is promoted; `None`: none is better."""
    false: float
    """The chance that a challenger no better than the incumbent is promoted."""
    error: float | None
    """Half the width of the 95 % interval of the greater of the two; `None`: exact."""
    reaches_users: float
    """The chance that anything passes the offline gate; 1 where there is none."""
    votes: float | None
    """Votes or outcomes on average, of the tests that reach users."""
    days: float | None
    """What they take at the skill's pace; `None` where it is not known."""


@dataclass(frozen=True)
class SimulatedRule:
    """One way to test, in several worlds."""

    rule: str
    """Name of the rule: `two_gate`, `taste_only`, `single_mode` or `thompson`."""
    current: bool
    """Whether the settings choose this rule. No rule is the current one while they choose a
    test without a limit."""
    unit: str
    """What the limit counts: `votes` or `outcomes`."""
    limit: int
    """Votes or outcomes after which the test ends."""
    limited_by_time: bool
    """Whether the time ends before that many could come at the skill's pace; `limit` is then
    what comes until the end."""
    max_days: float
    """Days after which the test ends."""
    sessions: int | None
    """How many tests were simulated in each situation; `None`: the numbers are exact."""
    worlds: tuple[SimulatedWorld, ...]
    """What it comes to in several situations."""


@dataclass(frozen=True)
class TestPlan:
    before: float
    variants: int
    examples: int | None
    """Read by the offline gate; `None`: there is none."""
    alpha: float
    least_gain: float

    def is_possible(self, gain: float) -> bool:
        return self.before + gain <= 1

    def passes(self, gain: float) -> float:
        """The chance to pass the offline gate; answers are independent of the incumbent's."""
        if self.examples is None:
            return 1.0
        after = self.before + gain
        win, loss = (1 - self.before) * after, self.before * (1 - after)
        alpha = self.alpha / self.variants
        return sign_test_power(self.examples, win, loss, alpha, self.least_gain)


def vote_limit(limit: int, days: float, pace: float | None) -> int:
    return limit if pace is None else max(1, min(limit, int(pace * days)))


def _days(votes: float | None, pace: float | None) -> float | None:
    return None if not pace or votes is None else votes / pace


def pick_scenarios(
    rule: LeadRule, limit: int, plan: TestPlan, pace: float | None
) -> Iterator[SimulatedWorld]:
    for liking in _PICK:
        if plan.examples is None and liking == _Liking(0.15, 0.75):
            continue  # without a gate the same as +10 points
        if plan.examples is not None and not plan.is_possible(liking.gain):
            continue
        better = liking.gain > 0 and (plan.examples is not None or liking.liked > 0.5)
        reaches, found, false, votes = _gated(rule, limit, plan, liking)
        mean = votes / reaches if reaches > 0 else None
        yield SimulatedWorld(
            world=_named(liking, plan.examples is not None),
            found=found if better else None,
            false=false if better else false + found,
            error=None,
            reaches_users=reaches,
            votes=mean,
            days=_days(mean, pace),
        )


def _gated(
    rule: LeadRule, limit: int, plan: TestPlan, liking: _Liking
) -> tuple[float, float, float, float]:
    """Reaches users, the first is promoted, another one is, votes on average over all."""
    first, copy = plan.passes(liking.gain), plan.passes(0.0)
    reaches = found = false = votes = 0.0
    for passed in product((True, False), repeat=plan.variants):
        chance = 1.0
        for place, through in enumerate(passed):
            p = copy if place else first
            chance *= p if through else 1 - p
        shown = [place for place, through in enumerate(passed) if through][:2]
        if not shown or chance < 1e-12:
            continue
        end = fate(rule, limit, [_shares(liking.liked, shown)])
        promoted = dict(zip(shown, end.promoted[0], strict=True))
        reaches += chance
        found += chance * float(promoted.get(0, 0.0))
        false += chance * float(sum(p for place, p in promoted.items() if place))
        votes += chance * float(end.votes[0])
    return reaches, found, false, votes


def _shares(liked: float, shown: Sequence[int]) -> list[float]:
    """How often users pick the incumbent and those shown; copies are liked as the incumbent."""
    weights = [1.0] + [liked / (1 - liked) if place == 0 else 1.0 for place in shown]
    return [weight / sum(weights) for weight in weights]


def _named(liking: _Liking, gated: bool) -> str:
    liked = f"liked {round(100 * liking.liked)}:{round(100 * (1 - liking.liked))}"
    if not gated:
        return liked
    if liking.gain == 0:
        return f"as good, {liked}"
    return f"{round(100 * liking.gain):+d} points, {liked}"


def single_mode_scenarios(
    limit: int, plan: TestPlan, pace: float | None
) -> Iterator[SimulatedWorld]:
    """A challenger that is as said, and where there are more, a copy of the incumbent."""
    for seed, gain in enumerate(_GAINS):
        if not plan.is_possible(gain):
            continue
        gains = (gain, 0.0)[: min(2, plan.variants)]
        # A rate of 0 or 1 has no odds.
        before = min(max(plan.before, 0.02), 0.98 - gain)
        world = simulated_single_mode.World(gains, before)
        ends = simulated_single_mode.simulate(world, limit, SINGLE_SESSIONS, seed)
        found, any_ = float((ends.arm == 1).mean()), float((ends.arm > 0).mean())
        # Where none is better, any that passes by luck is a false one.
        reaches = plan.passes(gain) if gain > 0 else 1 - (1 - plan.passes(0)) ** plan.variants
        mean = float(ends.outcomes.mean())
        yield SimulatedWorld(
            world="as good" if gain == 0 else f"{round(100 * gain):+d} points",
            found=reaches * found if gain > 0 else None,
            false=reaches * (any_ - found if gain > 0 else any_),
            error=reaches * _error(found if gain > 0 else any_, SINGLE_SESSIONS),
            reaches_users=reaches,
            votes=mean,
            days=_days(mean, pace),
        )


def original_scenarios(rule: Thompson, limit: int, pace: float | None) -> Iterator[SimulatedWorld]:
    for seed, shares in enumerate(_SHARES):
        winner, votes = simulated_thompson.simulate(rule, limit, shares, SESSIONS, seed)
        found, any_ = float((winner == 0).mean()), float((winner >= 0).mean())
        equal, mean = shares[0] == shares[1], float(np.mean(votes))
        names = "/".join(f"{100 * share:.0f}" for share in shares)
        yield SimulatedWorld(
            world="variants liked alike" if equal else f"variants liked {names}",
            found=None if equal else found,
            false=any_ if equal else any_ - found,
            error=_error(any_ if equal else found, SESSIONS),
            reaches_users=1.0,
            votes=mean,
            days=_days(mean, pace),
        )


def _error(share: float, n: int) -> float:
    low, high = wilson_interval(round(share * n), n) or (0.0, 1.0)
    return (high - low) / 2
