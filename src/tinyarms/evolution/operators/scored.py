"""OPRO's operator: an instruction that goes on from scored ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tinyarms.evolution.candidate import Draft
from tinyarms.evolution.operators.base import Material, Writing
from tinyarms.skills.execution import ModelRequest

_TEMPERATURE = 1.0
_HIGHEST = 100


@dataclass(frozen=True)
class GoOnFromScores:
    """A new instruction after scored ones, the worst first (Yang et al. 2023, arXiv 2309.03409).

    The scored instructions are the worked examples of the completion. The score stands before
    its instruction, so that a high score can be asked for by writing it down.
    """

    scored: Sequence[tuple[str, float]]
    """Instruction and fitness in [0, 1], in ascending order."""
    name: str = "go_on_from_scores"

    def __call__(self, material: Material) -> Writing:
        shown = "".join(
            f"Score: {round(_HIGHEST * score)}\nInstruction: {' '.join(text.split())}\n\n"
            for text, score in self.scored
        )
        text = yield ModelRequest(
            completion=f"Task: {' '.join(material.problem.description.split())}\n\n{shown}"
            f"Score: {_HIGHEST}\nInstruction:",
            max_tokens=64,
            temperature=_TEMPERATURE,
            seed=material.rng.randrange(2**31),
            stop=("\n",),
        )
        return Draft(material.with_instruction(text.strip().strip('"')))
