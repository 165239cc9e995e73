"""OPRO's operator: an instruction that goes on from scored ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinyarms.evolution.candidate import Candidate, Draft
from tinyarms.evolution.operators.base import Material, Writing
from tinyarms.evolution.operators.with_writer.prompting import completed, one_line
from tinyarms.skills.template import split_frame

_HIGHEST = 100


@dataclass(frozen=True)
class GoOnFromScores:
    """A new instruction after scored ones, the worst first (Yang et al. 2023, arXiv 2309.03409).

    The scored instructions are the worked examples of the completion. The score stands before
    its instruction, so that a high score can be asked for by writing it down.
    """

    scored: Sequence[tuple[Candidate, float]]
    """With their fitness in [0, 1], in ascending order; the parent is the last."""
    name: str = "go_on_from_scores"

    def __call__(self, material: Material) -> Writing:
        shown = "".join(
            f"Score: {round(_HIGHEST * fitness)}\nInstruction: {_said(candidate)}\n\n"
            for candidate, fitness in self.scored
        )
        task = f"Task: {one_line(material.problem.description)}"
        text = yield from completed(material, f"{task}\n\n{shown}Score: {_HIGHEST}\nInstruction:")
        others = tuple(c.id for c, _ in self.scored if c is not material.parent)
        return Draft(material.with_instruction(text), sources=others)


def _said(candidate: Candidate) -> str:
    return one_line(split_frame(candidate.prompt.text)[0])
