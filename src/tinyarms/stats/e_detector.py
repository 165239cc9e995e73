"""E-detector: has the success rate of a stream fallen below what it was?"""

from __future__ import annotations

DROPS = (0.05, 0.10, 0.15, 0.20, 0.30)
"""The drops of the success rate that the detector looks for at the same time, in probability."""
_LEAST = 0.01
"""The lowest success rate that a drop may lead to: at 0 the likelihood ratio of a success would
be 0 and would erase the evidence."""


class EDetector:
    """Evidence, outcome by outcome, that the success rate of a stream has fallen below p0.

    Each drop d has the Shiryaev-Roberts recursion R ← (R + 1)·e, with e the likelihood ratio of
    p0 − d against p0; the evidence is the mean of the five R. While the rate is at least p0, e has
    a conditional mean of at most 1, so evidence − outcomes is a supermartingale: on average at
    least `threshold` outcomes pass before the evidence first reaches it, however often it is read.

    Each R is capped at the value that reaches the threshold alone. The cap only lowers the
    evidence, and it lets an alarm end soon after a recovery.

    Parameters
    ----------
    threshold
        The evidence that raises the alarm, in outcomes, above 0: the least mean number of
        outcomes between two false alarms.

    Examples
    --------
    >>> from tinyarms.stats.e_detector import EDetector
    >>> detector = EDetector(threshold=1000)
    >>> for outcome in [True, True, True, True, False] * 40:
    ...     detector.see(outcome, p0=0.8)
    >>> round(detector.evidence, 1), detector.alarm
    (44.1, False)
    >>> for outcome in [True, False] * 15:
    ...     detector.see(outcome, p0=0.8)
    >>> round(detector.evidence), detector.alarm
    (3962, True)

    References
    ----------
    Shin, Ramdas & Rinaldo 2022, "E-detectors: a nonparametric framework for sequential change
    detection" (arXiv 2203.03532). The recursion is Shiryaev's (1963) and Roberts' (1966).
    """

    def __init__(self, threshold: float) -> None:
        self.threshold = threshold
        self._cap = threshold * len(DROPS)
        self._r = [0.0] * len(DROPS)
        self._p0: float | None = None
        self._factors: tuple[list[float], list[float]] = ([], [])

    @property
    def evidence(self) -> float:
        """The mean of the five R, in [0, 5 · threshold]."""
        return sum(self._r) / len(DROPS)

    @property
    def alarm(self) -> bool:
        return self.evidence >= self.threshold

    def see(self, success: bool, p0: float) -> None:
        """Take the next outcome. `p0`, in [0, 1], must be chosen without knowing the outcome.

        If p0 is at most the smallest drop, the rate cannot fall so far, and the outcome changes
        nothing.
        """
        if p0 <= DROPS[0]:
            return
        if p0 != self._p0:
            self._p0, self._factors = p0, _factors(min(p0, 1 - 1e-6))
        cap, (a, b, c, d, e) = self._cap, self._r
        to_a, to_b, to_c, to_d, to_e = self._factors[success]
        # Unrolled for speed: each check replays a thousand outcomes for several streams.
        a, b, c, d, e = (
            (a + 1) * to_a,
            (b + 1) * to_b,
            (c + 1) * to_c,
            (d + 1) * to_d,
            (e + 1) * to_e,
        )
        self._r = [a, b, c, d, e]
        if a > cap or b > cap or c > cap or d > cap or e > cap:
            self._r = [min(cap, r) for r in self._r]

    def restart(self) -> None:
        """Forget all evidence."""
        self._r = [0.0] * len(DROPS)


def _factors(p0: float) -> tuple[list[float], list[float]]:
    """The factors by which a failure and a success multiply R + 1, for each drop."""
    rates = [max(_LEAST, p0 - drop) for drop in DROPS]
    return [(1 - q) / (1 - p0) for q in rates], [q / p0 for q in rates]
