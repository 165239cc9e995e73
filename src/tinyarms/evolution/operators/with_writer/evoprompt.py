"""EvoPrompt's operators (Guo et al. 2023, arXiv 2309.08532), one completion for each step.

In the paper a large model does all steps in one reply to a request with numbered steps. A tiny
model cannot follow that, so each step is a separate completion.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace

from tinyarms.evolution.candidate import Candidate, Draft
from tinyarms.evolution.operators.base import OperatorInput, WriterOperator, Writing
from tinyarms.evolution.operators.sentences import split_sentences
from tinyarms.evolution.operators.with_writer.completion import Combine, Rewrite
from tinyarms.skills.execution import ModelRequest
from tinyarms.skills.template import split_frame

_Step = Generator[ModelRequest, str, str]


class CrossAndMutate(WriterOperator):
    """GA: combine two instructions, then rewrite the result."""

    name = "cross_and_mutate"

    def write(self, inputs: OperatorInput) -> Writing:
        if inputs.second_parent is inputs.parent:
            return None
        other = inputs.second_parent.instruction
        combined = yield from _step(Combine(), inputs, inputs.instruction, other)
        changed = (yield from _step(Rewrite(), inputs, combined)) if combined else ""
        return Draft(inputs.with_instruction(changed), crossed=True)


@dataclass(frozen=True)
class MutateDifference(WriterOperator):
    """DE: mutate the difference of two donors, combine it with the best, then cross with the
    parent.

    The best is the second parent. The difference is the sentences of the second donor that the
    first lacks; in the paper the model finds it.
    """

    donors: tuple[Candidate, Candidate]
    name = "mutate_difference"

    def write(self, inputs: OperatorInput) -> Writing:
        one, other = (split_sentences(donor.instruction) for donor in self.donors)
        different = " ".join(sentence for sentence in other if sentence not in one)
        mutated = yield from _step(Rewrite(), inputs, different or " ".join(other))
        best = inputs.second_parent.instruction
        better = (yield from _step(Combine(), inputs, best, mutated)) if mutated else ""
        if better and inputs.second_parent is not inputs.parent:
            better = yield from _step(Combine(), inputs, inputs.instruction, better)
        sources = tuple(donor.id for donor in self.donors if donor is not inputs.second_parent)
        return Draft(inputs.with_instruction(better), crossed=True, sources=sources)


def _step(operator: WriterOperator, inputs: OperatorInput, text: str, other: str = "") -> _Step:
    """The instruction that the operator makes from one or two others; empty if it makes none."""
    parent = replace(inputs.parent, prompt=inputs.with_instruction(text), mutation_prompt="")
    second_parent = replace(parent, prompt=inputs.with_instruction(other))
    draft = yield from operator.write(replace(inputs, parent=parent, second_parent=second_parent))
    return split_frame(draft.prompt.text)[0] if draft else ""
