"""Look ahead to the offline gate: will it run, on how many examples, and what can it find?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tinyarms.core.text import counted
from tinyarms.experiments.gate_power import power_in_words
from tinyarms.experiments.offline_gate import MIN_TEST_EXAMPLES, gate_applies

ROWS_FOR_ONE_HELD_OUT = 2
"""Rows without a `split` that give one held-out example on average: the split by hash holds out
half of them."""


@dataclass(frozen=True)
class SplitSizes:
    """How many examples each split of a skill has."""

    search: int
    """Examples on which a search compares candidates."""
    selection: int
    """Examples by which a search chooses its finalists."""
    test: int
    """Held-out examples."""

    @property
    def sentence(self) -> str:
        """The sizes in words."""
        return (
            f"Examples: {self.search} for the search, {self.selection} for the selection, "
            f"{self.test} held out."
        )


@dataclass(frozen=True)
class GateOutlook:
    """Whether the offline gate will run, and how the examples are split."""

    splits: SplitSizes
    """How many examples each split has."""
    reads: int
    """Held-out examples that the gate will read; 0 if it does not run."""
    missing: int
    """Held-out examples to add before it runs; 0 if it runs, or if no number is enough."""
    explanation: str
    """Whether it will run, and why not, in words."""

    @property
    def sentence(self) -> str:
        """The sizes of the splits and whether the gate will run, in words."""
        return f"{self.splits.sentence} {self.explanation}"


def gate_outlook(
    splits: SplitSizes,
    reads: int,
    variants: int,
    *,
    preset: Literal["default", "original"],
    has_scorer: bool,
    alpha: float,
    least_gain: float,
) -> GateOutlook:
    """Whether the offline gate will run, if the budget lasts.

    Parameters
    ----------
    reads
        Held-out examples that the gate would read, at most `splits.test`.
    variants
        Challengers that it would test, at least 1.
    has_scorer
        Whether the skill has a scorer.
    alpha
        The gate's bound on false promotions, in (0, 1).
    least_gain
        The least measured gain that is worth a promotion, in [0, 1].

    Examples
    --------
    >>> from tinyarms.experiments.gate_outlook import SplitSizes, gate_outlook
    >>> options = {"preset": "default", "has_scorer": True, "alpha": 0.05, "least_gain": 0.05}
    >>> gate_outlook(SplitSizes(40, 20, 72), 72, 2, **options).explanation
    'No offline gate: it needs 100 held-out examples. Add about 56 rows. Users alone decide.'
    >>> gate_outlook(SplitSizes(90, 60, 150), 150, 2, **options).reads
    150
    """
    if gate_applies(preset, has_scorer, reads):
        power = power_in_words(reads, variants, alpha, least_gain)
        return GateOutlook(splits, reads, 0, f"The offline gate will read {power}.")
    if preset == "original":
        why, missing = "The original preset has no offline gate: users decide.", 0
    elif not has_scorer:
        why, missing = "No offline gate: the skill has no scorer. Users alone decide.", 0
    else:
        missing = MIN_TEST_EXAMPLES - reads
        why = (
            f"No offline gate: it needs {MIN_TEST_EXAMPLES} held-out examples. Add about "
            f"{counted(ROWS_FOR_ONE_HELD_OUT * missing, 'row')}. Users alone decide."
        )
    return GateOutlook(splits, 0, missing, why)
