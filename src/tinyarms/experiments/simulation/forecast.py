"""Forecast what a live test would find in several scenarios, and how soon."""

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
from tinyarms.experiments.simulation.operating_characteristics import operating_characteristics
from tinyarms.stats.binomial import wilson_interval
from tinyarms.stats.power import sign_test_power

SESSIONS = 1000
"""Simulated tests of the original preset in each scenario. More of them reduce the error and take
longer."""
SINGLE_SESSIONS = 400
"""Simulated tests of single mode in each scenario. More of them reduce the error and take
longer."""
ACCURACY = 0.70
"""The accuracy of the incumbent, in [0, 1], that a forecast assumes if it is unknown. Nearer to ½:
the gate finds less."""
MAX_VOTES = 200
"""The most votes of a test that a forecast covers. Memory and time grow with their square."""


class _Challenger(NamedTuple):
    """A challenger: its gain offline, and how often users prefer it to the incumbent."""

    gain: float
    """The gain in accuracy, in [0, 1]."""
    preference: float
    """The share of users who prefer it to the incumbent, in (0, 1)."""


_PICK = (
    _Challenger(0.0, 0.50),
    _Challenger(0.05, 0.55),
    _Challenger(0.10, 0.60),
    _Challenger(0.10, 0.75),
    _Challenger(0.15, 0.75),
    _Challenger(0.10, 0.40),
)
"""The better challenger in each scenario of a test in which users vote."""
_GAINS = (0.0, 0.05, 0.10, 0.20)
"""The scenarios of single mode: the challenger's gain in success rate."""
_SHARES = ((1 / 3, 1 / 3, 1 / 3), (0.5, 0.3, 0.2), (0.6, 0.2, 0.2))
"""The scenarios of the original preset: how often users pick each of three variants."""


@dataclass(frozen=True)
class SimulatedScenario:
    """The result of a test in one scenario."""

    scenario: str
    """The scenario in words."""
    found: float | None
    """The probability that the better challenger is promoted; `None`: no challenger is better."""
    false: float
    """The probability that a challenger no better than the incumbent is promoted."""
    error: float | None
    """Half the width of the 95 % interval of the simulated probability; `None`: it is exact."""
    reaches_users: float
    """The probability that any challenger passes the offline gate; 1 without a gate."""
    votes: float | None
    """The mean number of votes or outcomes of a test that reaches users."""
    days: float | None
    """The days that they take at the skill's pace; `None`: the pace is unknown."""


@dataclass(frozen=True)
class SimulatedRule:
    """The forecast for one rule, in several scenarios."""

    rule: str
    """Name of the rule: `two_gate`, `taste_only`, `single_mode` or `thompson`."""
    current: bool
    """Whether the settings choose this rule. They choose none of these for a test without a
    limit."""
    unit: str
    """What the limit counts: `votes` or `outcomes`."""
    limit: int
    """The most votes or outcomes of a test."""
    limited_by_time: bool
    """Whether the limit of days ends the test first: `limit` is then what arrives by that day at
    the skill's pace."""
    max_days: float
    """Days after which the test ends."""
    sessions: int | None
    """Number of simulated tests in each scenario; `None`: the result is exact."""
    scenarios: tuple[SimulatedScenario, ...]
    """The result in each scenario."""


@dataclass(frozen=True)
class ForecastInputs:
    """The numbers that a forecast starts from."""

    accuracy: float
    """The incumbent's accuracy, in [0, 1]."""
    variants: int
    """The number of challengers."""
    examples: int | None
    """Examples that the offline gate reads; `None`: there is no gate."""
    alpha: float
    """The gate's bound on false promotions, in (0, 1)."""
    least_gain: float
    """The least measured gain that is worth a promotion, in [0, 1]."""

    def is_possible(self, gain: float) -> bool:
        """Whether the incumbent's accuracy leaves room for the gain."""
        return self.accuracy + gain <= 1

    def passes(self, gain: float) -> float:
        """The probability that a challenger with this gain passes the offline gate, if its answers
        are independent of the incumbent's."""
        if self.examples is None:
            return 1.0
        challenger = self.accuracy + gain
        win, loss = (1 - self.accuracy) * challenger, self.accuracy * (1 - challenger)
        alpha = self.alpha / self.variants
        return sign_test_power(self.examples, win, loss, alpha, self.least_gain)


def vote_limit(limit: int, days: float, pace: float | None) -> int:
    """The most votes that a test gets in `days` at a pace of votes per day, at most `limit`.

    Examples
    --------
    >>> from tinyarms.experiments.simulation.forecast import vote_limit
    >>> vote_limit(50, days=7, pace=4.5), vote_limit(50, days=7, pace=None)
    (31, 50)
    """
    return limit if pace is None else max(1, min(limit, int(pace * days)))


def chance_to_find(rule: LeadRule, votes: int, preference: float, challengers: int) -> float:
    """The exact probability that the better challenger wins a test of at most `votes` votes.

    Parameters
    ----------
    preference
        The share of users, in (0, 1), who prefer it to the incumbent.
    challengers
        How many challengers the ballots show, at least 1; the others are copies of the incumbent.

    Examples
    --------
    >>> from tinyarms.core.settings import AbTesting
    >>> from tinyarms.experiments.registry import rule_named
    >>> from tinyarms.experiments.simulation.forecast import chance_to_find
    >>> rule = rule_named("taste_only", AbTesting())
    >>> round(chance_to_find(rule, votes=24, preference=0.75, challengers=2), 2)
    0.18
    """
    shares = _shares(preference, range(challengers))
    return float(operating_characteristics(rule, votes, [shares]).promoted[0][0])


