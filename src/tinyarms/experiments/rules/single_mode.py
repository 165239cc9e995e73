"""Single mode: one prompt serves each task, and ordinary feedback is the outcome.

Hypothesis tested, per challenger: on no task is it more likely to succeed than the incumbent.
The evidence is the two-sample e-process of `stats.two_sample` on the tasks that either of the two
served, with the probabilities logged at their assignment. It is valid under the adaptive allocation
and under any drift common to all arms, whenever anyone reads it.

So the probability that any challenger that is no better is ever promoted is at most 4 %, because
each has to reach 25 × the number of challengers (Bonferroni). The mirrored evidence drops a
challenger that is credibly worse at 25, so one that is no worse is dropped in at most 4 % of tests.
Both bounds require that, given the outcome, whether and when it is reported does not depend on the
arm. A sample-ratio check suspends the decision while tasks are not served as logged.

In 20,000 simulated sessions of up to 5,000 outcomes, with an incumbent at 0.70, an equal challenger
is promoted in 3.9 % (two of them: 2.6 %), in 3.6 % if all rates move in waves of 0.15, and in 3.0 %
if they fall by 0.30. A challenger with a gain of 10 points is promoted in 99.98 %, after a median
of 447 outcomes (beside an equal challenger: 810).
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import exp, log
from typing import ClassVar, NamedTuple

import numpy as np

from tinyarms.core.errors import ExperimentError
from tinyarms.core.text import counted
from tinyarms.experiments.arms import Arm, Outcome
from tinyarms.experiments.rule import (
    Allocation,
    ArmStatistics,
    Evidence,
    LaterStatistics,
    Stop,
    split_roles,
    time_is_up,
)
from tinyarms.experiments.top_two import top_two
from tinyarms.stats.beta import Counts, probability_best
from tinyarms.stats.binomial import wilson_interval
from tinyarms.stats.sample_ratio import ALARM, sample_ratio
from tinyarms.stats.two_sample import TwoSampleEvidence

ALPHA = 0.04
"""The bound on the probability of a false promotion, in (0, 1). Lower: tests take longer. It is
a little below the 5 % that the product promises, because the error rate nearly reaches it."""
INCUMBENT_FLOOR = 0.20
"""The least probability with which the incumbent serves a task, once each arm has had its first
outcomes. A higher one compares it with more precision and gives the better arm fewer tasks."""
CHALLENGER_FLOOR = 0.10
"""The same for each challenger that is not dropped."""
CHALLENGERS = 2
"""The most challengers that share the tasks. More take longer to compare."""


class _Duel(NamedTuple):
    """A challenger against the incumbent. `better_at`, `worse_at`: the number of the deciding
    outcome."""

    arm: Arm
    better_at: int | None
    worse_at: int | None
    e_value: float
    """The evidence that the challenger is better: at the decision, or else now."""


@dataclass(frozen=True)
class SingleMode:
    """Serves each task with the incumbent or one of the first two challengers.

    The first challenger that is credibly better is promoted. The incumbent is kept once all
    challengers are dropped, and at the limit.

    Parameters
    ----------
    max_votes, max_duration_days
        The limit: the test ends at this many outcomes or after this many days.
    rounds
        The number of consecutive tests that share the bound on false promotions, at least 1.

    Examples
    --------
    Both arms serve half of the tasks; the challenger always succeeds, the incumbent every other
    time:

    >>> from datetime import UTC, datetime
    >>> from tinyarms.experiments.arms import Arm, Outcome
    >>> from tinyarms.experiments.rules.single_mode import SingleMode
    >>> arms = [Arm("v1", "", "incumbent"), Arm("v2", "A", "challenger")]
    >>> start = datetime(2024, 11, 1, tzinfo=UTC)
    >>> def task(arm, success):
    ...     logged = {"v1": 0.5, "v2": 0.5}
    ...     return Outcome((arm,), arm, None, "", start, success=success, probabilities=logged)
    >>> tasks = [task("v2", True), task("v1", True), task("v2", True), task("v1", False)]
    >>> SingleMode().assess(arms, tasks, start, start).reason
    '4 outcomes so far; at most 4996 more are needed.'
    >>> SingleMode().assess(arms, tasks * 15, start, start).reason
    'Variant A succeeds more often than the incumbent: e-value 28 (25 promotes) after 40 outcomes.'

    References
    ----------
    Turner, Ly & Grünwald 2024, "Generic E-variables for exact sequential k-sample tests that
    allow for optional stopping".
    """

    max_votes: int = 5000
    max_duration_days: float = 60
    rounds: int = 1
    name: ClassVar[str] = "single_mode"

    def arms_shown(self, arms: Sequence[Arm]) -> tuple[Arm, ...]:
        incumbent, challengers = split_roles(arms)
        return (incumbent, *challengers[:CHALLENGERS])

    def probabilities(
        self, arms: Sequence[Arm], outcomes: Sequence[Outcome]
    ) -> Mapping[str, float]:
        """The probability of each arm that is not dropped, by id, for the next task."""
        shown_arms = self.arms_shown(arms)
        results = self._known_outcomes(shown_arms, outcomes)
        duels = _duels(shown_arms, results, self.rounds)
        dropped = {duel.arm.id for duel in duels if duel.worse_at is not None}
        open_arms = [arm for arm in shown_arms if arm.id not in dropped]
        floors = [
            INCUMBENT_FLOOR if arm.role == "incumbent" else CHALLENGER_FLOOR for arm in open_arms
        ]
        shares = top_two([_counts(arm.id, results) for arm in open_arms], floors)
        return dict(zip([arm.id for arm in open_arms], shares, strict=True))

    def e_values(self, arms: Sequence[Arm], outcomes: Sequence[Outcome]) -> Mapping[str, float]:
        """The evidence that each challenger, by id, is better; `challengers` / 0.04 promotes it."""
        shown_arms = self.arms_shown(arms)
        duels = _duels(shown_arms, self._known_outcomes(shown_arms, outcomes), self.rounds)
        return {duel.arm.id: duel.e_value for duel in duels}

    def allocate(
        self, arms: Sequence[Arm], outcomes: Sequence[Outcome], rng: random.Random
    ) -> Allocation:
        return draw(self.probabilities(arms, outcomes), rng)

    def assess(
        self,
        arms: Sequence[Arm],
        outcomes: Sequence[Outcome],
        started_at: datetime,
        now: datetime,
    ) -> Evidence:
        shown_arms = self.arms_shown(arms)
        results = self._known_outcomes(shown_arms, outcomes)
        duels = _duels(shown_arms, results, self.rounds)
        n, stop = _decided(duels, len(results), self.rounds)
        if stop is None:
            stop = self._at_limit(n, started_at, now)
        assignments = [_assignment(outcome) for outcome in outcomes]
        e_value = sample_ratio([arm.id for arm in shown_arms], assignments)
        if e_value >= ALARM:
            stop = _suspended(stop, e_value)
        left = self.max_votes - n
        why = f"{counted(n, 'outcome')} so far; at most {left} more are needed."
        state, arm, reason = stop or Stop("go_on", None, why)
        needed = left if state == "go_on" else 0
        statistics = LaterStatistics(lambda: _statistics(shown_arms, results[:n]))
        return Evidence(self.name, state, arm, statistics, n, needed, reason)

    def _known_outcomes(
        self, shown_arms: Sequence[Arm], outcomes: Sequence[Outcome]
    ) -> list[Outcome]:
        """The known outcomes, up to the limit. Raises `ExperimentError` for an arm of another
        test."""
        results = [outcome for outcome in outcomes if outcome.success is not None]
        ids = {arm.id for arm in shown_arms}
        for outcome in results:
            if len(outcome.shown) != 1 or not ids.issuperset(outcome.shown):
                raise ExperimentError(
                    f"A task was served by {', '.join(outcome.shown)}, which is not an arm of this "
                    "live test.",
                    "Give a live test only its own outcomes.",
                )
        return results[: self.max_votes]

    def _at_limit(self, n: int, started_at: datetime, now: datetime) -> Stop | None:
        if n >= self.max_votes:
            when = f"At the limit, {n} outcomes"
        elif time_is_up(started_at, now, self.max_duration_days):
            when = f"After {self.max_duration_days:g} days and {n} outcomes"
        else:
            return None
        return Stop("keep", None, f"{when}, no challenger is credibly better.")


def draw(probabilities: Mapping[str, float], rng: random.Random) -> Allocation:
    """Draw one arm with its probability."""
    remaining = rng.random()
    for arm_id, probability in probabilities.items():
        remaining -= probability
        if remaining < 0:
            return Allocation(arm_id, probability)
    # Rounding may leave the sum of the probabilities below 1.
    return Allocation(arm_id, probability)


def needed_e_value(challengers: int, rounds: int = 1) -> float:
    """The e-value that promotes one of these challengers, of which there is at least 1.

    `rounds`: the number of consecutive tests that share the bound on false promotions.
    """
    return challengers * rounds / ALPHA


def _duels(shown_arms: Sequence[Arm], results: Sequence[Outcome], rounds: int) -> list[_Duel]:
    incumbent, *challengers = shown_arms
    needed = needed_e_value(len(challengers), rounds)
    return [_duel(incumbent, arm, needed, results) for arm in challengers]


def _duel(incumbent: Arm, arm: Arm, needed: float, results: Sequence[Outcome]) -> _Duel:
    pair = (incumbent.id, arm.id)
    # A task that only one of the two could have served does not compare them.
    numbers = [n for n, result in enumerate(results, start=1) if _in_duel(result, pair)]
    if not numbers:
        return _Duel(arm, None, None, 1.0)
    duel_results = [results[n - 1] for n in numbers]
    ours = np.array([result.shown[0] == arm.id for result in duel_results])
    success = np.array([result.success for result in duel_results])
    share = np.array([_share(result, arm.id, incumbent.id) for result in duel_results])
    better = TwoSampleEvidence().see(ours, success, share)
    worse = TwoSampleEvidence().see(~ours, success, 1 - share)
    better_at = _first(better >= log(needed), numbers)
    worse_at = _first(worse >= log(1 / ALPHA), numbers)
    if better_at is not None and (worse_at is None or better_at < worse_at):
        worse_at = None
        log_evidence = float(better[numbers.index(better_at)])
    else:
        better_at, log_evidence = None, float(better[-1])
    return _Duel(arm, better_at, worse_at, exp(min(700.0, log_evidence)))


def _in_duel(outcome: Outcome, pair: tuple[str, str]) -> bool:
    logged = outcome.probabilities or {}
    return outcome.shown[0] in pair and all(logged.get(arm_id, 0.0) > 0 for arm_id in pair)


def _share(outcome: Outcome, ours: str, theirs: str) -> float:
    assert outcome.probabilities is not None
    p = outcome.probabilities[ours]
    return p / (p + outcome.probabilities[theirs])


def _first(crossed: np.ndarray[tuple[int], np.dtype[np.bool_]], numbers: list[int]) -> int | None:
    return numbers[int(crossed.argmax())] if crossed.any() else None


def _decided(duels: Sequence[_Duel], n: int, rounds: int) -> tuple[int, Stop | None]:
    """The number of outcomes that count, and why the test stops; `None`: it continues."""
    winners = [duel for duel in duels if duel.better_at is not None]
    if winners:
        best = min(winners, key=lambda duel: duel.better_at or 0)
        at = best.better_at or 0
        why = f"succeeds more often than the incumbent: e-value {best.e_value:.0f}"
        needed = needed_e_value(len(duels), rounds)
        reason = f"{best.arm.label} {why} ({needed:g} promotes) after {at} outcomes."
        return at, Stop("promote", best.arm.id, reason)
    dropped = [duel.worse_at for duel in duels if duel.worse_at is not None]
    if len(dropped) == len(duels):
        at = max(dropped)
        reason = f"Every challenger is credibly worse than the incumbent ({at} outcomes)."
        return at, Stop("keep", None, reason)
    return n, None


def _suspended(stop: Stop | None, e_value: float) -> Stop:
    why = f"Tasks are not served with the probabilities logged (e-value {e_value:.3g})"
    if stop is not None and stop.state == "keep":
        return Stop("keep", None, f"{stop.reason} {why}.")
    return Stop("go_on", None, f"{why}: the decision is suspended. Find out why, then cancel.")


def _assignment(outcome: Outcome) -> tuple[str, Mapping[str, float]]:
    return outcome.shown[0], outcome.probabilities or {}


def _counts(arm_id: str, results: Sequence[Outcome]) -> Counts:
    flags = [result.success for result in results if result.shown[0] == arm_id]
    successes = sum(flag is True for flag in flags)
    return successes, len(flags) - successes


def _statistics(shown_arms: Sequence[Arm], results: Sequence[Outcome]) -> dict[str, ArmStatistics]:
    counts = [_counts(arm.id, results) for arm in shown_arms]
    best = probability_best(counts)
    statistics = {}
    for arm, (successes, failures), p_best in zip(shown_arms, counts, best, strict=True):
        n = successes + failures
        statistics[arm.id] = ArmStatistics(
            votes=n,
            mean=successes / n if n else None,
            interval=wilson_interval(successes, n),
            p_best=p_best,
            lead=None,
        )
    return statistics
