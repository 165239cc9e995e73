"""E-detector: has the success rate of a stream fallen below its baseline?"""

from __future__ import annotations

from collections.abc import Sequence

DROPS = (0.05, 0.10, 0.15, 0.20, 0.30)
"""The drops of the success rate that the detector looks for at the same time, in probability."""
_LEAST = 0.01
"""The lowest success rate that a drop may lead to: at 0 the likelihood ratio of a success would
be 0 and would erase the evidence."""


def evidence_of_drop(
    outcomes: Sequence[bool], rates: Sequence[float], threshold: float
) -> list[float]:
    """The evidence, after each outcome, that the success rate of a stream has fallen.

    Each drop d has the Shiryaev-Roberts recursion R ← (R + 1)·e, with e the likelihood ratio of
    p0 − d against p0; the evidence is the mean of the five R. While the rate is at least p0, e has
    a conditional mean of at most 1, so evidence − outcomes is a supermartingale: on average at
    least `threshold` outcomes pass before the evidence first reaches it, however often it is read.

    Each R is capped at the value that reaches the threshold alone. The cap only lowers the
    evidence, and it lets an alarm end soon after a recovery.

    Parameters
    ----------
    outcomes
        Oldest first.
    rates
        For each outcome p0, the rate it is compared with, in [0, 1], chosen without knowing the
        outcome. If p0 is at most the smallest drop, the rate cannot fall so far, and the outcome
        changes nothing.
    threshold
        The evidence that raises the alarm, in outcomes, above 0: the least mean number of
        outcomes between two false alarms.

    Returns
    -------
    list of float
        One value for each outcome, in [0, 5 · threshold].

    Examples
    --------
    >>> from tinyarms.stats.e_detector import evidence_of_drop
    >>> outcomes = [True, True, True, True, False] * 40 + [True, False] * 15
    >>> evidence = evidence_of_drop(outcomes, [0.8] * 230, threshold=1000)
    >>> round(evidence[199], 1), round(evidence[229])
    (44.1, 3962)

    References
    ----------
    Shin, Ramdas & Rinaldo 2022, "E-detectors: a nonparametric framework for sequential change
    detection" (arXiv 2203.03532). The recursion is Shiryaev's (1963) and Roberts' (1966).
    """
    cap = threshold * len(DROPS)
    a = b = c = d = e = 0.0
    last_rate = None
    evidence = list[float]()
    for success, rate in zip(outcomes, rates, strict=True):
        if rate > DROPS[0]:
            if rate != last_rate:
                last_rate, factors = rate, _factors(min(rate, 1 - 1e-6))
            to_a, to_b, to_c, to_d, to_e = factors[success]
            # Unrolled for speed: each check reads a thousand outcomes of several streams.
            a, b, c, d, e = (
                (a + 1) * to_a,
                (b + 1) * to_b,
                (c + 1) * to_c,
                (d + 1) * to_d,
                (e + 1) * to_e,
            )
            if a > cap or b > cap or c > cap or d > cap or e > cap:
                a, b, c, d, e = (min(cap, r) for r in (a, b, c, d, e))
        evidence.append((a + b + c + d + e) / len(DROPS))
    return evidence


def _factors(p0: float) -> tuple[list[float], list[float]]:
    """The factors by which a failure and a success multiply R + 1, for each drop."""
    rates = [max(_LEAST, p0 - drop) for drop in DROPS]
    return [(1 - q) / (1 - p0) for q in rates], [q / p0 for q in rates]
