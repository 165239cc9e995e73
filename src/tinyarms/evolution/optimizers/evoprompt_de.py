"""EvoPrompt DE: differential evolution over texts.

After Guo et al. 2023, "Connecting Large Language Models with Evolutionary Algorithms Yields
Powerful Prompt Optimizers" (arXiv 2309.08532). As in the paper, each member of a population of 10
has a child in each generation: the difference between two random others is mutated, combined with
the best so far and crossed with the member. The child replaces the member if it scores higher. Two
things differ for a tiny writer: the operators (`operators/with_writer/evoprompt.py`), and where
people wrote fewer than 10 prompts, variations of the incumbent fill the first population.
"""

from __future__ import annotations

from tinyarms.evolution.operators.with_writer.evoprompt import MutateDifference
from tinyarms.evolution.optimizers.panel_search import PanelSearch
from tinyarms.evolution.side_by_side import Part


class EvoPromptDE(PanelSearch):
    """Differential evolution over instructions.

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
    >>> from tinyarms.evolution.optimizers.evoprompt_de import EvoPromptDE
    >>> from tinyarms.evolution.toy import toy_problem, toy_run
    >>> search = EvoPromptDE(toy_problem(calls=600))
    >>> evaluations = toy_run(search)
    >>> sorted({candidate.generation for candidate in search.outcome.candidates})
    [0, 1, 2, 3]
    >>> print(search.outcome.finalists[0].candidate.instruction)
    Is the number even or odd? Look at the last digit.
    """

    def evolve(self, generation: int) -> Part:
        self.keep_best()
        members = list(self.population)

        def breed(slot: int) -> Part:
            member = members[slot]
            others = [c for c in members if c is not member]
            one, other = self.random_at(generation, -1 - slot).sample(others, 2)
            operator = MutateDifference((one, other))
            child = yield from self.breed(operator, member, members[0], generation, slot)
            if child:
                worse = member if self.fitness(child) > self.fitness(member) else child
                self.population.remove(worse)

        yield from self.in_batches(breed, range(len(members) if len(members) > 2 else 0))
