"""OPRO: the writer sees what has been tried with its scores, and goes on from there.

After Yang et al. 2023, "Large Language Models as Optimizers" (arXiv 2309.03409). As in the paper:
the meta-prompt holds the task and the best instructions so far with their scores as whole
numbers, in ascending order; eight new ones are drawn from it in each step, and all that were ever
scored stay in the running. Different for a tiny writer: the meta-prompt is the beginning of a text
that the model goes on writing, without words about what to do; it has no examples of the task,
whose words would end up in the instructions; and it shows the best 8, not 20, so that it stays
short.
"""

from __future__ import annotations

from tinyarms.evolution.operators.with_writer.opro import GoOnFromScores
from tinyarms.evolution.optimizers.panel_search import InstructionSearch
from tinyarms.evolution.optimizers.population_search import Part

_SHOWN = 8
_NEW = 8


class OPRO(InstructionSearch):
    """Optimisation by prompting."""

    size = 5

    def evolve(self, generation: int) -> Part:
        shown = sorted(self.population, key=self.fitness)[-_SHOWN:]
        operator = GoOnFromScores([(c, self.fitness(c)) for c in shown])
        for slot in range(_NEW):
            yield from self.breed(operator, shown[-1], shown[-1], generation, slot)
