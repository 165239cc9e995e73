"""A memory: examples of which the nearest are recalled, and which suggest a label."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from tinyarms.core.errors import ExampleError
from tinyarms.core.ids import content_hash
from tinyarms.memory.contents import Contents
from tinyarms.memory.features import features
from tinyarms.memory.index import MOST_ROWS, SPARE_ROWS, Seen
from tinyarms.memory.prior import LEAST_ROWS, evidence, logprobs
from tinyarms.memory.row import Row
from tinyarms.memory.similarity import most_similar, similarities
from tinyarms.memory.slopes import fit_slopes
from tinyarms.memory.stored import read_contents, write_contents
from tinyarms.skills.duplicates import Originals, all_folded, folded
from tinyarms.stats.arrays import Array

if TYPE_CHECKING:
    from tinyarms.skills.example import Example

FITTED_ROWS = 1000
"""Most rows on which the prior's slopes are fitted. Higher: a large memory takes longer to make."""
_PARTS = 8
"""Most parts of a memory that are kept ready, such as one user's rows. Higher: more memory."""


@dataclass(frozen=True)
class Neighbour:
    """An example, and how similar it is to a text."""

    row: Row
    similarity: float
    """At least 0."""


class Memory:
    """The examples that a prompt version remembers, ready to be recalled.

    It never changes, and the order of its examples does not matter.

    Examples
    --------
    >>> from tinyarms.memory.memory import Memory
    >>> from tinyarms.skills.example import Example
    >>> texts = {"a": "a lovely film", "b": "a dull film", "c": "a lovely book"}
    >>> answers = {"a": "good", "b": "bad", "c": "good"}
    >>> examples = [Example(id, {"text": t}, answers[id], "search") for id, t in texts.items()]
    >>> memory = Memory.of(examples, ["good", "bad"])
    >>> [row.id for row in memory.nearest({"text": "What a lovely book!"}, k=2)]
    ['c', 'a']
    >>> [row.id for row in memory.nearest({"text": "What a lovely book!"}, k=2, leave_out={"c"})]
    ['a', 'b']
    """

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._part = lru_cache(_PARTS)(self._part_without)
        nothing = features({})
        # A task asks for the nearest examples and for the labels of one text.
        self._last_seen = nothing, contents.index.see(nothing, None, [])

    @staticmethod
    def of(examples: Sequence[Example], labels: Sequence[str]) -> Memory:
        """Remember examples.

        Raises `ExampleError` if two examples have one id.

        Parameters
        ----------
        labels
            The labels of the skill's contract; empty if it has none.
        """
        rows = [Row(e.id, dict(e.inputs), e.expected, e.user) for e in examples]
        return Memory.remembering(rows, labels)

    @staticmethod
    def remembering(rows: Iterable[Row], labels: Sequence[str]) -> Memory:
        """Remember rows. Raises `ExampleError` if two of them have one id."""
        rows = sorted(rows, key=lambda row: row.id)
        for one, other in pairwise(rows):
            if one.id == other.id:
                raise ExampleError(
                    f"Two examples to remember have the id {one.id}.", "Give each its own id."
                )
        contents = Contents.of(rows, labels)
        return Memory(contents.with_slopes(Memory(contents)._fitted_slopes()))

    @cached_property
    def snapshot(self) -> str:
        """SHA-256 of the remembered ids, inputs, outputs and users: 64 hexadecimal characters."""
        return content_hash(
            [
                [r.id, dict(r.inputs), r.expected, *([r.user] if r.user else [])]
                for r in self.examples
            ]
        )

    @property
    def examples(self) -> tuple[Row, ...]:
        """What is remembered, by id."""
        return self._contents.rows

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of which one is suggested; empty: none."""
        return self._contents.labels

    def nearest(
        self,
        inputs: Mapping[str, str],
        k: int,
        leave_out: Collection[str] = (),
        user: str | None = None,
    ) -> list[Row]:
        """The `k` most similar examples, the most similar first; all if there are fewer.

        Of equally similar ones, that with the smaller id comes first.

        Parameters
        ----------
        leave_out
            Ids of examples that must not be seen. The answer is that of a memory without them.
        user
            The hash of a user's name. Only examples of this user and of nobody are seen; empty:
            those of nobody; `None`: those of every user.
        """
        return [each.row for each in self.neighbours(inputs, k, leave_out, user)]

    def neighbours(
        self,
        inputs: Mapping[str, str],
        k: int,
        leave_out: Collection[str] = (),
        user: str | None = None,
    ) -> list[Neighbour]:
        """The same with their similarities."""
        part, hidden = self._seen_without(leave_out, user)
        contents = part._contents
        seen = part._see(features(inputs), hidden)
        rows = contents.labelled
        mean = float(rows.mean_lengths(hidden).sum())
        similarity = similarities(contents.index, seen, rows.total_lengths, mean)
        return [
            Neighbour(contents.rows[number], float(similarity[number]))
            for number in most_similar(similarity, k, hidden)
        ]

    def label_logprobs(
        self, inputs: Mapping[str, str], leave_out: Collection[str] = (), user: str | None = None
    ) -> dict[str, float]:
        """Label → natural log of the probability that the examples suggest; `{}` without labels.

        The parameters are those of `nearest`. Only the two slopes were fitted on all examples, also
        on those that are left out.
        """
        if not self.labels:
            return {}
        part, hidden = self._seen_without(leave_out, user)
        of_label = part._contents.labelled.of_label(hidden)
        found = part._evidence(features(inputs), hidden) if _is_enough(of_label) else None
        known = logprobs(found, self._contents.slopes, of_label)
        return dict(zip(self.labels, known.tolist(), strict=True))

    def copies(self, inputs: Mapping[str, str]) -> frozenset[str]:
        """Ids of the examples with the same or nearly the same inputs.

        `tinyarms.skills.duplicates` says what is nearly the same.
        """
        texts = self._originals.copies_of(folded(inputs))
        return frozenset(id for text in texts for id in self._ids_of_text[text])

    def without(self, ids: Collection[str]) -> Memory:
        """A memory of the other examples, as if these had never been in it."""
        return Memory.remembering((r for r in self.examples if r.id not in ids), self.labels)

    def to_bytes(self) -> bytes:
        """The memory as a file holds it; `from_bytes` is the inverse."""
        return write_contents(self._contents)

    @staticmethod
    def from_bytes(data: bytes, where: str) -> Memory:
        """Read what `to_bytes` wrote. Raises `StoreError` if it is broken.

        `where`: the name of the file, for messages.
        """
        return Memory(read_contents(data, where))

    def _seen_without(
        self, leave_out: Collection[str], user: str | None
    ) -> tuple[Memory, Array | None]:
        """The memory to read, and whether each of its rows is hidden; `None`: none is."""
        if user is not None and any(name not in ("", user) for name in self._rows_of_user):
            return self._seen_by(user)._seen_without(leave_out, None)
        hidden = self._hidden(leave_out)
        if hidden is not None and len(hidden) > MOST_ROWS and hidden.sum() > SPARE_ROWS:
            return self._part(hidden.tobytes()), None
        return self, hidden

    def _hidden(self, leave_out: Collection[str]) -> Array | None:
        numbers = [n for n in map(self._number_of_id.get, leave_out) if n is not None]
        if not numbers:
            return None
        hidden = np.zeros(len(self.examples), dtype=bool)
        hidden[numbers] = True
        return hidden

    def _seen_by(self, user: str) -> Memory:
        hidden = np.ones(len(self.examples), dtype=bool)
        for name in ("", user):
            hidden[self._rows_of_user.get(name, [])] = False
        return self._part(hidden.tobytes())

    def _part_without(self, hidden: bytes) -> Memory:
        """The memory without hidden rows. `hidden`: the bytes of a bool for each row."""
        shown = ~np.frombuffer(hidden, dtype=bool)
        rows = [self.examples[number] for number in np.flatnonzero(shown).tolist()]
        return Memory(Contents.of(rows, self.labels).with_slopes(self._contents.slopes))

    def _see(self, of_text: Array, hidden: Array | None) -> Seen:
        if hidden is None:
            last, seen = self._last_seen
            if last is not of_text:
                seen = self._contents.index.see(of_text, None, [])
                self._last_seen = of_text, seen
            return seen
        numbers = np.flatnonzero(hidden).tolist()
        of_hidden = ((number, features(self.examples[number].inputs)) for number in numbers)
        return self._contents.index.see(of_text, hidden, of_hidden)

    def _evidence(self, of_text: Array, hidden: Array | None) -> Array:
        contents = self._contents
        seen = self._see(of_text, hidden)
        return evidence(contents.labelled, contents.index, contents.common, seen)

    def _fitted_slopes(self) -> Array:
        """Fitted on rows that are left out in turn, each with its near copies."""
        labelled = self._contents.labelled
        numbers = np.flatnonzero(labelled.label < labelled.labels)
        numbers = numbers[:: max(1, -(-len(numbers) // FITTED_ROWS))]
        found, shares, label = [], [], []
        for number in numbers.tolist():
            row = self.examples[number]
            hidden = self._hidden(self.copies(row.inputs) | {row.id})
            of_label = labelled.of_label(hidden)
            if _is_enough(of_label):
                found.append(self._evidence(features(row.inputs), hidden))
                shares.append(logprobs(None, self._contents.slopes, of_label))
                label.append(labelled.label[number])
        if not found:
            return self._contents.slopes
        return fit_slopes(np.array(found), np.array(shares), np.array(label))

    @cached_property
    def _number_of_id(self) -> dict[str, int]:
        return {row.id: number for number, row in enumerate(self.examples)}

    @cached_property
    def _rows_of_user(self) -> dict[str, list[int]]:
        numbers: dict[str, list[int]] = {}
        for number, row in enumerate(self.examples):
            numbers.setdefault(row.user, []).append(number)
        return numbers

    @cached_property
    def _ids_of_text(self) -> dict[str, list[str]]:
        ids: dict[str, list[str]] = {}
        texts = all_folded([row.inputs for row in self.examples])
        for row, text in zip(self.examples, texts, strict=True):
            ids.setdefault(text, []).append(row.id)
        return ids

    @cached_property
    def _originals(self) -> Originals:
        return Originals(self._ids_of_text)


def _is_enough(of_label: Array) -> bool:
    """Whether there are enough rows for more than the labels' shares."""
    return bool(of_label.sum() >= LEAST_ROWS and (of_label > 0).sum() > 1)
