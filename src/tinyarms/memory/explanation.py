"""What a prompt takes from its memory for one task, explained."""

from __future__ import annotations

import math
from collections.abc import Mapping

from tinyarms.core.text import one_line, shorten
from tinyarms.memory.memory import Memory, Neighbour
from tinyarms.memory.recall import shown_examples, with_prior
from tinyarms.skills.explanation import Explanation, LabelChance, ShownExample
from tinyarms.skills.picture import in_words
from tinyarms.skills.prompt import Prompt

_SHOWN_CHARACTERS = 100
"""Most characters of an example's text in an explanation. Higher: longer lines for people."""


def explained(
    prompt: Prompt,
    memory: Memory | None,
    inputs: Mapping[str, str],
    label_logprobs: Mapping[str, float] | None = None,
    user: str | None = None,
) -> Explanation:
    """What the prompt takes from its memory for these inputs, and what each said of the labels.

    `memory`: `None` if the prompt has none. `label_logprobs`: label → its log-probability, as the
    model says for the prompt with what it takes from its memory; `None`: not known.
    """
    retrieve = prompt.retrieve
    if retrieve is None or memory is None:
        alone = _chances(label_logprobs, prompt.calibration)
        return Explanation(None, (), 0.0, _labels(alone, {}, {}))
    suggested = memory.label_logprobs(inputs, user=user)
    both = with_prior(prompt, memory, inputs, user=user)
    return Explanation(
        snapshot=retrieve.snapshot,
        examples=tuple(map(_shown, shown_examples(prompt, memory, inputs, user=user))),
        weight=retrieve.prior_weight,
        labels=_labels(
            _chances(label_logprobs, prompt.calibration),
            _chances(suggested, {}),
            _chances(label_logprobs, both),
        ),
    )


def _shown(neighbour: Neighbour) -> ShownExample:
    row = neighbour.row
    text = one_line(" ".join(map(in_words, row.inputs.values())))
    shortened = shorten(text, _SHOWN_CHARACTERS)
    return ShownExample(row.id, shortened, row.expected, round(neighbour.similarity, 3))


def _chances(logprobs: Mapping[str, float] | None, biases: Mapping[str, float]) -> dict[str, float]:
    """Label → its probability after the biases are added; `{}` if nothing is known."""
    if not logprobs:
        return {}
    logits = {label: value + biases.get(label, 0.0) for label, value in logprobs.items()}
    most = max(logits.values())
    shares = {label: math.exp(value - most) for label, value in logits.items()}
    total = sum(shares.values())
    return {label: share / total for label, share in shares.items()}


def _labels(
    model: Mapping[str, float], memory: Mapping[str, float], both: Mapping[str, float]
) -> tuple[LabelChance, ...]:
    """The likeliest first: by both together, else by what is known."""
    order = both or model or memory
    return tuple(
        LabelChance(label, model.get(label), memory.get(label), both.get(label))
        for label in sorted(order, key=lambda label: -order[label])
    )
