"""A memory: examples from which the nearest are recalled, and which suggest a label."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from itertools import pairwise

import numpy as np

from tinyarms.core.errors import ExampleError
from tinyarms.core.ids import content_hash
from tinyarms.memory.features import features
from tinyarms.memory.index import Index, Postings
from tinyarms.memory.prior import evidence, logprobs
from tinyarms.memory.row import Row
from tinyarms.memory.slope import fit_slope
from tinyarms.memory.stored import Stored, read_stored, write_stored
from tinyarms.skills.duplicates import Originals, all_folded, folded
from tinyarms.skills.example import Example
from tinyarms.stats.arrays import Array


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

    def __init__(self, stored: Stored) -> None:
        self._stored = stored
        self._labels = stored.labels
        self._index = stored.index
        self._label_of_row = stored.label_of_row.astype(np.int64)

    @staticmethod
    def of(
        examples: Sequence[Example], labels: Sequence[str], users: Mapping[str, str] | None = None
    ) -> Memory:
        """Remember examples.

        Raises `ExampleError` if two examples have one id.

        Parameters
        ----------
        labels
            The labels of the skill's contract; empty if it has none.
        users
            The user whom an example comes from, by its id; absent: nobody.
        """
        users = users or {}
        rows = sorted(
            (Row(e.id, dict(e.inputs), e.expected, users.get(e.id, "")) for e in examples),
            key=lambda row: row.id,
        )
        for one, other in pairwise(rows):
            if one.id == other.id:
                raise ExampleError(
                    f"Two examples to remember have the id {one.id}.", "Give each its own id."
                )
        read = [features(row.inputs) for row in rows]
        number = {label: n for n, label in enumerate(labels)}
        memory = Memory(
            Stored(
                rows=tuple(rows),
                labels=tuple(labels),
                index=Index.of(read),
                label_of_row=np.array(
                    [number.get(row.expected, len(labels)) for row in rows], dtype=np.uint16
                ),
                slope=0.0,
            )
        )
        if not labels:
            return memory
        return Memory(memory._stored.with_slope(memory._fitted_slope()))

    @cached_property
    def snapshot(self) -> str:
        """SHA-256 of the remembered ids, inputs and outputs: 64 hexadecimal characters."""
        return content_hash([[r.id, dict(r.inputs), r.expected] for r in self._stored.rows])

    @property
    def examples(self) -> tuple[Row, ...]:
        """What is remembered, by id."""
        return self._stored.rows

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that are suggested; empty: none."""
        return self._labels

    def nearest(
        self,
        inputs: Mapping[str, str],
        k: int,
        leave_out: Collection[str] = (),
        user: str | None = None,
    ) -> list[Row]:
        """The `k` most similar examples, or all if there are fewer; the most similar first.

        Of equally similar ones that with the smaller id comes first. The similarity is BM25
        (Robertson and Zaragoza 2009) of features that are there or not.

        Parameters
        ----------
        leave_out
            Ids of examples that must not be seen. The answer is that of a memory without them.
        user
            Only examples of this user and of nobody are seen; `None`: those of every user.
        """
        hidden = self._hidden(leave_out, user)
        postings = self._index.read(features(inputs), hidden)
        scores = self._similarities(postings, hidden)
        best = np.argsort(-scores, kind="stable")
        if hidden is not None:
            best = best[~hidden[best]]
        return [self._stored.rows[number] for number in best[: max(0, k)].tolist()]

    def label_logprobs(
        self, inputs: Mapping[str, str], leave_out: Collection[str] = (), user: str | None = None
    ) -> dict[str, float]:
        """Label → natural log of the probability that the examples suggest; `{}` without labels.

        The parameters are those of `nearest`. Only the slope is fitted on all examples, also on
        those that are left out.
        """
        if not self._labels:
            return {}
        hidden = self._hidden(leave_out, user)
        found = self._evidence(features(inputs), hidden)
        known = logprobs(found, self._stored.slope, self._seen_of_label(hidden))
        return dict(zip(self._labels, known.tolist(), strict=True))

    def copies(self, inputs: Mapping[str, str]) -> frozenset[str]:
        """Ids of the examples with the same or nearly the same inputs.

        What is nearly the same, `tinyarms.skills.duplicates` says.
        """
        texts = self._originals.copies_of(folded(inputs))
        return frozenset(id for text in texts for id in self._ids_of_text[text])

    def to_bytes(self) -> bytes:
        """The memory as a file holds it; `from_bytes` is the inverse."""
        return write_stored(self._stored)

    @staticmethod
    def from_bytes(data: bytes, where: str) -> Memory:
        """Read what `to_bytes` wrote. Raises `StoreError` if it is broken.

        `where`: the name of the file, for messages.
        """
        return Memory(read_stored(data, where))

    def _hidden(self, leave_out: Collection[str], user: str | None) -> Array | None:
        """Whether each row must not be seen; `None`: all may be seen."""
        numbers = [n for n in map(self._number_of_id.get, leave_out) if n is not None]
        if not numbers and user is None:
            return None
        hidden = np.zeros(len(self._stored.rows), dtype=bool)
        hidden[numbers] = True
        if user is not None:
            hidden |= np.array(
                [row.user not in ("", user) for row in self._stored.rows], dtype=bool
            )
        return hidden

    def _similarities(self, postings: Postings, hidden: Array | None) -> Array:
        """BM25 of each row: shape (number of rows,)."""
        lengths = self._index.lengths
        seen = lengths if hidden is None else lengths[~hidden]
        weights = np.log1p((len(seen) - postings.counts + 0.5) / (postings.counts + 0.5))
        shared = np.bincount(
            postings.row, weights=weights[postings.feature], minlength=len(lengths)
        )
        mean = max(1.0, seen.mean()) if len(seen) else 1.0
        return np.asarray(shared / (1 + 1.2 * (1 - 0.75 + 0.75 * lengths / mean)))

    def _evidence(self, of_text: Array, hidden: Array | None) -> Array:
        postings = self._index.read(of_text, hidden)
        return evidence(postings, self._label_of_row, self._seen_of_label(hidden))

    def _seen_of_label(self, hidden: Array | None) -> Array:
        seen = self._label_of_row if hidden is None else self._label_of_row[~hidden]
        return np.bincount(seen, minlength=len(self._labels) + 1)[: len(self._labels)]

    def _fitted_slope(self) -> float:
        found, seen, wanted = [], [], []
        for number, row in enumerate(self._stored.rows):
            if self._label_of_row[number] == len(self._labels):
                continue
            hidden = self._hidden(self.copies(row.inputs) | {row.id}, None)
            found.append(self._evidence(features(row.inputs), hidden))
            seen.append(self._seen_of_label(hidden))
            wanted.append(self._label_of_row[number])
        return fit_slope(np.array(found), np.array(seen), np.array(wanted))

    @cached_property
    def _number_of_id(self) -> dict[str, int]:
        return {row.id: number for number, row in enumerate(self._stored.rows)}

    @cached_property
    def _ids_of_text(self) -> dict[str, list[str]]:
        ids: dict[str, list[str]] = {}
        texts = all_folded([row.inputs for row in self._stored.rows])
        for row, text in zip(self._stored.rows, texts, strict=True):
            ids.setdefault(text, []).append(row.id)
        return ids

    @cached_property
    def _originals(self) -> Originals:
        return Originals(list(self._ids_of_text))
