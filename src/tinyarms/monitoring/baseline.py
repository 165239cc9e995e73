"""The baseline of a prompt version: its success rate over its first outcomes.

It covers the version's first 200 known outcomes. While fewer than 300 are known, it covers all but
the newest 100, or the older half if that is more: a drop in a version's first days must not become
part of its usual rate. A stream of many outcomes may have a larger baseline, which grows with the
older half of the outcomes.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from tinyarms.monitoring.accuracy import Accuracy
from tinyarms.stats.binomial import wilson_interval

SIZE = 200
"""Outcomes in a complete baseline. With more, it is more precise and takes longer to complete."""
LAG = 100
"""Newest outcomes that a growing baseline leaves out. More of them keep a drop out of it longer."""
_CONFIDENCE = 0.70
"""Confidence, in (0, 1), of the two-sided interval whose lower end is `lower_bound`. A higher one
lowers that bound, so that smaller drops go unnoticed."""


def baseline_of(outcomes: Sequence[bool], most: int = SIZE) -> Accuracy:
    """The baseline after these outcomes; the oldest comes first.

    `most`: outcomes in a complete baseline, at least `SIZE`.

    Examples
    --------
    >>> from tinyarms.monitoring.baseline import baseline_of, lower_bound
    >>> baseline = baseline_of([task % 10 != 0 for task in range(50)])
    >>> baseline
    Accuracy(successes=22, n=25)
    >>> round(lower_bound(baseline), 3)
    0.797
    """
    n = _size(len(outcomes), most)
    return Accuracy(sum(outcomes[:n]), n)


def lower_bound(baseline: Accuracy) -> float | None:
    """A lower bound of the true rate, in [0, 1], which holds with a probability of 85 %.

    It is the lower end of Wilson's 70 % interval; `None` without an outcome.
    """
    interval = wilson_interval(baseline.successes, baseline.n, _CONFIDENCE)
    return interval[0] if interval else None


def lower_bounds(outcomes: Sequence[bool], most: int = SIZE) -> list[float]:
    """The lower bound after 0, 1, 2 … of the outcomes; 0 where there is no baseline yet.

    The last of the len(outcomes) + 1 values is `lower_bound(baseline_of(outcomes, most))`.
    """
    complete = SIZE + LAG if most == SIZE else 2 * most
    sizes = [_size(n, most) for n in range(min(len(outcomes), complete) + 1)]
    successes = [0, *accumulate(outcomes[: sizes[-1]])]
    intervals = [wilson_interval(successes[n], n, _CONFIDENCE) for n in range(sizes[-1] + 1)]
    by_size = [interval[0] if interval else 0.0 for interval in intervals]
    bounds = [by_size[n] for n in sizes]
    return bounds + bounds[-1:] * (len(outcomes) + 1 - len(bounds))


def _size(outcomes: int, most: int) -> int:
    """The number of outcomes in the baseline of a version with this many outcomes."""
    first = min(SIZE, max((outcomes + 1) // 2, outcomes - LAG))
    return max(first, min(most, outcomes // 2)) if most > SIZE else first
