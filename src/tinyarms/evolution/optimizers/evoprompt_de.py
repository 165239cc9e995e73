"""EvoPrompt DE: differential evolution whose differences are texts.

After Guo et al. 2023, "Connecting Large Language Models with Evolutionary Algorithms Yields
Powerful Prompt Optimizers" (arXiv 2309.08532). As in the paper: in each generation each member of
a population of 10 meets a child of its own: where two random others differ is mutated, combined
with the best so far and crossed with the member; the child takes the member's place if it scores
higher. Different for a tiny writer: see `operators/evoprompt.py`; where there are fewer than 10
prompts written by hand, variations of the incumbent stand in.
"""

from __future__ import annotations

from tinyarms.evolution.operators.with_writer.evoprompt import MutateDifference
from tinyarms.evolution.optimizers.panel_search import InstructionSearch
from tinyarms.evolution.optimizers.population_search import Part


class EvoPromptDE(InstructionSearch):
    """Differential evolution over instructions."""

    def evolve(self, generation: int) -> Part:
        self.keep_best()
        members = list(self.population)
        for slot, member in enumerate(members if len(members) > 2 else []):
            others = [c for c in members if c is not member]
            one, other = self.random_at(generation, -1 - slot).sample(others, 2)
            operator = MutateDifference((one, other))
            child = yield from self.breed(operator, member, members[0], generation, slot)
            if child:
                worse = member if self.fitness(child) > self.fitness(member) else child
                self.population.remove(worse)
