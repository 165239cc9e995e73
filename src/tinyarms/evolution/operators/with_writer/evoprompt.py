"""EvoPrompt's operators (Guo et al. 2023, arXiv 2309.08532), one completion for each step.

The paper has a large model do all the steps in one reply, with the steps numbered in the request.
A tiny one loses the thread, so that each step is asked for alone, as a completion.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace

from tinyarms.evolution.candidate import Candidate, Draft
from tinyarms.evolution.operators.base import Operator, OperatorInput, Writing
from tinyarms.evolution.operators.sentences import split_sentences
from tinyarms.evolution.operators.with_writer.completion import Combine, Rewrite
from tinyarms.skills.execution import ModelRequest
from tinyarms.skills.template import split_frame

_Piece = Generator[ModelRequest, str, str]


class CrossAndMutate:
    """GA: one instruction from two, then that one in other words."""

    name = "cross_and_mutate"

    def __call__(self, inputs: OperatorInput) -> Writing:
        if inputs.second_parent is inputs.parent:
            return None
        both = yield from _piece(
            Combine(), inputs, inputs.instruction, inputs.second_parent.instruction
        )
        changed = (yield from _piece(Rewrite(), inputs, both)) if both else ""
        return Draft(inputs.with_instruction(changed), crossed=True)


@dataclass(frozen=True)
class MutateDifference:
    """DE: where two others differ is mutated, put into the best (the second_parent), and then crossed.

    The sentences of the second donor that the first has not are the difference; in the paper the
    model finds it.
    """

    donors: tuple[Candidate, Candidate]
    name: str = "mutate_difference"

    def __call__(self, inputs: OperatorInput) -> Writing:
        one, other = (split_sentences(donor.instruction) for donor in self.donors)
        different = " ".join(sentence for sentence in other if sentence not in one)
        mutated = yield from _piece(Rewrite(), inputs, different or " ".join(other))
        best = inputs.second_parent.instruction
        better = (yield from _piece(Combine(), inputs, best, mutated)) if mutated else ""
        if better and inputs.second_parent is not inputs.parent:
            better = yield from _piece(Combine(), inputs, inputs.instruction, better)
        sources = tuple(donor.id for donor in self.donors if donor is not inputs.second_parent)
        return Draft(inputs.with_instruction(better), crossed=True, sources=sources)


def _piece(operator: Operator, inputs: OperatorInput, text: str, other: str = "") -> _Piece:
    """What the operator makes of a text, or of two; empty if it makes nothing."""
    parent = replace(inputs.parent, prompt=inputs.with_instruction(text), mutation_prompt="")
    second_parent = replace(parent, prompt=inputs.with_instruction(other))
    draft = yield from operator(replace(inputs, parent=parent, second_parent=second_parent))
    return split_frame(draft.prompt.text)[0] if draft else ""
