"""The runs of characters by which two texts are compared."""

from __future__ import annotations

RUN = 5
"""Characters of a run. Longer: one changed character touches more runs, so texts must be closer."""
MIN_TENTHS = 9
"""Smallest Jaccard similarity of near copies, in tenths. Lower: more texts count as near copies."""


def runs_of(text: str) -> frozenset[str]:
    """The runs of a text; none if it is shorter than a run.

    Examples
    --------
    >>> from tinyarms.skills.text_runs import runs_of
    >>> sorted(runs_of("bridges"))
    ['bridg', 'idges', 'ridge']
    """
    return frozenset(map("".join, zip(*(text[start:] for start in range(RUN)), strict=False)))


def are_similar(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether texts with these runs are nearly the same."""
    shared = len(one & other)
    return shared > 0 and 10 * shared >= MIN_TENTHS * (len(one) + len(other) - shared)
