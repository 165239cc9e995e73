"""The accuracy of a run of outcomes. Over no outcomes it is `None`, not 0."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tinyarms.stats.binomial import wilson_interval


@dataclass(frozen=True)
class Accuracy:
    """The number of successes among `n` known outcomes."""

    successes: int
    n: int

    @property
    def value(self) -> float | None:
        """The share of successes, in [0, 1]; `None` if n = 0."""
        return self.successes / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's 95 % interval; `None` if n = 0."""
        return wilson_interval(self.successes, self.n)


def accuracy(outcomes: Iterable[bool | None]) -> Accuracy:
    """Count outcomes: True is a success, False a failure; `None` is unknown and not counted.

    Examples
    --------
    >>> from tinyarms.monitoring.accuracy import accuracy
    >>> accuracy([True, True, None, False]).n
    3
    >>> accuracy([None]).value is None
    True
    """
    known_outcomes = [outcome for outcome in outcomes if outcome is not None]
    return Accuracy(sum(known_outcomes), len(known_outcomes))
