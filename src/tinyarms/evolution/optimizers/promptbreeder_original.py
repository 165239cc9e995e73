"""PromptBreeder as the original design has it, to the letter (`preset: original`).

Population 20, 30 generations of one binary tournament each, both contestants on the same 10
examples drawn from the failures, the winner's mutated copy in the loser's place, five operators
with fixed weights, at the end all 20 on 100 examples and the best three. After Fernando et al.
2023 (arXiv 2309.16797). Scores on 10 examples are mostly luck: see `promptbreeder` for the
search by default.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from tinyarms.evolution.candidate import Candidate
from tinyarms.evolution.operators.base import Operator
from tinyarms.evolution.operators.with_writer.original import (
    FIRST_MUTATION_PROMPT,
    Crossover,
    Direct,
    FirstOrder,
    Hypermutation,
    ZeroOrder,
)
from tinyarms.evolution.optimizers.population_search import Breeder, Part
from tinyarms.evolution.problem import Problem
from tinyarms.evolution.protocol import Evaluate, Steps
from tinyarms.evolution.scoring.scoreboard import Scoreboard
from tinyarms.skills.example import Example

FINAL_EXAMPLES = 100
_TRIES_PER_PLACE = 3


class OriginalPromptBreeder(Breeder):
    """The search of the original design."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(
            problem,
            Scoreboard(problem.search, problem.contract, problem.success_at, calibrate=False),
        )
        self.failures: Sequence[Example] = problem.failures
        self.accuracy: dict[str, float] = {}
        """Candidate id → accuracy on the examples it met last."""

    def search(self) -> Steps:
        settings = self.problem.settings
        incumbent = self.admit(
            "incumbent", self.problem.incumbent, mutation_prompt=FIRST_MUTATION_PROMPT
        )
        for prompt in self.problem.manual:
            self.admit("manual", prompt, mutation_prompt=FIRST_MUTATION_PROMPT)
        yield from self._find_failures(incumbent)
        yield from self._initial_variants(incumbent)
        for generation in range(1, settings.generations + 1):
            yield from self._generation(generation)
        yield from self._final(incumbent)

    def _find_failures(self, incumbent: Candidate) -> Part:
        """Without enough known failures: the `search` examples that the incumbent gets wrong."""
        wanted = self.problem.settings.evaluation_samples
        if len(self.failures) < wanted:
            yield from self.extend([incumbent], FINAL_EXAMPLES)
            found = zip(self.board.examples, self.board.successes(incumbent), strict=False)
            known = {example.id for example in self.failures}
            missed = [example for example, ok in found if not ok and example.id not in known]
            self.failures = [*self.failures, *missed] or self.problem.search

    def _initial_variants(self, incumbent: Candidate) -> Part:
        size = self.problem.settings.population_size
        for place in range(len(self.population), size):
            for attempt in range(_TRIES_PER_PLACE):
                rng = self.random_at(0, place * _TRIES_PER_PLACE + attempt)
                operator: Operator = Direct(self.failures) if place % 2 else ZeroOrder()
                proposal = yield from self.propose(operator, incumbent, incumbent, 0, rng)
                if proposal and proposal.candidate:
                    break

    def _generation(self, generation: int) -> Part:
        if len(self.population) < 2:
            return
        rng = self.random_at(generation, 0)
        one, other = rng.sample(self.population, 2)
        samples = self._samples(rng)
        score = yield from self._score(one, samples)
        other_score = yield from self._score(other, samples)
        winner, loser = (one, other) if score > other_score else (other, one)
        mate = rng.choice([c for c in self.population if c is not winner])
        proposal = yield from self.propose(
            self._operator(winner, rng), winner, mate, generation, rng
        )
        if proposal is None or proposal.candidate is None:
            return  # a rejected child leaves the loser where it was
        self.population.remove(loser)
        child_score = yield from self._score(proposal.candidate, samples)
        if self.spent:
            return
        proposal.beat_parent = child_score > max(score, other_score)
        if self.outcome.best is None or child_score > self.outcome.best[0]:
            self.outcome.best = (child_score, len(samples))

    def _operator(self, winner: Candidate, rng: random.Random) -> Operator:
        weights = self.problem.settings.mutation_weights
        operators: tuple[Operator, ...] = (
            Direct(self.failures),
            FirstOrder(self.accuracy.get(winner.id, 0.0)),
            Crossover(),
            ZeroOrder(),
            Hypermutation(self.failures),
        )
        chances = [getattr(weights, operator.name) for operator in operators]
        return rng.choices(operators, chances)[0]

    def _samples(self, rng: random.Random) -> list[Example]:
        wanted = min(self.problem.settings.evaluation_samples, len(self.failures))
        return rng.sample(list(self.failures), wanted)

    def _score(self, candidate: Candidate, samples: Sequence[Example]) -> Part:
        """The candidate's accuracy on the samples; what the budget cuts short is not kept."""
        answers = yield from self.evaluate(
            [Evaluate(candidate, candidate.prompt, example) for example in samples]
        )
        right = sum(answer.score >= self.problem.success_at for answer in answers)
        accuracy = right / len(samples)
        if len(answers) == len(samples):
            self.accuracy[candidate.id] = accuracy
            self.outcome.fitness[candidate.id] = (accuracy, len(samples))
        return accuracy

    def _final(self, incumbent: Candidate) -> Part:
        """The whole population on 100 examples; the best three, whatever the incumbent has."""
        field = self.population if incumbent in self.population else [incumbent, *self.population]
        yield from self.extend(field, FINAL_EXAMPLES)
        met = len(self.board.examples[:FINAL_EXAMPLES])
        if self.board.n(incumbent) < met:
            return
        self.outcome.incumbent = (self.board.accuracy(incumbent), met)
        ranked = sorted(
            (c for c in self.population if c is not incumbent and self.board.n(c) == met),
            key=self.board.accuracy,
            reverse=True,
        )
        self.outcome.finalists = [
            self.finalist(c, incumbent, self.board.fitness(c), self.board.accuracy(c), met)
            for c in ranked[: self.problem.variants]
        ]
        if ranked:
            self.outcome.best = (self.board.accuracy(ranked[0]), met)
