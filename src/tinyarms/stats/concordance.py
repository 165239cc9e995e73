"""Concordance: how well scores tell labels apart, whatever bias each label has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


def concordant_pairs(
    scores: Sequence[Mapping[str, float]], labels: Sequence[str]
) -> tuple[float, int]:
    """(concordant pairs, pairs) among all pairs of examples with different labels.

    `scores`: n mappings label → log-probability; `labels`: the n right ones. A pair with the
    labels a and b is concordant if log P(a) − log P(b) is higher on the example that is an a; ties
    count half. Their share is 0.5 by chance and 1 where one threshold tells all apart: the area
    under the ROC curve, for several labels after Hand & Till 2001.
    """
    concordant, pairs = 0.0, 0
    for i, (first, a) in enumerate(zip(scores, labels, strict=True)):
        for second, b in zip(scores[:i], labels[:i], strict=True):
            if a != b:
                difference = (first[a] - first[b]) - (second[a] - second[b])
                concordant += 0.5 if difference == 0 else float(difference > 0)
                pairs += 1
    return concordant, pairs
