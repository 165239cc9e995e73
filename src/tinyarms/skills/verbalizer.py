"""A verbalizer: what each word that a model would say next tells about each label.

A model's probability of the labels' own names is a narrow view of what it has understood: the other
words that it considers for its answer tell more. A verbalizer weighs them (Schick and Schütze 2021,
"Exploiting Cloze Questions for Few Shot Text Classification", arXiv 2001.07676, where people choose
the words; here `evolution.scoring.verbalizing` fits their weights). It reads a reply that the model
gives anyway, so it costs no call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tinyarms.core.ids import content_hash

BELOW_LISTED = 0.5
"""Nats below the last listed word that an unlisted word gets as its log-probability. Higher: a word
that the server does not list counts as less likely."""
LEAST_LISTED_SHARE = 0.25
"""Least share of its words that a reply must list to be read, in [0, 1]. Higher: replies of a
server that lists fewer words than before are left unread."""
_KEY_LENGTH = 12
"""Characters of the hash that names the inputs of an example."""


@dataclass(frozen=True)
class Verbalizer:
    """Weights of words for the labels, with which to read a reply.

    A label's score is the sum over the words of weight × (the word's log-probability minus the mean
    over the words).

    Examples
    --------
    >>> from tinyarms.skills.verbalizer import Verbalizer
    >>> verbalizer = Verbalizer(("bad", "good"), {"Great": (-0.5, 0.5), "Sorry": (0.5, -0.5)})
    >>> verbalizer.label_logprobs({"Great": -1.0, "Sorry": -3.0, "the": -0.5})
    {'bad': -1.0, 'good': 1.0}
    """

    labels: tuple[str, ...]
    """The labels, in the order of their weights."""
    words: Mapping[str, tuple[float, ...]]
    """Word, as the server lists it → its weight for each label, in nats for each nat."""
    without: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    """Key of the inputs of each example that the weights were fitted on → what is added to the
    labels' scores, in nats, to get those of a fit without that example."""
    added: tuple[float, ...] = ()
    """What is added to the labels' scores; empty: nothing."""
    model_tag: str = ""
    """Tag of the model whose words the weights were fitted on; empty: not known."""

    def label_logprobs(self, listed: Mapping[str, float]) -> dict[str, float] | None:
        """Label → its log-probability in nats, up to a constant; `None` if too few of the words are
        listed.

        `listed`: word → natural logarithm of its probability, as the server lists it at the
        beginning of the answer.
        """
        known = sum(word in listed for word in self.words)
        if not known or known < LEAST_LISTED_SHARE * len(self.words):
            return None
        values = word_logprobs(listed, list(self.words))
        scores = self.added or (0.0,) * len(self.labels)
        return {
            label: scores[number]
            + sum(
                weights[number] * value
                for weights, value in zip(self.words.values(), values, strict=True)
            )
            for number, label in enumerate(self.labels)
        }

    def for_example(self, inputs: Mapping[str, str]) -> Verbalizer:
        """The verbalizer for the inputs of an example, as if it were fitted without the example."""
        added = self.without.get(key_of(inputs))
        return self if added is None else replace(self, added=added)

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        words = {word: list(weights) for word, weights in self.words.items()}
        without = {key: list(added) for key, added in self.without.items()}
        tag = {"model_tag": self.model_tag} if self.model_tag else {}
        return {"labels": list(self.labels), "words": words, "without": without, **tag}

    @staticmethod
    def from_dict(data: Mapping[str, Any]) -> Verbalizer:
        """The inverse of `to_dict`."""
        return Verbalizer(
            tuple(data["labels"]),
            {word: tuple(weights) for word, weights in data["words"].items()},
            {key: tuple(added) for key, added in data.get("without", {}).items()},
            model_tag=data.get("model_tag", ""),
        )


def key_of(inputs: Mapping[str, str]) -> str:
    """The key by which a verbalizer knows the inputs of an example: 12 hexadecimal characters."""
    return content_hash(dict(inputs))[:_KEY_LENGTH]


def word_logprobs(listed: Mapping[str, float], words: Sequence[str]) -> list[float]:
    """The log-probability of each word, in nats, minus their mean. `listed`: at least one."""
    least = min(listed.values()) - BELOW_LISTED
    values = [listed.get(word, least) for word in words]
    mean = sum(values) / len(values)
    return [value - mean for value in values]
