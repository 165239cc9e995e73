"""What searches that keep a population share: admitting, proposing, evaluating."""

from __future__ import annotations

import random
from collections.abc import Generator, Sequence
from typing import Any

from tinyarms.core.ids import derived_id, derived_random
from tinyarms.evolution.candidate import Candidate, Draft, Proposal
from tinyarms.evolution.guards import Surroundings, verdict
from tinyarms.evolution.operators.base import Material, Operator
from tinyarms.evolution.protocol import (
    Answer,
    Evaluate,
    Evaluated,
    Finalist,
    Problem,
    Request,
    StepwiseOptimizer,
    Write,
    Written,
)
from tinyarms.evolution.scoreboard import Scoreboard
from tinyarms.skills.example import Example
from tinyarms.skills.prompt import Prompt

Part = Generator[Sequence[Request], Sequence[Answer], Any]
"""A part of a search: yields requests, is sent the answers, returns what it found."""


class Breeder(StepwiseOptimizer):
    """A search with a population and a scoreboard."""

    def __init__(self, problem: Problem, board: Scoreboard, pool: Sequence[Example] = ()) -> None:
        self.board = board
        self.pool = pool
        self.population: list[Candidate] = []
        self.used = 0
        """Task calls so far, cache hits excluded."""
        self.spent = False
        """The budget has refused a call."""
        super().__init__(problem)

    def admit(
        self,
        operator: str,
        prompt: Prompt,
        parents: tuple[str, ...] = (),
        mutation_prompt: str = "",
        generation: int = 0,
    ) -> Candidate:
        """A new member of the population."""
        candidate = Candidate(
            id=derived_id(self.problem.namespace, "candidate", len(self.outcome.candidates)),
            prompt=prompt,
            operator=operator,
            parents=parents,
            mutation_prompt=mutation_prompt,
            generation=generation,
        )
        self.outcome.candidates.append(candidate)
        self.population.append(candidate)
        return candidate

    def propose(
        self,
        operator: Operator,
        parent: Candidate,
        mate: Candidate,
        generation: int,
        rng: random.Random,
    ) -> Part:
        """Let an operator work; admit what the guards accept. Returns the proposal or None."""
        if self.spent:
            return None
        material = Material(self.problem, parent, mate, self.pool, rng)
        offered = (parent.id,) if mate is parent else (parent.id, mate.id)
        draft = yield from self._drafted(operator, material, offered)
        if draft is None:
            return None
        parents = offered if draft.crossed else (parent.id,)
        around = Surroundings(
            incumbent=self.problem.incumbent,
            living=[candidate.prompt for candidate in self.population],
            examples=self.problem.search,
        )
        proposal = Proposal(operator.name, parents, verdict(draft.prompt, around))
        self.outcome.proposals.append(proposal)
        if proposal.verdict == "accepted":
            proposal.candidate = self.admit(
                operator.name, draft.prompt, parents, draft.mutation_prompt, generation
            )
        return proposal

    def extend(self, candidates: Sequence[Candidate], n: int) -> Part:
        """Run the candidates on those of the first n examples that they have not met."""
        for candidate in candidates:
            requests = self.board.missing(candidate, n)
            answers = yield from self.evaluate(requests)
            for request, answer in zip(requests, answers, strict=False):
                self.board.record(request, answer)
            met = self.board.n(candidate)
            if met:
                self.outcome.fitness[candidate.id] = (self.board.fitness(candidate), met)

    def evaluate(self, requests: Sequence[Evaluate]) -> Part:
        """Returns the answers up to the first that the budget did not allow."""
        answers: list[Evaluated] = []
        if requests and not self.spent:
            for answer in (yield requests):
                if not isinstance(answer, Evaluated):
                    self.spent = True
                    break
                self.used += not answer.cached
                answers.append(answer)
        return answers

    def finalist(
        self, candidate: Candidate, incumbent: Candidate, fitness: float, accuracy: float, n: int
    ) -> Finalist:
        """A candidate with what the search knows of it."""
        both = min(self.board.n(candidate), self.board.n(incumbent))
        pairs = list(
            zip(
                self.board.successes(candidate, both),
                self.board.successes(incumbent, both),
                strict=True,
            )
        )
        return Finalist(
            candidate=candidate,
            prompt=self.board.calibrated(candidate),
            fitness=fitness,
            accuracy=accuracy,
            n=n,
            fixes=sum(new and not old for new, old in pairs),
            breaks=sum(old and not new for new, old in pairs),
        )

    def random(self, generation: int, slot: int) -> random.Random:
        """The random generator of one place in the search: a resumed run draws the same."""
        return derived_random(self.problem.seed, generation, slot)

    def _drafted(self, operator: Operator, material: Material, parents: tuple[str, ...]) -> Part:
        working = operator(material)
        draft: Draft | None = None
        try:
            request = next(working)
            while True:
                answers = yield [Write(operator.name, parents, request)]
                if not isinstance(answers[0], Written):
                    self.spent = True
                    return None
                request = working.send(answers[0].text)
        except StopIteration as done:
            draft = done.value
        return draft
