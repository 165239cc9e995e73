"""Learning from failures: what a search does first if its writer can reflect.

After GEPA (Agrawal et al. 2025, arXiv 2507.19457): the best candidate so far meets further
examples, the writer reads its failures, and a child that does better on some of them takes its
place. Two things differ. The writer proposes several children at once, which are compared on the
same few examples before the best of them meets all examples of its parent. And the parent is the
best candidate and not one of a Pareto front, because a budget of some hundred calls has no room for
more; the operator `merge` joins candidates that are good at different examples.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from tinyarms.evolution.candidate import Candidate, Proposal
from tinyarms.evolution.constants import (
    BLOCK_EXAMPLES,
    LEARNING_CHECK_FAILURES,
    LEARNING_CHECK_SUCCESSES,
    LEARNING_PATIENCE,
    REFLECTION_FAILURES,
    TRIES_PER_CANDIDATE,
)
from tinyarms.evolution.operators.base import ReflectiveOperator
from tinyarms.evolution.operators.catalog import operators_for, starting_weights
from tinyarms.evolution.optimizers.population_search import PopulationSearch
from tinyarms.evolution.problem import Problem
from tinyarms.evolution.protocol import Evaluate
from tinyarms.evolution.scoring.operator_bandit import choose_operator
from tinyarms.evolution.scoring.scoreboard import Scoreboard
from tinyarms.evolution.side_by_side import Part, batched, side_by_side
from tinyarms.skills.example import Example


class LearningSearch(PopulationSearch):
    """A population search that learns from failures, if its writer can reflect."""

    reflects = True

    def __init__(self, problem: Problem, board: Scoreboard, pool: Sequence[Example]) -> None:
        super().__init__(problem, board, pool)
        has_memory, copies = problem.memory is not None, bool(problem.copied_inputs)
        usable = operators_for(problem.abilities, has_memory, copies)
        self._operators = {operator.name: operator for operator in usable}
        self._weights = starting_weights(
            problem.settings.mutation_weights, problem.abilities, has_memory, copies
        )
        self._before_choice = problem.calls - self.selection_calls()
        self._for_reading = self.reading_calls()
        self.learning_calls = 0
        """Task calls that learning took."""
        self._dropped: set[str] = set()
        """Ids of the children that learning took out of the population, most with few results."""

    @property
    def _calls(self) -> int:
        """Task calls before the finalists are read and chosen."""
        return self._before_choice - (self._for_reading if self.board.lists_words else 0)

    def learn(self) -> Part:
        """Reflect on the best candidate, again and again, until the share of calls is spent or
        several replies in a row bring nothing better. Without reflection, do nothing."""
        weights = {
            name: weight
            for name, weight in self._weights.items()
            if isinstance(self._operators[name], ReflectiveOperator)
        }
        began, calls = self.used, self.shares.learning * self._calls
        if weights:  # People's prompts may be better to begin with.
            yield from self._extend(self.population, BLOCK_EXAMPLES)
        step = without_progress = 0
        while weights and self.used < calls and without_progress < LEARNING_PATIENCE:
            if self.spent:
                return
            step += 1
            rng = self.random_at(-step, 0)
            parent = self._ranked(self.population)[0]
            yield from self._meet_failures(parent, further=without_progress > 0)
            proposals: Sequence[Proposal] = ()
            for _ in range(TRIES_PER_CANDIDATE):
                if not proposals:
                    name = choose_operator(weights, self.outcome.proposals, rng)
                    proposals = yield from self.propose_all(
                        self._operators[name], parent, parent, 0, rng
                    )
            better = yield from self._best_child(proposals, parent, rng)
            without_progress = 0 if better else without_progress + 1
            self.learning_calls = self.used - began

    def _meet_failures(self, parent: Candidate, further: bool) -> Part:
        """Run the parent on more examples until it has failed on enough of them.

        `further`: at least on one more block, because what it failed on so far did not help.
        """
        while True:
            n = self.board.n(parent)
            enough = len(self.board.failures(parent)) >= REFLECTION_FAILURES
            if enough and not further:
                return
            yield from self._extend([parent], n + BLOCK_EXAMPLES)
            further = False
            if self.board.n(parent) == n:
                return

    def _best_child(self, proposals: Sequence[Proposal], parent: Candidate, rng: Random) -> Part:
        """Compare the children on a few examples of the parent, and the best of them on all.

        Returns whether it beats the parent; the other children leave the population.
        """
        examples = self._check(parent, rng)
        gains: dict[int, float] = {}

        def run(index: int) -> Part:
            """Returns whether the budget has refused a call."""
            child = proposals[index].candidate
            if child is None or self.used + self.asked + len(examples) > self._calls:
                return False
            asked = [Evaluate(child, child.prompt, example) for example in examples]
            for request, answer in (yield from self.evaluate(asked)):
                self.board.record(request, answer)
            if not self.spent:
                gains[index] = self.board.gain(child, parent, examples)
                proposals[index].beat_parent = gains[index] > 0
            return self.spent

        refused = yield from self.in_batches(run, range(len(proposals)))
        if any(refused):
            return False
        best = max(gains, key=lambda index: gains[index], default=None)
        for index, proposal in enumerate(proposals):
            child = proposal.candidate
            if child is not None and (index != best or gains[index] <= 0):
                self.population.remove(child)
                self._dropped.add(child.id)
        chosen = None if best is None or gains[best] <= 0 else proposals[best].candidate
        if best is None or chosen is None:
            return False
        yield from self._extend([chosen], self.board.n(parent))
        n = min(self.board.n(chosen), self.board.n(parent))
        if n:
            beats = self.board.fitness(chosen, n) > self.board.fitness(parent, n)
            proposals[best].beat_parent = beats
        return bool(proposals[best].beat_parent)

    def _check(self, parent: Candidate, rng: Random) -> list[Example]:
        """Examples that the parent fails on and some that it gets right, in equal shares if it
        can."""
        results = self.board.results(parent)
        failed = [result.example for result in results if not result.success]
        right = [result.example for result in results if result.success]
        return [
            *rng.sample(failed, min(len(failed), LEARNING_CHECK_FAILURES)),
            *rng.sample(right, min(len(right), LEARNING_CHECK_SUCCESSES)),
        ]

    @property
    def _kept(self) -> list[Candidate]:
        """All candidates but those that learning dropped."""
        return [c for c in self.outcome.candidates if c.id not in self._dropped]

    def _extend(self, candidates: Sequence[Candidate], n: int) -> Part:
        """Run the candidates on the first n examples, as far as the remaining calls allow."""

        def run(candidate: Candidate) -> Part:
            lacking = len(self.board.missing(candidate, n))
            if self.used + self.asked + lacking <= self._calls:
                yield from self.extend([candidate], n)

        for batch in batched(candidates, self.problem.settings.batch):
            yield from side_by_side([run(candidate) for candidate in batch])
            top = self._ranked(self.population)[0]
            self.outcome.best = (self.board.accuracy(top), self.board.n(top))
        if self.lineage[-1:] != [top]:
            self.lineage.append(top)

    def _ranked(self, candidates: Sequence[Candidate]) -> list[Candidate]:
        """The candidates, best first by shrunken fitness; those over a limit of cost come last."""
        scored = [self.board.fitness(c) for c in self.outcome.candidates if self.board.n(c)]
        mean = sum(scored) / len(scored) if scored else 0.0
        return sorted(
            candidates,
            key=lambda c: (self.within_limits(c), self.board.shrunken(c, mean)),
            reverse=True,
        )
