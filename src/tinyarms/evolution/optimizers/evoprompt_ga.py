"""EvoPrompt GA: a genetic algorithm whose crossover and mutation are done by the writer.

After Guo et al. 2023, "Connecting Large Language Models with Evolutionary Algorithms Yields
Powerful Prompt Optimizers" (arXiv 2309.08532). As in the paper: a population of 10; as many
children in each generation, each of two parents drawn by roulette wheel on their fitness, crossed
and then mutated; the best 10 of parents and children live on. Different for a tiny writer: see
`operators/evoprompt.py`; the two parents are never the same one, and where there are fewer than
10 prompts written by hand, variations of the incumbent stand in.
"""

from __future__ import annotations

import random

from tinyarms.evolution.candidate import Candidate
from tinyarms.evolution.operators.with_writer.evoprompt import CrossAndMutate
from tinyarms.evolution.optimizers.panel_search import InstructionSearch
from tinyarms.evolution.optimizers.population_search import Part


class EvoPromptGA(InstructionSearch):
    """A genetic algorithm over instructions."""

    def evolve(self, generation: int) -> Part:
        self.keep_best()
        parents = list(self.population)
        for slot in range(len(parents) if len(parents) > 1 else 0):
            rng = self.random_at(generation, -1 - slot)
            one = roulette(parents, [self.fitness(c) for c in parents], rng)
            rest = [c for c in parents if c is not one]
            other = roulette(rest, [self.fitness(c) for c in rest], rng)
            yield from self.breed(CrossAndMutate(), one, other, generation, slot)


def roulette(candidates: list[Candidate], fitness: list[float], rng: random.Random) -> Candidate:
    """One of them, with chances as their fitness; any, where none has any."""
    return rng.choices(candidates, fitness if any(fitness) else None)[0]
