"""PromptBreeder for a tiny model: the structure of the paper, on a budget of task calls.

Population, binary tournaments, and mutation prompts that evolve with their candidates are as in
Fernando et al. 2023 (arXiv 2309.16797). Different, because the only model has 135M to 360M
parameters: operators that work with such a writer or without one; contestants meet the same
examples, a few at first and more while it is close; a child must hold its own to replace the
loser; the best are raced on in successive halves (Jamieson & Talwalkar 2016), and the finalists
are chosen on `selection` examples that the search has not seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

from tinyarms.evolution.candidate import Candidate, Proposal
from tinyarms.evolution.operators.catalog import OPERATORS, starting_weights
from tinyarms.evolution.operators.without_model.demonstrations import CrossDemonstrations
from tinyarms.evolution.optimizers.population_search import Breeder, Part
from tinyarms.evolution.problem import Problem
from tinyarms.evolution.protocol import Steps
from tinyarms.evolution.scoring.operator_bandit import choose_operator
from tinyarms.evolution.scoring.racing import is_beaten
from tinyarms.evolution.scoring.scoreboard import Scoreboard
from tinyarms.evolution.scoring.stratify import deal
from tinyarms.skills.contract import Labels

BLOCK = 8
"""How many more examples the contestants of a close tournament meet."""
_MOST_IN_A_TOURNAMENT = 24
_MOST_BARREN = 20
_TRIES = 3
"""What proposes nothing of use makes place for another this often."""
_MOST_IN_THE_FIELD = 16


class PromptBreeder(Breeder):
    """The default search."""

    def __init__(self, problem: Problem) -> None:
        pool, race = deal(problem)
        self._calibrates = problem.settings.label_calibration and isinstance(
            problem.contract, Labels
        )
        board = Scoreboard(race, problem.contract, problem.success_at, self._calibrates)
        super().__init__(problem, board, pool)
        self._operators = {operator.name: operator for operator in OPERATORS}
        self._weights = starting_weights(problem.settings.mutation_weights)
        self._calls = problem.calls - self.selection_calls()
        """Task calls before the finalists are chosen."""

    def search(self) -> Steps:
        problem = self.problem
        incumbent = self.admit("incumbent", problem.incumbent)
        yield from self._extend([incumbent], min(2 * BLOCK, self._calls // 4))
        if self._calibrates:
            self.admit("calibration", problem.incumbent)
        for prompt in problem.manual:
            self.admit("manual", prompt)
        yield from self._populate()
        yield from self._cross()
        self._settle()
        yield from self._breed()
        yield from self._halve()
        yield from self.select(incumbent, self._ranked(self.outcome.candidates))

    def _populate(self) -> Part:
        """The first generation: the operators in turn, by weight, on the incumbent."""
        size = max(4, int(self.shares.first * self._calls / BLOCK))
        names = _in_turn(self._weights, 3 * size)
        for attempt, name in enumerate(names):
            if len(self.population) >= size:
                break
            rng = self.random_at(0, attempt)
            mate = rng.choice(self.population)
            yield from self.propose(self._operators[name], self.population[0], mate, 0, rng)
        yield from self._extend(self.population, BLOCK)

    def _cross(self) -> Part:
        """What was found apart, put together: the best instructions over the best sets of
        demonstrations, the pairs of the best ones first."""
        incumbent = self.population[0].prompt
        ranked = [c for c in self._ranked(self.population) if self.board.n(c)]
        worded = [c for c in ranked if c.prompt.text != incumbent.text]
        shown = [c for c in ranked if c.prompt.demonstrations != incumbent.demonstrations]
        places = sorted(product(range(len(worded)), range(len(shown))), key=sum)
        most = int(self.shares.crossing * self._calls / BLOCK)
        size = len(self.population) + most
        operator = self._operators[CrossDemonstrations.name]
        for attempt, (i, j) in enumerate(places[: _TRIES * most]):
            if len(self.population) >= size:
                break
            rng = self.random_at(0, -1 - attempt)
            proposal = yield from self.propose(operator, worded[i], shown[j], 0, rng)
            yield from self._meet(proposal, worded[i])

    def _meet(self, proposal: Proposal | None, parent: Candidate) -> Part:
        """A child meets its first examples, beside its parent. Returns it, or None."""
        child = proposal.candidate if proposal else None
        if proposal is None or child is None:
            return None
        yield from self._extend([child], BLOCK)
        n = self.board.n(child)
        if not n:
            return None
        proposal.beat_parent = self.board.fitness(child) > self.board.fitness(parent, n)
        return child

    def _settle(self) -> None:
        """The population is the incumbent and the best of what there is."""
        incumbent, *others = self.population
        best = self._ranked(others)[: self.problem.settings.population_size - 1]
        self.population = [incumbent, *best]

    def _breed(self) -> Part:
        """Tournaments until the calls are spent, or no new prompt comes of them any more."""
        calls = min(self.shares.breeding * self._calls, self._calls - BLOCK)
        generation = barren = 0
        while not self.spent and self.used < calls and barren < _MOST_BARREN:
            if len(self.population) < 2:
                return
            generation += 1
            known = self._different()
            yield from self._tournament(generation)
            barren = 0 if self._different() > known else barren + 1

    def _different(self) -> int:
        """How many different prompts there have been: one that comes again costs no call."""
        return len({candidate.prompt.hash for candidate in self.outcome.candidates})

    def _tournament(self, generation: int) -> Part:
        rng = self.random_at(generation, 0)
        winner, loser = yield from self._race(*rng.sample(self.population, 2))
        proposal: Proposal | None = None
        for _ in range(_TRIES):
            if proposal is not None:
                break
            name = choose_operator(
                self._weights, self.outcome.proposals, rng, self.problem.inherited
            )
            mate = rng.choice(self.population)
            proposal = yield from self.propose(self._operators[name], winner, mate, generation, rng)
        child = yield from self._meet(proposal, winner)
        if child is None:
            return
        n = self.board.n(child)
        if loser.operator != "incumbent" and self.board.fitness(child) >= self.board.fitness(
            loser, n
        ):
            self.population.remove(loser)

    def _race(self, one: Candidate, other: Candidate) -> Part:
        """Both on the same examples until it is decided. Returns winner, loser."""
        n = max(BLOCK, self.board.n(one), self.board.n(other))
        while True:
            yield from self._extend([one, other], n)
            both = min(self.board.n(one), self.board.n(other))
            if self.spent or n >= _MOST_IN_A_TOURNAMENT or self._is_decided(one, other, both):
                break
            n += BLOCK
        ahead = self.board.fitness(one, both) >= self.board.fitness(other, both)
        return (one, other) if ahead else (other, one)

    def _is_decided(self, one: Candidate, other: Candidate, n: int) -> bool:
        first, second = self.board.grades(one, n), self.board.grades(other, n)
        return is_beaten(first, second) or is_beaten(second, first)

    def _halve(self) -> Part:
        """Race the best of all ever admitted on ever more examples: those that the leader has
        beaten drop out, and of the others at most half of the field goes on."""
        field = self._ranked(self.outcome.candidates)[:_MOST_IN_THE_FIELD]
        n = BLOCK
        while not self.spent and len(field) > 2 and self.used < self._calls:
            n = min(2 * n, len(self.board.examples))
            yield from self._extend(field, n)
            leader, *others = self._ranked(field)
            half = max(2, len(field) // 2)
            field = [leader, *(c for c in others if not self._has_lost(c, leader))][:half]
            if n == len(self.board.examples):
                break

    def _has_lost(self, candidate: Candidate, leader: Candidate) -> bool:
        n = min(self.board.n(candidate), self.board.n(leader))
        return is_beaten(self.board.grades(candidate, n), self.board.grades(leader, n))

    def _extend(self, candidates: Sequence[Candidate], n: int) -> Part:
        """As far as the calls go: a candidate that they do not cover is passed over."""
        for candidate in candidates:
            if self.used + len(self.board.missing(candidate, n)) <= self._calls:
                yield from self.extend([candidate], n)
            top = self._ranked(self.population)[0]
            self.outcome.best = (self.board.accuracy(top), self.board.n(top))
        if self.lineage[-1:] != [top]:
            self.lineage.append(top)

    def _ranked(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Best first; luck on few examples counts little."""
        known = [self.board.fitness(c) for c in self.outcome.candidates if self.board.n(c)]
        mean = sum(known) / len(known) if known else 0.0
        return sorted(candidates, key=lambda c: self.board.shrunken(c, mean), reverse=True)


def _in_turn(weights: Mapping[str, float], length: int) -> list[str]:
    """Names in an order in which each stands as often as its weight says (smooth round robin)."""
    credit = dict.fromkeys(weights, 0.0)
    order = []
    for _ in range(length):
        for name, weight in weights.items():
            credit[name] += weight
        chosen = max(credit, key=lambda name: credit[name])
        credit[chosen] -= sum(weights.values())
        order.append(chosen)
    return order
