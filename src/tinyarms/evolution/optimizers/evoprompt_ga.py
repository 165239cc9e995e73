"""EvoPrompt GA: a genetic algorithm whose crossover and mutation are done by the writer.

After Guo et al. 2023, "Connecting Large Language Models with Evolutionary Algorithms Yields
Powerful Prompt Optimizers" (arXiv 2309.08532). As in the paper, a population of 10 has as many
children in each generation. Each child has two parents, drawn by roulette wheel on their fitness;
they are crossed and the result is mutated. The best 10 of parents and children live on. Three
things differ for a tiny writer: the operators (`operators/with_writer/evoprompt.py`), the two
parents are never the same candidate, and where people wrote fewer than 10 prompts, variations of
the incumbent fill the first population.
"""

from __future__ import annotations

import random

from tinyarms.evolution.candidate import Candidate
from tinyarms.evolution.operators.with_writer.evoprompt import CrossAndMutate
from tinyarms.evolution.optimizers.panel_search import PanelSearch
from tinyarms.evolution.side_by_side import Part


class EvoPromptGA(PanelSearch):
    """A genetic algorithm over instructions.

    Parameters
    ----------
    problem
        The prompt to improve, with its examples, budget and settings.

    References
    ----------
    Guo et al. 2023, "Connecting Large Language Models with Evolutionary Algorithms Yields Powerful
    Prompt Optimizers", arXiv 2309.08532.

    Examples
    --------
    >>> from tinyarms.evolution.optimizers.evoprompt_ga import EvoPromptGA
    >>> from tinyarms.evolution.toy import toy_problem, toy_run
    >>> search = EvoPromptGA(toy_problem(calls=600))
    >>> evaluations = toy_run(search)
    >>> sorted({candidate.generation for candidate in search.outcome.candidates})
    [0, 1, 2, 3]
    >>> print(search.outcome.finalists[0].candidate.instruction)
    Answer with a label. Is the number even or odd?
    """

    def evolve(self, generation: int) -> Part:
        self.keep_best()
        parents = list(self.population)

        def breed(slot: int) -> Part:
            rng = self.random_at(generation, -1 - slot)
            one = roulette(parents, [self.fitness(c) for c in parents], rng)
            rest = [c for c in parents if c is not one]
            other = roulette(rest, [self.fitness(c) for c in rest], rng)
            yield from self.breed(CrossAndMutate(), one, other, generation, slot)

        yield from self.in_batches(breed, range(len(parents) if len(parents) > 1 else 0))


def roulette(candidates: list[Candidate], fitness: list[float], rng: random.Random) -> Candidate:
    """Draw a candidate with probability proportional to fitness; uniformly if all are 0."""
    return rng.choices(candidates, fitness if any(fitness) else None)[0]
