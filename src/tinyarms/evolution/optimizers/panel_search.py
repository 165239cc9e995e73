"""What OPRO and EvoPrompt share: they search for an instruction, and score all on one panel."""

from __future__ import annotations

from tinyarms.core.ids import derived_random
from tinyarms.evolution.candidate import Candidate, Proposal
from tinyarms.evolution.operators.base import Operator
from tinyarms.evolution.operators.with_writer.completion import Rewrite, WriteAfresh
from tinyarms.evolution.operators.without_model.wording import Describe, EditSentences, WordContract
from tinyarms.evolution.optimizers.population_search import Breeder, Part
from tinyarms.evolution.problem import Problem
from tinyarms.evolution.protocol import Steps
from tinyarms.evolution.scoring.scoreboard import Scoreboard
from tinyarms.skills.contract import Labels

VARIATIONS: tuple[Operator, ...] = (
    WordContract(),
    Rewrite(),
    EditSentences(),
    Describe(),
    WriteAfresh(),
)
"""In turn they make the first population, where the papers have prompts written by people."""

_TRIES = 3
_FEWEST = 10
_MOST = 50
_CANDIDATES = 30
"""The panel is as large as lets the budget score this many candidates on it."""
_MOST_BARREN = 3
"""Generations in a row without a new prompt, after which the writer has no more to say."""


class InstructionSearch(Breeder):
    """A search whose candidates differ in their instruction, all scored on the same examples.

    Not as in the papers: the panel is a few examples, for the budget is small; where there are
    labels, each candidate's calibration is fitted on it; guards stand between the writer and the
    population; and the finalists are chosen on `selection`.
    """

    size = 10
    """Of the first population."""

    def __init__(self, problem: Problem) -> None:
        order = list(problem.search)
        derived_random(problem.seed, "order").shuffle(order)
        self._calibrate = (
            isinstance(problem.contract, Labels) and problem.settings.label_calibration
        )
        super().__init__(
            problem, Scoreboard(order, problem.contract, problem.success_at, self._calibrate)
        )
        self._calls = problem.calls - self.selection_calls()
        affordable = max(_FEWEST, min(_MOST, self._calls // _CANDIDATES))
        self.panel = min(len(order), affordable)
        """On how many examples each candidate is scored."""

    def search(self) -> Steps:
        incumbent = self.admit("incumbent", self.problem.incumbent)
        yield from self._score(incumbent)
        yield from self._populate(incumbent)
        generation = barren = 0
        while self.affords_another() and barren < _MOST_BARREN:
            generation += 1
            known = self._different()
            yield from self.evolve(generation)
            barren = 0 if self._different() > known else barren + 1
        scored = [c for c in self.outcome.candidates if self.board.n(c)]
        yield from self.select(incumbent, sorted(scored, key=self.fitness, reverse=True))

    def evolve(self, generation: int) -> Part:
        """One generation of the algorithm; generations count 1, 2, 3 …"""
        raise NotImplementedError

    def breed(
        self, operator: Operator, parent: Candidate, mate: Candidate, generation: int, slot: int
    ) -> Part:
        """Let an operator work at a place in the search, and score what comes of it.

        Returns the new candidate, or None.
        """
        if not self.affords_another():
            return None
        rng = self.random_at(generation, slot)
        proposal: Proposal | None = yield from self.propose(operator, parent, mate, generation, rng)
        child = proposal.candidate if proposal else None
        if proposal is None or child is None:
            return None
        yield from self._score(child)
        if self.board.n(child) == self.panel:
            proposal.beat_parent = self.fitness(child) > self.fitness(parent)
        return child

    def keep_best(self) -> None:
        """Only `size` live on, best first."""
        self.population.sort(key=self.fitness, reverse=True)
        del self.population[self.size :]

    def affords_another(self) -> bool:
        """Whether the budget holds one more candidate on the whole panel, and the selection.

        Where the panel is smaller than it should be, or in the cache, there are no more
        candidates for that.
        """
        room = len(self.outcome.candidates) * _FEWEST <= self._calls
        return room and not self.spent and self.used + self.panel <= self._calls

    def fitness(self, candidate: Candidate) -> float:
        """Over the panel, in [0, 1]; 0 where it was not scored."""
        return self.board.fitness(candidate)

    def _populate(self, incumbent: Candidate) -> Part:
        """The first population: the prompts that were given, and variations of the incumbent."""
        if self._calibrate:
            calibration = self.admit("calibration", self.problem.incumbent)
            self.population.remove(calibration)  # to the operators it is the incumbent again
            yield from self._score(calibration)
        for prompt in self.problem.manual:
            yield from self._score(self.admit("manual", prompt))
        for attempt in range(_TRIES * self.size):
            if len(self.population) >= self.size:
                break
            operator = VARIATIONS[attempt % len(VARIATIONS)]
            yield from self.breed(operator, incumbent, incumbent, 0, attempt)

    def _different(self) -> int:
        return len({candidate.prompt.hash for candidate in self.outcome.candidates})

    def _score(self, candidate: Candidate) -> Part:
        if self.affords_another():
            yield from self.extend([candidate], self.panel)
            best = max(self.outcome.candidates, key=self.fitness)
            self.outcome.best = (self.board.accuracy(best), self.board.n(best))
