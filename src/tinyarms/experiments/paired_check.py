"""Two prompts on the same rows: is the second one better, worse, or can the rows not tell?

Two hypotheses are tested, each at `alpha`: the second prompt is no worse, and it is no better. Both
tests are exact one-sided sign tests on the rows where the two differ, like the offline gate. So a
prompt that is as good is called worse in at most a share `alpha` of the checks, and better in as
many.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import ceil, sqrt
from statistics import NormalDist
from typing import Literal

from tinyarms.core.errors import UsageError
from tinyarms.core.text import counted
from tinyarms.stats.binomial import exact_sign_test, paired_counts
from tinyarms.stats.paired_interval import paired_interval
from tinyarms.stats.power import sign_test_power

ALPHA = 0.05
"""The most checks, as a share in (0, ½), that call an equal prompt worse. Higher: smaller losses
are found, and more checks fail without a cause."""
POWER = 0.80
"""How often, in (0, 1), a difference is found that the words call one that the rows find. Higher:
the words promise less."""
_FEWEST_ROWS = 10
"""Rows below which the words ask for no number: with so few, chance decides."""
_STEP = 0.005
"""The difference that rows find is told to half a point."""

CheckVerdict = Literal["better", "worse", "cannot_tell"]


@dataclass(frozen=True)
class PairedCheck:
    """A prompt against another on the same rows."""

    n: int
    """Rows that both answered and that could be scored."""
    before: float | None
    """Share of them that the first prompt got right, in [0, 1]; `None` if n = 0."""
    after: float | None
    """Share of them that the second prompt got right, in [0, 1]; `None` if n = 0."""
    wins: int
    """Rows that only the second prompt got right."""
    losses: int
    """Rows that only the first prompt got right."""
    interval: tuple[float, float] | None
    """Tango's score interval of `difference`, in [−1, 1], at 1 − 2 · `threshold`; `None` if
    n = 0."""
    p_worse: float
    """The exact p, in (0, 1], of the hypothesis that the second prompt is no worse."""
    p_better: float
    """The exact p, in (0, 1], of the hypothesis that it is no better."""
    threshold: float
    """The largest p that decides."""
    verdict: CheckVerdict
    """`better` or `worse`, if the p is at most the threshold; otherwise `cannot_tell`."""
    detectable: float | None
    """The smallest difference that this many rows find in 80 % of cases, in (0, 1]; `None`: they
    are too few for any."""
    rows_needed: int | None
    """About how many rows would find the measured difference in 80 % of cases; `None`: it is 0."""
    sentence: str
    """The numbers and the verdict in words."""
    limits: str
    """What this many rows can tell and what they cannot, in words."""

    @property
    def difference(self) -> float | None:
        """Accuracy gained, in [−1, 1]; `None` if n = 0."""
        return (self.wins - self.losses) / self.n if self.n else None


def paired_check(
    before: Mapping[str, bool], after: Mapping[str, bool], alpha: float = ALPHA
) -> PairedCheck:
    """Compare two prompts on the rows that both answered.

    Raises `UsageError` unless 0 < alpha < ½.

    Parameters
    ----------
    before, after
        Id of a row → success, of the first and of the second prompt; only ids in both count.
    alpha
        The bound on calling an equal prompt worse, and on calling it better, in (0, ½). Divide it
        by the number of skills that are checked together.

    Examples
    --------
    Of 300 rows, the second prompt loses 48 and gains 18:

    >>> from tinyarms.experiments.paired_check import paired_check
    >>> before = {f"e{i}": i < 210 for i in range(300)}
    >>> after = {f"e{i}": 48 <= i < 228 for i in range(300)}
    >>> check = paired_check(before, after)
    >>> check.verdict, check.difference
    ('worse', -0.1)
    >>> check.sentence
    '70.0 % before, 60.0 % after on 300 rows (18 gained, 48 lost): worse, p = 0.0001.'

    References
    ----------
    McNemar 1947, "Note on the sampling error of the difference between correlated proportions or
    percentages", Psychometrika 12; exact: Liddell 1983, "Simplified exact analysis of case-referent
    studies", Journal of Epidemiology and Community Health 37.
    """
    if not 0 < alpha < 0.5:
        raise UsageError(f"A check cannot err with a probability of {alpha}.", "Give 0 to 0.5.")
    ids = sorted(before.keys() & after.keys())
    of_first, of_second = [before[id] for id in ids], [after[id] for id in ids]
    n = len(ids)
    wins, losses = paired_counts(of_first, of_second)
    p_better, p_worse = exact_sign_test(wins, losses), exact_sign_test(losses, wins)
    verdict: CheckVerdict = "cannot_tell"
    if min(p_better, p_worse) <= alpha:
        verdict = "better" if p_better < p_worse else "worse"
    disagreement = (wins + losses) / n if n else 0.0
    detectable = detectable_difference(n, round(disagreement, 4), alpha) if n else None
    measured = abs(wins - losses) / n if n else 0.0
    needed = rows_needed(disagreement, measured, alpha) if measured else None
    return PairedCheck(
        n=n,
        before=sum(of_first) / n if n else None,
        after=sum(of_second) / n if n else None,
        wins=wins,
        losses=losses,
        interval=paired_interval(wins, losses, n, 1 - 2 * alpha),
        p_worse=p_worse,
        p_better=p_better,
        threshold=alpha,
        verdict=verdict,
        detectable=detectable,
        rows_needed=needed,
        sentence=_sentence(
            n, sum(of_first), sum(of_second), wins, losses, verdict, min(p_better, p_worse)
        ),
        limits=_limits(n, detectable, measured, needed, verdict),
    )


def error_rate_in_words(threshold: float, skills: int) -> str:
    """What a check promises, as a sentence. `skills`: how many are compared together."""
    one = "a skill whose prompts are equally good is called worse"
    if skills > 1:
        one = f"any of {skills} skills whose prompts are equally good is called worse"
    return (
        f"Exact sign tests on the rows where the two prompts differ: {one} in at most "
        f"{threshold * max(1, skills):.0%} of checks."
    )


@cache
def detectable_difference(n: int, disagreement: float, alpha: float) -> float | None:
    """The smallest loss that n rows find with a probability of `POWER`; `None`: none at all.

    Parameters
    ----------
    disagreement
        The share of rows on which only one of the two is right, in [0, 1]. A loss of more than
        that share needs as many such rows.

    Examples
    --------
    >>> from tinyarms.experiments.paired_check import detectable_difference
    >>> detectable_difference(300, disagreement=0.20, alpha=0.05)
    0.07
    """
    low, high = 0, round(1 / _STEP)
    if _power(n, disagreement, high * _STEP, alpha) < POWER:
        return None
    while low + 1 < high:
        middle = (low + high) // 2
        enough = _power(n, disagreement, middle * _STEP, alpha) >= POWER
        low, high = (low, middle) if enough else (middle, high)
    return round(high * _STEP, 3)


def _power(n: int, disagreement: float, loss: float, alpha: float) -> float:
    return sign_test_power(n, *_rates(disagreement, loss), alpha)


def rows_needed(disagreement: float, difference: float, alpha: float) -> int:
    """About how many rows find a difference with a probability of `POWER`, rounded up to tens.

    Parameters
    ----------
    disagreement
        The share of rows on which only one of the two is right, in (0, 1].
    difference
        The difference of their accuracies, in (0, 1].

    Examples
    --------
    >>> from tinyarms.experiments.paired_check import rows_needed
    >>> rows_needed(disagreement=0.20, difference=0.05, alpha=0.05)
    500

    References
    ----------
    Connor 1987, "Sample size for testing differences in proportions for the paired-sample design",
    Biometrics 43, pages 207 to 211.
    """
    disagreement = max(disagreement, difference)
    normal = NormalDist().inv_cdf
    root = normal(1 - alpha) * sqrt(disagreement) + normal(POWER) * sqrt(
        disagreement - difference**2
    )
    return max(_FEWEST_ROWS, 10 * ceil((root / difference) ** 2 / 10))


def _rates(disagreement: float, difference: float) -> tuple[float, float]:
    """The rates of the rows that only one prompt, and that only the other one, gets right."""
    disagreement = max(disagreement, difference)
    # Half of what differs beyond the difference; rounding must not bring the sum above 1.
    rarer = max(0.0, (disagreement - difference) / 2)
    return min(1.0 - rarer, rarer + difference), rarer


def _sentence(
    n: int, first: int, second: int, wins: int, losses: int, verdict: CheckVerdict, p: float
) -> str:
    if not n:
        return "No row was answered with both prompts: cannot tell."
    numbers = (
        f"{100 * first / n:.1f} % before, {100 * second / n:.1f} % after on "
        f"{counted(n, 'row')} ({wins} gained, {losses} lost)"
    )
    rounded = "p < 0.0001" if p < 0.0001 else f"p = {p:.4f}"
    return f"{numbers}: {verdict.replace('_', ' ')}, {rounded}."


def _limits(
    n: int, detectable: float | None, measured: float, needed: int | None, verdict: CheckVerdict
) -> str:
    if not n:
        return ""
    rows = counted(n, "row")
    if detectable is None:
        words = f"{rows}: too few to find any difference."
    else:
        words = (
            f"{rows} with answers that differ as often as here: a difference of "
            f"{_points(detectable)} or more is found in {POWER:.0%} of cases, a smaller one less "
            "often."
        )
    if verdict != "cannot_tell" or not measured:
        return words
    return f"{words} The measured {_points(measured)} would need about {needed:,} rows."


def _points(share: float) -> str:
    return f"{100 * share:.1f} points"
