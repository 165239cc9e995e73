"""OPRO: the writer sees what has been tried with its scores, and goes on from there.

After Yang et al. 2023, "Large Language Models as Optimizers" (arXiv 2309.03409). As in the paper:
the meta-prompt holds the task and the best 20 instructions so far with their scores as whole
numbers, in ascending order; eight new ones are drawn from it at a temperature of 1 in each step,
and all that were ever scored stay in the running. Different for a tiny writer: the meta-prompt is
the beginning of a text that the model goes on writing, and has no examples of the task (it copies
them) and no words about what to do; it shows the best 8, as more do not help such a model.
"""

from __future__ import annotations

from tinyarms.evolution.breeding import Part
from tinyarms.evolution.instructions import InstructionSearch
from tinyarms.evolution.operators.scored import GoOnFromScores
from tinyarms.skills.template import split_frame

_SHOWN = 8
_NEW = 8


class OPRO(InstructionSearch):
    """Optimisation by prompting."""

    size = 5

    def evolve(self, generation: int) -> Part:
        shown = sorted(self.population, key=self.fitness)[-_SHOWN:]
        operator = GoOnFromScores([(split_frame(c.prompt.text)[0], self.fitness(c)) for c in shown])
        for slot in range(_NEW):
            yield from self.breed(operator, shown[-1], shown[-1], generation, slot)
