"""Whether a judge of live tasks is believed: how far it agrees with people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Literal

from tinyarms.monitoring.accuracy import Accuracy

PAIRS = 100
"""Newest tasks with both outcomes that count. More: a narrower interval, and a judge that has
changed is noticed later."""
MIN_PAIRS = 30
"""Tasks with both outcomes below which a judge is not checked. Higher: a poor one is noticed
later."""
MIN_OF_EACH = 5
"""Successes and failures by people, each, below which a judge is not checked: one that calls
everything good agrees with people on all successes."""
MIN_AGREEMENT = 0.65
"""Balanced agreement, in [0.5, 1], below which a judge is not believed. At 0.65 a fall of 10 points
moves its grades by 3. Higher: fewer judges count, and those find drops sooner."""

Standing = Literal["unchecked", "believed", "not_believed"]
"""`unchecked`: too few tasks have both outcomes; its grades count. `not_believed`: they do not."""


@dataclass(frozen=True)
class Agreement:
    """How often a judge says the same as people."""

    on_successes: Accuracy
    """Of the tasks that people call a success: those that the judge calls good."""
    on_failures: Accuracy
    """Of the tasks that people call a failure: those that the judge calls bad."""

    @property
    def n(self) -> int:
        """The number of tasks that both have judged."""
        return self.on_successes.n + self.on_failures.n

    @property
    def agreed(self) -> int:
        """The number on which they agree."""
        return self.on_successes.successes + self.on_failures.successes

    @property
    def balanced(self) -> float | None:
        """The mean of both shares, in [0, 1]; 0.5 is what a judge has that guesses. `None`: people
        have only successes or only failures."""
        good, bad = self.on_successes.value, self.on_failures.value
        return None if good is None or bad is None else (good + bad) / 2

    @property
    def interval(self) -> tuple[float, float] | None:
        """A 95 % interval of `balanced`; `None` with it.

        It combines Wilson's intervals of both shares by MOVER.

        References
        ----------
        Zou & Donner 2008, "Construction of confidence limits about effect measures: a general
        approach", Statistics in Medicine 27(10).
        """
        shares = [(part.value, part.interval) for part in (self.on_successes, self.on_failures)]
        balanced = self.balanced
        if balanced is None:
            return None
        below = above = 0.0
        for value, interval in shares:
            assert value is not None and interval is not None
            below += (value - interval[0]) ** 2
            above += (interval[1] - value) ** 2
        return max(0.0, balanced - sqrt(below) / 2), min(1.0, balanced + sqrt(above) / 2)

    @property
    def standing(self) -> Standing:
        """Whether the judge is believed.

        With at least 30 tasks that both have judged, 5 of them failures and 5 successes by people,
        it is believed if its balanced agreement is at least 0.65 and its interval excludes 0.5,
        that is, guessing.
        """
        fewest, balanced, interval = (
            min(self.on_successes.n, self.on_failures.n),
            self.balanced,
            self.interval,
        )
        if self.n < MIN_PAIRS or fewest < MIN_OF_EACH or balanced is None or interval is None:
            return "unchecked"
        good_enough = balanced >= MIN_AGREEMENT and interval[0] > 0.5
        return "believed" if good_enough else "not_believed"


def agreement(pairs: Sequence[tuple[bool, bool]]) -> Agreement:
    """The agreement of (good by the judge, success by people).

    Examples
    --------
    >>> from tinyarms.monitoring.judge_trust import agreement
    >>> found = agreement([(True, True)] * 28 + [(False, True)] * 2 + [(False, False)] * 8)
    >>> found.standing, round(found.balanced, 3)
    ('believed', 0.967)
    >>> agreement([(True, True)] * 30 + [(True, False)] * 8).standing
    'not_believed'
    >>> agreement([(True, True)] * 30).standing
    'unchecked'
    """
    on_successes = [judged for judged, success in pairs if success]
    on_failures = [not judged for judged, success in pairs if not success]
    return Agreement(
        Accuracy(sum(on_successes), len(on_successes)), Accuracy(sum(on_failures), len(on_failures))
    )
