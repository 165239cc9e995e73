"""E-detector: has the success rate of a stream fallen below what it was?"""

from __future__ import annotations

DROPS = (0.05, 0.10, 0.15, 0.20, 0.30)
"""Drops of the success rate that are looked for, all at once."""
_LEAST = 0.01


class EDetector:
    """Evidence that outcomes have begun to succeed at a rate below p0, outcome by outcome.

    For each drop d the Shiryaev-Roberts recursion R ← (R + 1)·e, with e the likelihood ratio of
    p0 − d against p0; the evidence is the mean of the five R. While the rate is at least p0, e has
    a conditional mean of at most 1, so evidence − outcomes is a supermartingale: on average at
    least `threshold` outcomes pass before the evidence first reaches it, however often one looks.
    Source: Shin, Ramdas & Rinaldo 2022, "E-detectors: a nonparametric framework for sequential
    change detection" (arXiv 2203.03532); the recursion is Shiryaev's (1963) and Roberts' (1966).

    Each R is held at the value that reaches the threshold alone. That only lowers the evidence,
    and lets an alarm end soon after a recovery.
    """

    def __init__(self, threshold: float) -> None:
        self.threshold = threshold
        self._most = threshold * len(DROPS)
        self._r = [0.0] * len(DROPS)
        self._p0: float | None = None
        self._factors: tuple[list[float], list[float]] = ([], [])

    @property
    def evidence(self) -> float:
        """In [0, threshold · 5]."""
        return sum(self._r) / len(DROPS)

    @property
    def alarm(self) -> bool:
        return self.evidence >= self.threshold

    def see(self, success: bool, p0: float) -> None:
        """The next outcome. `p0` in [0, 1], chosen without knowing the outcome.

        Below the smallest drop there is nothing to fall to, and the outcome changes nothing.
        """
        if p0 <= DROPS[0]:
            return
        if p0 != self._p0:
            self._p0, self._factors = p0, _factors(min(p0, 1 - 1e-6))
        most, (a, b, c, d, e) = self._most, self._r
        to_a, to_b, to_c, to_d, to_e = self._factors[success]
        # One by one: every look replays a thousand outcomes for several streams.
        a, b, c, d, e = (
            (a + 1) * to_a,
            (b + 1) * to_b,
            (c + 1) * to_c,
            (d + 1) * to_d,
            (e + 1) * to_e,
        )
        self._r = [a, b, c, d, e]
        if a > most or b > most or c > most or d > most or e > most:
            self._r = [min(most, r) for r in self._r]

    def restart(self) -> None:
        """Forget all evidence."""
        self._r = [0.0] * len(DROPS)


def _factors(p0: float) -> tuple[list[float], list[float]]:
    """What a failure and what a success does to the R of each drop."""
    lower = [max(_LEAST, p0 - drop) for drop in DROPS]
    return [(1 - q) / (1 - p0) for q in lower], [q / p0 for q in lower]
