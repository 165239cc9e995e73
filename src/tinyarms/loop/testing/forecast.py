"""What a live test with the current settings would find, and how soon: before it begins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import product
from typing import NamedTuple

import numpy as np

from tinyarms.core.errors import UsageError
from tinyarms.experiments.registry import rule_named
from tinyarms.experiments.rules.lead_rule import LeadRule
from tinyarms.experiments.rules.single_mode import SingleMode
from tinyarms.experiments.rules.thompson import Thompson
from tinyarms.experiments.simulation import single_mode as simulated_single_mode
from tinyarms.experiments.simulation import thompson as simulated_thompson
from tinyarms.experiments.simulation.operating_characteristics import fate
from tinyarms.loop.project.accuracy import known_accuracy
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.versions import active_version
from tinyarms.loop.testing.start import MIN_TEST_EXAMPLES, held_out_examples
from tinyarms.stats.binomial import wilson_interval
from tinyarms.stats.power import sign_test_power

SESSIONS = 1000
"""Of the original preset, and of single mode, in each world."""
SINGLE_SESSIONS = 400
ACCURACY = 0.70
"""The incumbent's, where it is not known."""
PACE_DAYS = 28
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
    current: bool
    """Whether the settings choose it; none is while they choose a test without a limit."""
    unit: str
    """`votes` or `outcomes`."""
    limit: int
    limited_by_time: bool
    """Whether the time is up before that many could come, at the skill's pace: `limit` is what
    comes until then."""
    max_days: float
    sessions: int | None
    """Simulated in each world; `None`: exact."""
    worlds: tuple[SimulatedWorld, ...]


@dataclass(frozen=True)
class SimulationView:
    """What the settings mean for a skill."""

    skill: str
    test_examples: int
    """Those that the offline gate would read."""
    offline_gate: bool
    challengers: int
    """How many variants a search brings; at most two of them reach users."""
    accuracy: float
    accuracy_known: bool
    tasks_per_day: float | None
    outcomes_per_day: float | None
    rules: tuple[SimulatedRule, ...]


def simulate(context: Context, name: str, votes: int | None = None) -> SimulationView:
    """Work out what a live test would come to; nothing is stored and no model is called.

    `votes`: the limit of the rule that the settings choose, in place of theirs. In every world one
    challenger is as said and the others are copies of the incumbent; users pick in proportion to
    how much they like each option. Raises `UsageError` for an unknown skill, and if users would be
    asked for more than 200 votes.
    """
    skill = context.skill(name).skill
    settings = context.project.settings
    version = active_version(context, name)
    examples = len(held_out_examples(context, skill))
    with context.store.read() as work:
        now = context.clock()
        known = known_accuracy(work, name, version.number, now)
        tasks, heard = _pace(*work.tasks.pace(name, now - timedelta(days=PACE_DAYS)), now)
    gated = skill.scorer is not None and examples >= MIN_TEST_EXAMPLES
    plan = _Plan(
        before=ACCURACY if known is None else known,
        variants=settings.smollm2.variants_per_evolution,
        examples=examples if gated else None,
        alpha=settings.alpha,
        least_gain=settings.learning.min_accuracy_improvement,
    )
    ab, single = settings.ab_testing, settings.experiment
    picks = None if tasks is None else tasks * ab.show_probability
    pick_rule = "two_gate" if gated else "taste_only"
    open_ended = single.open_ended and not gated
    current = "thompson" if settings.preset == "original" else (
        "single_mode" if single.mode == "single" else "sign_e_process" if open_ended else pick_rule
    )  # fmt: skip
    rules = []
    for rule_name in (pick_rule, "single_mode", "thompson"):
        limits = ab
        if rule_name == "single_mode":
            limits = ab.model_copy(
                update={
                    "max_votes": single.max_outcomes,
                    "max_duration_days": single.max_duration_days,
                }
            )
        if votes is not None and rule_name == current:
            limits = limits.model_copy(update={"max_votes": votes})
        rule = rule_named(rule_name, limits)
        pace = heard if rule_name == "single_mode" else picks
        limit = _limit(limits.max_votes, limits.max_duration_days, pace)
        if limit > MOST_VOTES and rule_name != "single_mode":
            if rule_name != current:
                continue
            raise UsageError(
                f"A test of {limit} votes cannot be worked out.", f"Try --votes {MOST_VOTES}."
            )
        worlds: Iterator[SimulatedWorld]
        if isinstance(rule, LeadRule):
            worlds = _pick_worlds(rule, limit, plan, pace)
        elif isinstance(rule, SingleMode):
            worlds = _single_worlds(limit, plan, pace)
        else:
            assert isinstance(rule, Thompson)
            worlds = _original_worlds(rule, limit, pace)
        rules.append(
            SimulatedRule(
                rule=rule_name,
                current=rule_name == current,
                unit="outcomes" if rule_name == "single_mode" else "votes",
                limit=limit,
                limited_by_time=limit < limits.max_votes,
                max_days=limits.max_duration_days,
                sessions={"single_mode": SINGLE_SESSIONS, "thompson": SESSIONS}.get(rule_name),
                worlds=tuple(worlds),
            )
        )
    return SimulationView(
        skill=name,
        test_examples=examples,
        offline_gate=gated,
        challengers=plan.variants,
        accuracy=plan.before,
        accuracy_known=known is not None,
        tasks_per_day=tasks,
        outcomes_per_day=heard,
        rules=tuple(sorted(rules, key=lambda each: not each.current)),
    )


@dataclass(frozen=True)
class _Plan:
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


def _pace(
    tasks: int, known: int, first: datetime | None, now: datetime
) -> tuple[float | None, float | None]:
    """Tasks, and tasks whose outcome is known, a day."""
    if first is None:
        return None, None
    days = max(1.0, (now - first) / timedelta(days=1))
    return tasks / days, known / days


def _limit(limit: int, days: float, pace: float | None) -> int:
    return limit if pace is None else max(1, min(limit, int(pace * days)))


def _days(votes: float | None, pace: float | None) -> float | None:
    return None if not pace or votes is None else votes / pace


def _pick_worlds(
    rule: LeadRule, limit: int, plan: _Plan, pace: float | None
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
    rule: LeadRule, limit: int, plan: _Plan, liking: _Liking
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


def _single_worlds(limit: int, plan: _Plan, pace: float | None) -> Iterator[SimulatedWorld]:
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


def _original_worlds(rule: Thompson, limit: int, pace: float | None) -> Iterator[SimulatedWorld]:
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
