"""Operators that continue a list of instructions: EDA, EDA rank-and-index, lineage.

After Fernando et al. 2023 (arXiv 2309.16797, section 3.2.2: estimation of distribution, and
lineage). The paper describes the list to a large model and asks for one more item; here the writer
sees three complete lists and continues a fourth. The paper measures similarity as the cosine of
embeddings, here it is a ratio of equal characters. The paper calls its ranked list descending
while it ascends, for diversity; here the list is what its heading says.
"""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz import fuzz

from tinyarms.core.text import one_line
from tinyarms.evolution.candidate import Candidate, Draft
from tinyarms.evolution.constants import LISTED_SIMILAR_AT, MAX_LISTED, MAX_LISTED_CHARACTERS
from tinyarms.evolution.operators.base import OperatorInput, WriterOperator, Writing
from tinyarms.evolution.operators.with_writer.prompting import completed

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


class EDA(WriterOperator):
    """Continue a list of some living instructions in random order."""

    name = "eda"

    def write(self, inputs: OperatorInput) -> Writing:
        different = _different(inputs.ranked)
        listed = inputs.rng.sample(different, min(MAX_LISTED, len(different)))
        return (yield from _continued(inputs, "Different ways to say it:", listed))


class EDARank(WriterOperator):
    """Continue a list of the best living instructions, from the worst to the best."""

    name = "eda_rank"

    def write(self, inputs: OperatorInput) -> Writing:
        listed = _different(inputs.ranked)[-MAX_LISTED:]
        return (yield from _continued(inputs, "From the worst to the best:", listed))


class Lineage(WriterOperator):
    """Continue a list of the instructions that took the lead, in the order in which they did."""

    name = "lineage"

    def write(self, inputs: OperatorInput) -> Writing:
        listed = _different(inputs.lineage)[-MAX_LISTED:]
        return (yield from _continued(inputs, "Each better than the one before:", listed))


def _different(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The candidates that fit in a list, in their order; of similar ones only the last."""
    kept: list[Candidate] = []
    for candidate in reversed(candidates):
        text = one_line(candidate.instruction)
        similarities = (fuzz.ratio(text, one_line(other.instruction)) for other in kept)
        fits = 0 < len(text) <= MAX_LISTED_CHARACTERS
        if fits and all(similarity < LISTED_SIMILAR_AT for similarity in similarities):
            kept.append(candidate)
    return kept[::-1]


def _continued(inputs: OperatorInput, heading: str, listed: Sequence[Candidate]) -> Writing:
    if len(listed) < 2:
        return None
    lists = [*_LISTS, [one_line(candidate.instruction) for candidate in listed]]
    blocks = [
        "\n".join([heading, *(f"{number}. {text}" for number, text in enumerate(texts, 1))])
        for texts in lists
    ]
    text = yield from completed(inputs, "\n\n".join(blocks) + f"\n{len(listed) + 1}.")
    return Draft(
        inputs.with_instruction(text),
        inputs.parent.mutation_prompt,
        sources=tuple(c.id for c in listed if c.id != inputs.parent.id),
    )
