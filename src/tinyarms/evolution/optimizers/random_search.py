"""Random search: random operators vary the incumbent, and the variations race.

It is the baseline for other searches. Prompts written by hand enter first: with a tiny model, most
of an optimiser's gain comes from a good choice among them. The race is successive halving (Jamieson
& Talwalkar 2016, arXiv 1502.07943): all run on the same few examples, the better half on twice as
many, and so on.
"""

from __future__ import annotations

from functools import partial

from tinyarms.evolution.candidate import Candidate
from tinyarms.evolution.constants import (
    CALLS_PER_ENTRANT,
    FIRST_ROUND_EXAMPLES,
    MIN_ENTRANTS,
    RACE_SURVIVORS,
    TRIES_PER_CANDIDATE,
)
from tinyarms.evolution.operators.catalog import operators_for
from tinyarms.evolution.operators.without_model.starting_prompts import starting_prompts
from tinyarms.evolution.optimizers.population_search import PopulationSearch
from tinyarms.evolution.problem import Problem
from tinyarms.evolution.protocol import Steps
from tinyarms.evolution.scoring.scoreboard import scoreboard_of
from tinyarms.evolution.scoring.stratify import split_demonstrations
from tinyarms.evolution.side_by_side import Part


class RandomSearch(PopulationSearch):
    """Vary the incumbent only; no candidate builds on another.

    Parameters
    ----------
    problem
        The prompt to improve, with its examples, budget and settings.

    References
    ----------
    Jamieson & Talwalkar 2016, "Non-stochastic Best Arm Identification and Hyperparameter
    Optimization", arXiv 1502.07943.

    Examples
    --------
    >>> from tinyarms.evolution.optimizers.random_search import RandomSearch
    >>> from tinyarms.evolution.toy import toy_answer, toy_problem
    >>> search = RandomSearch(toy_problem())
    >>> for _ in range(2):
    ...     requests = search.ask()
    ...     print(len(requests), type(requests[0]).__name__)
    ...     search.tell([toy_answer(request) for request in requests])
    10 Evaluate
    1 Write
    """

    reflects = True

    def __init__(self, problem: Problem) -> None:
        pool, race = split_demonstrations(problem)
        board = scoreboard_of(problem, race)
        super().__init__(problem, board, pool)
        self._calls = problem.calls - self.selection_calls()

    def search(self) -> Steps:
        incumbent = self.admit("incumbent", self.problem.incumbent)
        yield from self._meet(incumbent, FIRST_ROUND_EXAMPLES)
        if self.problem.calibrates:
            self.admit("calibration", self.problem.incumbent)
        for prompt in self.problem.manual:
            self.admit("manual", prompt)
        for name, prompt in starting_prompts(self.problem).items():
            self.admit(name, prompt)
        yield from self._vary(incumbent)
        yield from self._race(incumbent)
        self._compare(incumbent)
        met = [c for c in self.outcome.candidates if self.board.n(c)]
        yield from self.select(incumbent, sorted(met, key=self._rank, reverse=True))

    def _vary(self, incumbent: Candidate) -> Part:
        least = MIN_ENTRANTS + len(starting_prompts(self.problem))
        size = max(least, self._calls // CALLS_PER_ENTRANT)
        operators = operators_for(
            self.problem.abilities,
            has_memory=self.problem.memory is not None,
            copies=bool(self.problem.copied_inputs),
        )
        for attempt in range(TRIES_PER_CANDIDATE * size):
            if len(self.population) >= size:
                break
            rng = self.random_at(0, attempt)
            operator = rng.choice(operators)
            yield from self.propose_all(operator, incumbent, incumbent, 0, rng)

    def _race(self, incumbent: Candidate) -> Part:
        """Race by successive halving; the incumbent meets the same examples without competing."""
        field = [c for c in self.population if c is not incumbent]
        n = 0
        while (
            not self.spent
            and n < len(self.board.examples)
            and (not n or len(field) > RACE_SURVIVORS)
        ):
            n = min(max(FIRST_ROUND_EXAMPLES, 2 * n), len(self.board.examples))
            meet = partial(self._meet, n=n)
            yield from self.in_batches(meet, (incumbent, *field))
            field = [c for c in field if self.board.n(c) >= n]
            field.sort(key=self._rank, reverse=True)
            del field[max(RACE_SURVIVORS, len(field) // 2) :]
            best = max(self.population, key=self._rank)
            self.outcome.best = (self.board.accuracy(best), self.board.n(best))

    def _meet(self, candidate: Candidate, n: int) -> Part:
        """Run a candidate on the first n examples, if the budget covers all of them."""
        lacking = len(self.board.missing(candidate, n))
        if self.used + self.asked + lacking <= self._calls:
            yield from self.extend([candidate], n)

    def _compare(self, incumbent: Candidate) -> None:
        for proposal in self.outcome.proposals:
            if proposal.candidate:
                n = min(self.board.n(proposal.candidate), self.board.n(incumbent))
                fitness = self.board.fitness(proposal.candidate, n)
                proposal.beat_parent = fitness > self.board.fitness(incumbent, n) if n else None

    def _rank(self, candidate: Candidate) -> tuple[int, float]:
        """Sort key: how far a candidate got in the race, then its fitness."""
        return self.board.n(candidate), self.board.fitness(candidate)