def _days(votes: float | None, pace: float | None) -> float | None:
    return None if not pace or votes is None else votes / pace


def pick_scenarios(
    rule: LeadRule, limit: int, inputs: ForecastInputs, pace: float | None
) -> Iterator[SimulatedScenario]:
    """The exact results of a test in which users vote, one for each scenario.

    One challenger is as the scenario says; the others are copies of the incumbent.
    """
    for challenger in _PICK:
        if inputs.examples is None and challenger == _Challenger(0.15, 0.75):
            continue  # Without a gate it is the same as +10 points.
        if inputs.examples is not None and not inputs.is_possible(challenger.gain):
            continue
        is_better = challenger.gain > 0 and (
            inputs.examples is not None or challenger.preference > 0.5
        )
        reaches, better_wins, copy_wins, votes = _gated(rule, limit, inputs, challenger)
        mean = votes / reaches if reaches > 0 else None
        yield SimulatedScenario(
            scenario=_named(challenger, inputs.examples is not None),
            found=better_wins if is_better else None,
            false=copy_wins if is_better else copy_wins + better_wins,
            error=None,
            reaches_users=reaches,
            votes=mean,
            days=_days(mean, pace),
        )


def _gated(
    rule: LeadRule, limit: int, inputs: ForecastInputs, challenger: _Challenger
) -> tuple[float, float, float, float]:
    """The probabilities that the test reaches users, promotes the first challenger, and promotes
    another one; and the mean number of votes over all tests."""
    first, copy = inputs.passes(challenger.gain), inputs.passes(0.0)
    reaches = first_wins = other_wins = votes = 0.0
    for passes in product((True, False), repeat=inputs.variants):
        chance = 1.0
        for index, has_passed in enumerate(passes):
            p = copy if index else first
            chance *= p if has_passed else 1 - p
        finalists = [index for index, has_passed in enumerate(passes) if has_passed][:2]
        if not finalists or chance < 1e-12:
            continue
        result = operating_characteristics(rule, limit, [_shares(challenger.preference, finalists)])
        promoted = dict(zip(finalists, result.promoted[0], strict=True))
        reaches += chance
        first_wins += chance * float(promoted.get(0, 0.0))
        other_wins += chance * float(sum(p for index, p in promoted.items() if index))
        votes += chance * float(result.votes[0])
    return reaches, first_wins, other_wins, votes


def _shares(preference: float, finalists: Sequence[int]) -> list[float]:
    """How often users pick the incumbent and each finalist; all but the first are copies of it."""
    weights = [1.0] + [preference / (1 - preference) if index == 0 else 1.0 for index in finalists]
    return [weight / sum(weights) for weight in weights]


def _named(challenger: _Challenger, gated: bool) -> str:
    liked = f"liked {round(100 * challenger.preference)}:{round(100 * (1 - challenger.preference))}"
    if not gated:
        return liked
    if challenger.gain == 0:
        return f"as good, {liked}"
    return f"{round(100 * challenger.gain):+d} points, {liked}"


def single_mode_scenarios(
    limit: int, inputs: ForecastInputs, pace: float | None
) -> Iterator[SimulatedScenario]:
    """The simulated results of single mode, one for each scenario.

    One challenger is as the scenario says; a second one is a copy of the incumbent.
    """
    for seed, gain in enumerate(_GAINS):
        if not inputs.is_possible(gain):
            continue
        gains = (gain, 0.0)[: min(2, inputs.variants)]
        # A rate of 0 or 1 has no odds.
        accuracy = min(max(inputs.accuracy, 0.02), 0.98 - gain)
        scenario = simulated_single_mode.Scenario(gains, accuracy)
        ends = simulated_single_mode.simulate(scenario, limit, SINGLE_SESSIONS, seed)
        better_wins, any_wins = float((ends.arm == 1).mean()), float((ends.arm > 0).mean())
        # If no challenger is better, each that passes by luck is a false promotion.
        reaches = inputs.passes(gain) if gain > 0 else 1 - (1 - inputs.passes(0)) ** inputs.variants
        mean = float(ends.outcomes.mean())
        yield SimulatedScenario(
            scenario="as good" if gain == 0 else f"{round(100 * gain):+d} points",
            found=reaches * better_wins if gain > 0 else None,
            false=reaches * (any_wins - better_wins if gain > 0 else any_wins),
            error=reaches * _error(better_wins if gain > 0 else any_wins, SINGLE_SESSIONS),
            reaches_users=reaches,
            votes=mean,
            days=_days(mean, pace),
        )


def original_scenarios(
    rule: Thompson, limit: int, pace: float | None
) -> Iterator[SimulatedScenario]:
    """The simulated results of the original preset, one for each scenario."""
    for seed, shares in enumerate(_SHARES):
        winner, votes = simulated_thompson.simulate(rule, limit, shares, SESSIONS, seed)
        best_wins, any_wins = float((winner == 0).mean()), float((winner >= 0).mean())
        equal, mean = shares[0] == shares[1], float(np.mean(votes))
        names = "/".join(f"{100 * share:.0f}" for share in shares)
        yield SimulatedScenario(
            scenario="variants liked alike" if equal else f"variants liked {names}",
            found=None if equal else best_wins,
            false=any_wins if equal else any_wins - best_wins,
            error=_error(any_wins if equal else best_wins, SESSIONS),
            reaches_users=1.0,
            votes=mean,
            days=_days(mean, pace),
        )


def _error(share: float, n: int) -> float:
    """Half the width of the 95 % interval of a share of n simulated tests."""
    low, high = wilson_interval(round(share * n), n) or (0.0, 1.0)
    return (high - low) / 2
