"""OPRO's operator: write an instruction that continues a list of scored ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinyarms.core.text import one_line
from tinyarms.evolution.candidate import Candidate, Draft
from tinyarms.evolution.constants import OPRO_TOP_SCORE
from tinyarms.evolution.operators.base import OperatorInput, WriterOperator, Writing
from tinyarms.evolution.operators.with_writer.prompting import completed


@dataclass(frozen=True)
class GoOnFromScores(WriterOperator):
    """Write a new instruction after scored ones (Yang et al. 2023, arXiv 2309.03409).

    The scored instructions, worst first, are the worked examples of the completion. The score
    precedes its instruction, so that writing down a high score asks for a good instruction.
    """

    scored: Sequence[tuple[Candidate, float]]
    """Candidates with their fitness in [0, 1], in ascending order; the parent is the last."""
    name = "go_on_from_scores"

    def write(self, inputs: OperatorInput) -> Writing:
        blocks = "".join(
            f"Score: {round(OPRO_TOP_SCORE * fitness)}\n"
            f"Instruction: {one_line(candidate.instruction)}\n\n"
            for candidate, fitness in self.scored
        )
        task = f"Task: {one_line(inputs.problem.description)}"
        text = yield from completed(
            inputs, f"{task}\n\n{blocks}Score: {OPRO_TOP_SCORE}\nInstruction:"
        )
        others = tuple(c.id for c, _ in self.scored if c is not inputs.parent)
        return Draft(inputs.with_instruction(text), sources=others)
