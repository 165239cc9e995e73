"""The base of OPRO and EvoPrompt: a search that scores all instructions on one panel of
examples."""

from __future__ import annotations

from tinyarms.core.ids import derived_random
from tinyarms.evolution.candidate import Candidate, Proposal
from tinyarms.evolution.constants import (
    EVOPROMPT_POPULATION,
    MAX_PANEL_EXAMPLES,
    MIN_PANEL_EXAMPLES,
    PANEL_CANDIDATES,
    PANEL_PATIENCE,
    TRIES_PER_CANDIDATE,
)
from tinyarms.evolution.operators.base import Operator
from tinyarms.evolution.operators.with_writer.completion import Rewrite, WriteAfresh
from tinyarms.evolution.operators.without_model.starting_prompts import starting_prompts
from tinyarms.evolution.operators.without_model.wording import Describe, EditSentences, WordContract
from tinyarms.evolution.optimizers.population_search import PopulationSearch
from tinyarms.evolution.problem import Problem
from tinyarms.evolution.protocol import Steps
from tinyarms.evolution.scoring.scoreboard import scoreboard_of
from tinyarms.evolution.side_by_side import Part

VARIATIONS: tuple[Operator, ...] = (
    WordContract(),
    Rewrite(),
    EditSentences(),
    Describe(),
    WriteAfresh(),
)
"""Operators that make the first population in turn; the papers use prompts written by people."""


class PanelSearch(PopulationSearch):
    """A search whose candidates differ in their instruction, all scored on the same examples.

    Unlike in the papers, the panel has few examples because the budget is small; with labels, each
    candidate's calibration is fitted on it; guards reject unusable texts of the writer; and the
    finalists are chosen on `selection` examples.
    """

    size = EVOPROMPT_POPULATION
    """Members of the first population."""

    def __init__(self, problem: Problem) -> None:
        order = list(problem.search)
        derived_random(problem.seed, "order").shuffle(order)
        board = scoreboard_of(problem, order)
        super().__init__(problem, board)
        self._calls = problem.calls - self.selection_calls()
        affordable = max(
            MIN_PANEL_EXAMPLES, min(MAX_PANEL_EXAMPLES, self._calls // PANEL_CANDIDATES)
        )
        self.panel = min(len(order), affordable)
        """Number of examples that each candidate is scored on."""

    def search(self) -> Steps:
        incumbent = self.admit("incumbent", self.problem.incumbent)
        yield from self._score(incumbent)
        yield from self._populate(incumbent)
        generation = without_progress = 0
        while self.affords_another() and without_progress < PANEL_PATIENCE:
            generation += 1
            prompts = self._distinct_prompts()
            yield from self.evolve(generation)
            without_progress = 0 if self._distinct_prompts() > prompts else without_progress + 1
        scored = [c for c in self.outcome.candidates if self.board.n(c)]
        yield from self.select(incumbent, sorted(scored, key=self.fitness, reverse=True))

    def evolve(self, generation: int) -> Part:
        """Run one generation of the algorithm; generations count 1, 2, 3 …"""
        raise NotImplementedError

    def breed(
        self,
        operator: Operator,
        parent: Candidate,
        second_parent: Candidate,
        generation: int,
        slot: int,
    ) -> Part:
        """Run an operator at one step of the search and score its child.

        Returns the child, or `None` if there is none.
        """
        if not self.affords_another():
            return None
        rng = self.random_at(generation, slot)
        proposal: Proposal | None = yield from self.propose(
            operator, parent, second_parent, generation, rng
        )
        child = proposal.candidate if proposal else None
        if proposal is None or child is None:
            return None
        yield from self._score(child)
        met = min(self.board.n(child), self.board.n(parent))
        if self.board.n(child) == min(self.panel, len(self.board.examples)):
            mine, parents = (self.board.fitness(c, met) for c in (child, parent))
            proposal.beat_parent = mine > parents
        return child

    def keep_best(self) -> None:
        """Keep the best `size` members of the population, best first."""
        self.population.sort(key=self.fitness, reverse=True)
        del self.population[self.size :]

    def affords_another(self) -> bool:
        """Whether the budget covers one more candidate on the whole panel, and the selection.

        A smaller panel or cached replies do not allow more candidates.
        """
        room = len(self.outcome.candidates) * MIN_PANEL_EXAMPLES <= self._calls
        used = self.used + self.asked
        return room and not self.spent and used + self.panel <= self._calls

    def fitness(self, candidate: Candidate) -> float:
        """Fitness over the panel, in [0, 1]; 0 if the candidate was not scored, or is over a
        limit of cost."""
        return self.board.fitness(candidate) if self.within_limits(candidate) else 0.0

    def _populate(self, incumbent: Candidate) -> Part:
        """Make the first population of the manual prompts and variations of the incumbent."""
        if self.problem.calibrates:
            calibration = self.admit("calibration", self.problem.incumbent)
            self.population.remove(calibration)  # operators would treat it as a second incumbent
            yield from self._score(calibration)
        for prompt in self.problem.manual:
            yield from self._score(self.admit("manual", prompt))
        for name, prompt in starting_prompts(self.problem).items():
            yield from self._score(self.admit(name, prompt))
        for attempt in range(TRIES_PER_CANDIDATE * self.size):
            if len(self.population) >= self.size:
                break
            operator = VARIATIONS[attempt % len(VARIATIONS)]
            yield from self.breed(operator, incumbent, incumbent, 0, attempt)

    def _distinct_prompts(self) -> int:
        return len({candidate.prompt.hash for candidate in self.outcome.candidates})

    def _score(self, candidate: Candidate) -> Part:
        if self.affords_another():
            yield from self.extend([candidate], self.panel)
            best = max(self.outcome.candidates, key=self.fitness)
            self.outcome.best = (self.board.accuracy(best), self.board.n(best))
