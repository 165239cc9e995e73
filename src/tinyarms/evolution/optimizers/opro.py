"""OPRO: the writer continues a list of instructions with their scores.

After Yang et al. 2023, "Large Language Models as Optimizers" (arXiv 2309.03409). As in the paper,
the meta-prompt holds the task and the best instructions so far with their scores as whole numbers,
in ascending order; each step draws eight new instructions from it, and all scored instructions
stay eligible. Three things differ for a tiny writer. The meta-prompt is the beginning of a text
that the model continues, and does not say what to do. It has no examples of the task, whose words
would end up in the instructions. It shows the best 8 instead of 20, to stay short.
"""

from __future__ import annotations

from tinyarms.evolution.constants import OPRO_LISTED, OPRO_NEW, OPRO_POPULATION
from tinyarms.evolution.operators.with_writer.opro import GoOnFromScores
from tinyarms.evolution.optimizers.panel_search import PanelSearch
from tinyarms.evolution.side_by_side import Part


class OPRO(PanelSearch):
    """Optimisation by prompting.

    Parameters
    ----------
    problem
        The prompt to improve, with its examples, budget and settings.

    References
    ----------
    Yang et al. 2023, "Large Language Models as Optimizers", arXiv 2309.03409.

    Examples
    --------
    >>> from tinyarms.evolution.optimizers.opro import OPRO
    >>> from tinyarms.evolution.toy import toy_answer, toy_problem, toy_run
    >>> search = OPRO(toy_problem(calls=400))
    >>> requests = search.ask()
    >>> requests[0].candidate.operator, len(requests)
    ('incumbent', 10)
    >>> search.tell([toy_answer(request) for request in requests])
    >>> evaluations = toy_run(search)
    >>> new = [c for c in search.outcome.candidates if c.operator == "go_on_from_scores"]
    >>> len(new)  # three steps of eight new instructions
    24
    """

    size = OPRO_POPULATION

    def evolve(self, generation: int) -> Part:
        listed = sorted(self.population, key=self.fitness)[-OPRO_LISTED:]
        operator = GoOnFromScores([(c, self.fitness(c)) for c in listed])

        def breed(slot: int) -> Part:
            yield from self.breed(operator, listed[-1], listed[-1], generation, slot)

        yield from self.in_batches(breed, range(OPRO_NEW))
