"""What a prompt took from its memory for one task, for people."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ShownExample:
    """A remembered example that was shown to the model."""

    id: str
    """Its id."""
    text: str
    """Its inputs, shortened to 100 characters."""
    output: str
    """Its right output, as it was shown."""
    similarity: float
    """How similar it is to the task, at least 0; 0: they have no feature in common. Only
    similarities of one memory can be compared."""


@dataclass(frozen=True)
class LabelChance:
    """The probability of one label. Each number is in [0, 1]."""

    label: str
    """The label."""
    model: float | None
    """By the model alone, which was shown the examples; with the prompt's calibration. `None`: the
    model does not tell log-probabilities, or was not asked."""
    memory: float | None
    """By the memory alone; `None`: the prompt has none."""
    both: float | None
    """By both together, with the weight of the memory. The likeliest label is the answer. `None`:
    one of them is not known."""


@dataclass(frozen=True)
class Explanation:
    """What a prompt took from its memory for one task, and what model and memory said."""

    snapshot: str | None
    """Name of the memory, as in the history; `None`: the prompt has no memory."""
    examples: tuple[ShownExample, ...]
    """The examples that were shown, in the order in which they were."""
    weight: float
    """The weight of the memory's suggestion beside the model's; 0: it does not count."""
    labels: tuple[LabelChance, ...]
    """The probability of each label, the likeliest first; empty for outputs that are no labels."""
