"""PromptBreeder exactly as in the original design (`preset: original`).

A population of 20 goes through 30 generations of one binary tournament each. Both contestants meet
the same 10 examples, drawn from the failures, and a mutated copy of the winner replaces the loser.
Five operators have fixed weights. At the end all 20 meet 100 examples, and the best three are
finalists. Scores on 10 examples are mostly luck: `promptbreeder` is the default search.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from tinyarms.evolution.candidate import Candidate
from tinyarms.evolution.constants import FINAL_EXAMPLES, TRIES_PER_CANDIDATE
from tinyarms.evolution.operators.base import Operator
from tinyarms.evolution.operators.with_writer.original import (
    FIRST_MUTATION_PROMPT,
    Crossover,
    Direct,
    FirstOrder,
    Hypermutation,
    ZeroOrder,
)
from tinyarms.evolution.optimizers.population_search import PopulationSearch
from tinyarms.evolution.problem import Problem
from tinyarms.evolution.protocol import Evaluate, Evaluated, Steps
from tinyarms.evolution.scoring.scoreboard import Scoreboard
from tinyarms.evolution.side_by_side import Part
from tinyarms.skills.example import Example


class OriginalPromptBreeder(PopulationSearch):
    """The search of the original design.

    Parameters
    ----------
    problem
        The prompt to improve, with its examples and settings. Its `calls` are not read: the design
        has its own number (`original_calls`).

    References
    ----------
    After Fernando et al. 2023, "Promptbreeder: Self-Referential Self-Improvement Via Prompt
    Evolution", arXiv 2309.16797.

    Examples
    --------
    >>> from tinyarms.evolution.optimizers.promptbreeder_original import OriginalPromptBreeder
    >>> from tinyarms.evolution.toy import toy_problem, toy_run
    >>> search = OriginalPromptBreeder(toy_problem())
    >>> evaluations = toy_run(search)
    >>> accuracy, n = search.outcome.best
    >>> round(accuracy, 2), n
    (0.72, 60)
    """

    def __init__(self, problem: Problem) -> None:
        super().__init__(
            problem,
            Scoreboard(problem.search, problem.contract, problem.success_at, calibrate=False),
        )
        self.failures: Sequence[Example] = problem.failures
        self.accuracy: dict[str, float] = {}
        """Candidate id → accuracy on its latest examples, in [0, 1]."""

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
        """If too few failures are given, add `search` examples that the incumbent gets wrong."""
        wanted = self.problem.settings.evaluation_samples
        if len(self.failures) < wanted:
            yield from self.extend([incumbent], FINAL_EXAMPLES)
            results = zip(self.board.examples, self.board.successes(incumbent), strict=False)
            given = {example.id for example in self.failures}
            missed = [example for example, ok in results if not ok and example.id not in given]
            self.failures = [*self.failures, *missed] or self.problem.search

    def _initial_variants(self, incumbent: Candidate) -> Part:
        size = self.problem.settings.population_size
        for member in range(len(self.population), size):
            for attempt in range(TRIES_PER_CANDIDATE):
                rng = self.random_at(0, member * TRIES_PER_CANDIDATE + attempt)
                operator: Operator = Direct(self.failures) if member % 2 else ZeroOrder()
                proposal = yield from self.propose(operator, incumbent, incumbent, 0, rng)
                if proposal and proposal.candidate:
                    break

    def _generation(self, generation: int) -> Part:
        if len(self.population) < 2:
            return
        rng = self.random_at(generation, 0)
        one, other = rng.sample(self.population, 2)
        samples = self._samples(rng)
        score, other_score = yield from self._scores((one, other), samples)
        winner, loser = (one, other) if score > other_score else (other, one)
        second_parent = rng.choice([c for c in self.population if c is not winner])
        proposal = yield from self.propose(
            self._operator(winner, rng), winner, second_parent, generation, rng
        )
        if proposal is None or proposal.candidate is None:
            return  # a rejected child leaves the loser where it was
        self.population.remove(loser)
        (child_score,) = yield from self._scores((proposal.candidate,), samples)
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

    def _scores(self, candidates: Sequence[Candidate], samples: Sequence[Example]) -> Part:
        """The candidates' accuracies on the samples that all of them answered.

        0, not stored, for a candidate whose calls the budget did not cover. Samples without an
        answer are not replaced.
        """
        answers: dict[str, dict[str, Evaluated]] = {}
        for candidate in candidates:
            answered = yield from self.evaluate(
                [Evaluate(candidate, candidate.prompt, example) for example in samples]
            )
            if not self.spent:
                answers[candidate.id] = {r.example.id: answer for r, answer in answered}
        common = [e.id for e in samples if all(e.id in found for found in answers.values())]
        left_out = {e.id for e in samples} - set(common) if answers else set()
        kept = [e for e in self.failures if e.id not in left_out]
        self.failures = kept or self.failures
        scores = dict.fromkeys((candidate.id for candidate in candidates), 0.0)
        for candidate_id, found in answers.items():
            if common:
                right = sum(found[i].score >= self.problem.success_at for i in common)
                scores[candidate_id] = self.accuracy[candidate_id] = right / len(common)
                self.outcome.fitness[candidate_id] = (scores[candidate_id], len(common))
        return list(scores.values())

    def _final(self, incumbent: Candidate) -> Part:
        """Score the population on 100 examples and take the best, even if the incumbent is
        better."""
        field = self.population if incumbent in self.population else [incumbent, *self.population]
        yield from self.extend(field, FINAL_EXAMPLES)
        met = len(self.board.examples[:FINAL_EXAMPLES])
        if self.board.n(incumbent) < met:
            return
        self.outcome.incumbent = (self.board.accuracy(incumbent), met)
        ranked = sorted(
            (
                c
                for c in self.population
                if c is not incumbent and self.board.n(c) == met and self.within_limits(c)
            ),
            key=self.board.accuracy,
            reverse=True,
        )
        self.outcome.finalists = [
            self.finalist(c, incumbent, self.board.fitness(c), self.board.accuracy(c), met)
            for c in ranked[: self.problem.variants]
        ]
        if ranked:
            self.outcome.best = (self.board.accuracy(ranked[0]), met)
