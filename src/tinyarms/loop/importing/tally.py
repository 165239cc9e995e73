"""Count, in one pass over the rows, what decides the contract, the scorer and the inputs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from tinyarms.loop.importing.rows import TextRow
from tinyarms.skills.checks import grade_needed

MOST_LABELS = 100
"""Most different outputs that can be labels. Higher: contracts of more labels are proposed."""
EQUALS_EXPECTED = "equals expected"
"""The kind of the check `equals` without a value."""
_LONGEST_LABEL = 60
"""Most characters of a label."""
_MOST_RUBRICS = 50
_REPEATED = 0.7
"""Highest share of different outputs, among all, at which they are labels and not texts."""


@dataclass
class Tally:
    """What the rows have in common. Its size does not depend on their number."""

    n: int = 0
    inputs: Counter[str] = field(default_factory=Counter)
    """Name of an input → number of rows that have it, in the order of first appearance."""
    repeating: Counter[str] = field(default_factory=Counter)
    """Name of an input → number of rows in which it is the expected output."""
    with_expected: int = 0
    words: int = 0
    """Number of words of all expected outputs."""
    splits: Counter[str | None] = field(default_factory=Counter)
    checks: Counter[str] = field(default_factory=Counter)
    """Kind of check, with `not-` → number of rows that have it."""
    schemas: Counter[str] = field(default_factory=Counter)
    """Schema of a check `is-json` → number of rows."""
    rubrics: dict[str, None] = field(default_factory=dict)
    thresholds: Counter[float | None] = field(default_factory=Counter)
    """Lowest share of a row's checks that makes an output right → number of rows with checks."""
    _outputs: Counter[str] | None = field(default_factory=Counter)

    @property
    def grade_of_all(self) -> float | None:
        """The grade from which the rubric of every row holds; `None`: they have other checks."""
        kinds = list(self.checks)
        return grade_needed(kinds[0]) if len(kinds) == 1 else None

    def add(self, row: TextRow) -> None:
        """Count a row."""
        self.n += 1
        for name in row.inputs:
            self.inputs[name] += 1
        self.splits[row.split] += 1
        if row.expected is not None:
            self._add_expected(row, row.expected)
        if row.required:
            self.thresholds[row.success_at] += 1
            self._add_checks(row.required)

    def _add_checks(self, required: Mapping[str, float]) -> None:
        kinds: dict[str, None] = {}
        for entry in required:
            kind, _, value = entry.partition(":")
            kinds[EQUALS_EXPECTED if entry == "equals" else kind] = None
            if kind == "is-json" and len(self.schemas) <= MOST_LABELS:
                self.schemas[value] += 1
            is_rubric = grade_needed(kind.removeprefix("not-")) is not None
            if is_rubric and len(self.rubrics) < _MOST_RUBRICS:
                self.rubrics[value] = None
        self.checks.update(kinds.keys())

    def _add_expected(self, row: TextRow, expected: str) -> None:
        self.with_expected += 1
        self.words += len(expected.split())
        for name, text in row.inputs.items():
            if text == expected:
                self.repeating[name] += 1
        if self._outputs is not None:
            self._outputs[expected] += 1
            is_label = expected.strip() and len(expected) <= _LONGEST_LABEL and "\n" not in expected
            if not is_label or len(self._outputs) > 2 * MOST_LABELS:
                self._outputs = None

    @property
    def outputs(self) -> Counter[str]:
        """Expected output → number of rows, if each of them could be a label; else empty."""
        return self._outputs or Counter()

    @property
    def are_labels(self) -> bool:
        """Whether the expected outputs are few enough to be labels."""
        keys = len(label_spellings(self.outputs))
        return 2 <= keys <= min(MOST_LABELS, _REPEATED * self.with_expected)


def label_spellings(outputs: Counter[str]) -> dict[str, str]:
    """Key of a label → its most frequent spelling, in the order of their frequency."""
    from tinyarms.skills.comparison import label_key

    spellings: dict[str, str] = {}
    for text, _ in outputs.most_common():
        spellings.setdefault(label_key(text), text.strip())
    return spellings
