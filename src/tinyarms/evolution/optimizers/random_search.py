"""Random search: operators drawn at random, each applied to the incumbent, and a race.

What other searches have to beat. Prompts written by hand come first where there are any: to
choose well among those is most of what optimisers gain with a tiny model. The race is by
successive halving (Jamieson & Talwalkar 2016, arXiv 1502.07943): all meet the same few examples,
the better half of them as many again, and so on.
"""

from __future__ import annotations

from tinyarms.evolution.candidate import Candidate
from tinyarms.evolution.operators.catalog import OPERATORS
from tinyarms.evolution.optimizers.population_search import Breeder, Part
from tinyarms.evolution.problem import Problem
from tinyarms.evolution.protocol import Steps
from tinyarms.evolution.scoring.scoreboard import Scoreboard
from tinyarms.evolution.scoring.stratify import deal
from tinyarms.skills.contract import Labels

_FIRST = 10
"""Examples in the first round of the race; twice as many in each that follows."""
_CALLS_EACH = 25
"""About what the race costs for each that starts in it."""
_FEWEST = 3
_TRIES = 3
_GO_ON = 4
"""How many are left at the end of the race."""


class RandomSearch(Breeder):
    """Variations of the incumbent alone: nothing is built on what was found."""

    def __init__(self, problem: Problem) -> None:
        pool, race = deal(problem)
        self._calibrate = (
            isinstance(problem.contract, Labels) and problem.settings.label_calibration
        )
        board = Scoreboard(race, problem.contract, problem.success_at, self._calibrate)
        super().__init__(problem, board, pool)
        self._calls = problem.calls - self.selection_calls()

    def search(self) -> Steps:
        incumbent = self.admit("incumbent", self.problem.incumbent)
        yield from self._meet(incumbent, _FIRST)
        if self._calibrate:
            self.admit("calibration", self.problem.incumbent)
        for prompt in self.problem.manual:
            self.admit("manual", prompt)
        yield from self._vary(incumbent)
        yield from self._race(incumbent)
        self._compare(incumbent)
        met = [c for c in self.outcome.candidates if self.board.n(c)]
        yield from self.select(incumbent, sorted(met, key=self._rank, reverse=True))

    def _vary(self, incumbent: Candidate) -> Part:
        size = max(_FEWEST, self._calls // _CALLS_EACH)
        for attempt in range(_TRIES * size):
            if len(self.population) >= size:
                break
            rng = self.random_at(0, attempt)
            operator = rng.choice(OPERATORS)
            yield from self.propose(operator, incumbent, incumbent, 0, rng)

    def _race(self, incumbent: Candidate) -> Part:
        """The incumbent meets what the others meet, and takes no place from them."""
        field = [c for c in self.population if c is not incumbent]
        n = 0
        while not self.spent and n < len(self.board.examples) and (not n or len(field) > _GO_ON):
            n = min(max(_FIRST, 2 * n), len(self.board.examples))
            for candidate in (incumbent, *field):
                yield from self._meet(candidate, n)
            field = [c for c in field if self.board.n(c) >= n]
            field.sort(key=self._rank, reverse=True)
            del field[max(_GO_ON, len(field) // 2) :]
            best = max(self.population, key=self._rank)
            self.outcome.best = (self.board.accuracy(best), self.board.n(best))

    def _meet(self, candidate: Candidate, n: int) -> Part:
        """The first n examples, if the budget holds all of them."""
        if self.used + len(self.board.missing(candidate, n)) <= self._calls:
            yield from self.extend([candidate], n)

    def _compare(self, incumbent: Candidate) -> None:
        for proposal in self.outcome.proposals:
            if proposal.candidate:
                n = min(self.board.n(proposal.candidate), self.board.n(incumbent))
                fitness = self.board.fitness(proposal.candidate, n)
                proposal.beat_parent = fitness > self.board.fitness(incumbent, n) if n else None

    def _rank(self, candidate: Candidate) -> tuple[int, float]:
        """Who got further in the race stands first."""
        return self.board.n(candidate), self.board.fitness(candidate)
