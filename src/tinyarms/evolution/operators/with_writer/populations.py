"""Operators that go on from a list of instructions: EDA, EDA rank-and-index, lineage.

After Fernando et al. 2023 (arXiv 2309.16797, section 3.2.2: estimation of distribution, and
lineage). There a large model is told of the list and asked for one more; here the writer sees
three whole lists and goes on with a fourth. What the paper measures as the cosine of embeddings
is a ratio of characters here. The paper says that the ranked list descends while it ascends,
for diversity; here the list is what its heading says.
"""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz import fuzz

from tinyarms.evolution.candidate import Candidate, Draft
from tinyarms.evolution.operators.base import Material, Writing
from tinyarms.evolution.operators.with_writer.prompting import completed, one_line
from tinyarms.skills.template import split_frame

_LISTS = (
    (
        "Spam?",
        "Say if this is spam.",
        "Decide if the mail is spam or not spam.",
        "Look at the sender and the links, and decide if the mail is spam or not spam.",
    ),
    (
        "In French, please.",
        "Translate this to French.",
        "Translate the sentence to French and keep its meaning.",
        "Give a French translation of the sentence that keeps its meaning and its tone.",
    ),
    (
        "What is it?",
        "Sum up the article.",
        "Sum up the article in one sentence.",
        "Write one sentence that tells a busy reader what the article is mainly about.",
    ),
)
"""Each from the worst to the best."""
_MOST_LISTED = 4
_LONGEST_LISTED = 600
_SIMILAR_AT = 95.0
"""rapidfuzz ratio (0 to 100) from which one of two instructions is left out of a list."""


class EDA:
    """One more instruction after some of the living ones, in random order."""

    name = "eda"

    def __call__(self, material: Material) -> Writing:
        different = _different(material.ranked)
        listed = material.rng.sample(different, min(_MOST_LISTED, len(different)))
        return (yield from _continued(material, "Different ways to say it:", listed))


class EDARank:
    """One more instruction after the best of the living ones, which ascend."""

    name = "eda_rank"

    def __call__(self, material: Material) -> Writing:
        listed = _different(material.ranked)[-_MOST_LISTED:]
        return (yield from _continued(material, "From the worst to the best:", listed))


class Lineage:
    """One more instruction after those that each were the best of their time."""

    name = "lineage"

    def __call__(self, material: Material) -> Writing:
        listed = _different(material.lineage)[-_MOST_LISTED:]
        return (yield from _continued(material, "Each better than the one before:", listed))


def _different(candidates: Sequence[Candidate]) -> list[Candidate]:
    """In their order; of similar ones the last stays, and those too long for a list go."""
    kept: list[Candidate] = []
    for candidate in reversed(candidates):
        said = _said(candidate)
        fits = 0 < len(said) <= _LONGEST_LISTED
        if fits and all(fuzz.ratio(said, _said(other)) < _SIMILAR_AT for other in kept):
            kept.append(candidate)
    return kept[::-1]


def _continued(material: Material, heading: str, listed: Sequence[Candidate]) -> Writing:
    if len(listed) < 2:
        return None
    lists = [*_LISTS, [_said(candidate) for candidate in listed]]
    blocks = [
        "\n".join([heading, *(f"{place}. {text}" for place, text in enumerate(texts, 1))])
        for texts in lists
    ]
    text = yield from completed(material, "\n\n".join(blocks) + f"\n{len(listed) + 1}.")
    return Draft(
        material.with_instruction(text),
        material.parent.mutation_prompt,
        sources=tuple(c.id for c in listed if c.id != material.parent.id),
    )


def _said(candidate: Candidate) -> str:
    return one_line(split_frame(candidate.prompt.text)[0])
