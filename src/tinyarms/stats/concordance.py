"""Concordance: how well scores separate the labels, regardless of each label's bias."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def concordant_pairs(
    scores: Sequence[Mapping[str, float]], labels: Sequence[str]
) -> tuple[float, int]:
    """(concordant pairs, pairs) among all pairs of examples with different labels.

    A pair with the labels a and b is concordant if log P(a) − log P(b) is higher on the example
    whose label is a; ties count half. The share of concordant pairs is 0.5 by chance and 1 if
    one threshold separates all: it is the area under the ROC curve.

    Parameters
    ----------
    scores
        For each of n examples, a mapping from label to log-probability.
    labels
        The n correct labels.

    Examples
    --------
    A prompt that says "yes" to everything still separates the labels:

    >>> from tinyarms.stats.concordance import concordant_pairs
    >>> scores = [{"yes": -0.1, "no": -2.3}, {"yes": -0.3, "no": -1.4}]
    >>> concordant_pairs(scores, ["yes", "no"])
    (1.0, 1)

    References
    ----------
    Hand & Till 2001, "A Simple Generalisation of the Area Under the ROC Curve for Multiple Class
    Classification Problems", Machine Learning 45, pages 171 to 186.
    """
    concordant, pairs = 0.0, 0
    for i, (first, a) in enumerate(zip(scores, labels, strict=True)):
        for second, b in zip(scores[:i], labels[:i], strict=True):
            if a != b:
                difference = (first[a] - first[b]) - (second[a] - second[b])
                concordant += 0.5 if difference == 0 else float(difference > 0)
                pairs += 1
    return concordant, pairs
