"""A simulated model (`--stand-in`) for trials of the benchmark, in minutes and without weights.

It is right more often the more of certain words a prompt has, prefers one label, and as a writer
answers with an instruction, with or without tags.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Mapping, Sequence

from search.dataset import Dataset
from tinyarms.core.ids import content_hash
from tinyarms.skills.execution import ModelReply, ModelRequest

_WORDS = ("decide", "comment", "read", "exactly", "single", "words", "carefully")
_WRITTEN = (
    "Read the comment and decide which label it deserves.",
    "Decide from the words of the comment, carefully, and answer with a single label.",
    "Look for praise and blame.",
    "Name exactly one of the labels.",
    "Think about it.",
    "Read the text carefully, decide by its words, and give exactly a single label.",
)


class StandIn:
    """A model that knows the expected outputs of these data sets."""

    name = "stand-in"
    slots = 1

    def __init__(self, datasets: Sequence[Dataset] = ()) -> None:
        self._expected: Mapping[str, tuple[str, tuple[str, ...]]] = {
            next(iter(example.inputs.values())): (example.expected, dataset.labels)
            for dataset in datasets
            for example in (*dataset.held_out, *dataset.given)
            if len(example.inputs) == 1
        }

    def complete(self, request: ModelRequest) -> ModelReply:
        """Answer one request."""
        chance = random.Random(content_hash([request.key(self.name)]))
        said = request.messages[-1].content if request.messages else ""
        found = re.search(r"Input: ((?:(?!\nOutput:).)*)\nOutput:\Z", said, re.DOTALL)
        expected, labels = self._expected.get(found.group(1) if found else "", (None, ()))
        if expected is None:
            return _reply(_guessed(request, chance) or _written(request, chance))
        return self._answered(request, chance, expected, labels)

    def close(self) -> None:
        """Nothing to close."""

    def _answered(
        self,
        request: ModelRequest,
        chance: random.Random,
        expected: str,
        labels: tuple[str, ...],
    ) -> ModelReply:
        words = request.messages[0].content.lower()
        skill = 0.3 * sum(word in words for word in _WORDS)
        if not labels:
            return _reply(expected if chance.random() < skill / 3 else "I do not know: 7")
        scores = {label: chance.gauss(0.8 * skill * (label == expected), 1.0) for label in labels}
        scores[labels[0]] += 0.7
        total = math.log(sum(math.exp(score) for score in scores.values()))
        known = {label: score - total for label, score in scores.items()}
        return _reply(max(known, key=lambda label: known[label]), known)


def _guessed(request: ModelRequest, chance: random.Random) -> str | None:
    """An answer that satisfies the constraint, for unknown tasks."""
    if request.constraint is None:
        return None
    if request.constraint.choices:
        return chance.choice(request.constraint.choices)
    words = re.findall(r"[a-z]{3,}", request.messages[-1].content)
    return "-".join(chance.sample(words, min(3, len(words))))


def _written(request: ModelRequest, chance: random.Random) -> str:
    text = " ".join(chance.sample(_WRITTEN, chance.choice((1, 1, 2))))
    if request.completion is not None:
        return f" {text}"
    return chance.choice((text, f"<prompt>{text}</prompt>", f"```\n{text}\n```"))


def _reply(text: str, known: Mapping[str, float] | None = None) -> ModelReply:
    return ModelReply(text, 40, 2, 0.1, 0, known)
