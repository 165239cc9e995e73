"""Has the success rate of a stream fallen among its first outcomes, when its usual rate is not yet
known?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import scipy

CHANGES = 100
"""A drop is looked for that begins before so many outcomes. More of them find later drops, and need
a higher threshold for as few false alarms."""
DROPS = (0.10, 0.20, 0.30, 0.40)
"""The drops of the success rate that are looked for at the same time, in probability."""
_RATES = [(n + 0.5) / 25 for n in range(25)]
"""The rates before a drop that are thought possible, each as likely as the others."""
_PAIRS = np.array([(rate, rate - drop) for rate in _RATES for drop in DROPS if rate > drop])
_BEFORE, _AFTER = _PAIRS[:, 0], _PAIRS[:, 1]
_CHANCE = 1 / (len(_RATES) * len(DROPS))
"""Of each pair of rates. A drop to below 0 is none, so the chances sum to less than 1."""


def evidence_of_early_drop(
    outcomes: Sequence[bool], ends: Sequence[int], since: int = 0
) -> npt.NDArray[np.float64]:
    """The evidence that the rate has fallen at one of the first 100 outcomes and not risen again.

    It is the sum, over all outcomes with which a drop may have begun, of the Bayes factor for that
    drop against a rate that stays the same. Under the drop the rate before it is uniform on a grid,
    and so is the size of the drop; under no drop the rate is uniform on [0, 1]. So no rate has to
    be known or estimated first: what is not known of it makes the evidence smaller.

    While the rate does not change, the factor of each beginning is a martingale that starts at 1,
    on average over uniform rates. By Ville's inequality the probability that the evidence ever
    reaches c is therefore at most 100 / c on that average, however often it is read.

    Parameters
    ----------
    outcomes
        Oldest first.
    ends
        After how many outcomes the evidence is read, each from 1 to len(outcomes).
    since
        A drop is looked for that begins after so many outcomes or later; at least 0.

    Returns
    -------
    array of float, shape (len(ends),)
        The evidence at each end, at least 0; 0 where `since` is not below the end or 100.

    Examples
    --------
    >>> from tinyarms.stats.early_drop import evidence_of_early_drop
    >>> outcomes = [task % 6 != 0 for task in range(60)] + [True, False] * 30
    >>> evidence_of_early_drop(outcomes, ends=[60, 90, 120]).round(1).tolist()
    [10.9, 1152.2, 9855.9]

    References
    ----------
    Shin, Ramdas & Rinaldo 2022, "E-detectors: a nonparametric framework for sequential change
    detection" (arXiv 2203.03532): sums of e-processes over the beginnings of a change. Robbins
    1970, "Statistical Methods Related to the Law of the Iterated Logarithm", Annals of Mathematical
    Statistics 41, pages 1397 to 1409: mixtures.
    """
    at = np.asarray(ends, dtype=np.int64)
    last_change = min(CHANGES, len(outcomes))
    evidence = np.zeros(len(at))
    may_have_fallen = at > since
    if since >= last_change or not may_have_fallen.any():
        return evidence
    at = at[may_have_fallen]
    successes = np.concatenate([[0], np.cumsum(outcomes)])
    changes = np.arange(since, last_change)
    before = _log_likelihood(_BEFORE, successes[changes], changes)
    # Up to the change the drop has no part in the likelihood, so it is taken out again.
    begun = np.logaddexp.accumulate(
        before - _log_likelihood(_AFTER, successes[changes], changes), axis=0
    )
    fallen = begun[np.minimum(at, last_change) - 1 - since]
    fallen = fallen + _log_likelihood(_AFTER, successes[at], at)
    steady = scipy.special.betaln(1 + successes[at], 1 + at - successes[at])
    evidence[may_have_fallen] = _CHANCE * np.exp(fallen - steady[:, None]).sum(axis=1)
    return evidence


def _log_likelihood(
    rates: npt.NDArray[np.float64], successes: npt.NDArray[np.int64], n: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """Of so many successes among n outcomes: one row for each n, one column for each rate."""
    failures = n - successes
    return np.outer(successes, np.log(rates)) + np.outer(failures, np.log1p(-rates))
