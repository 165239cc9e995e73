"""What searches that keep a population share: admitting, proposing, evaluating."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from random import Random
from typing import Any

from tinyarms.core.ids import derived_id, derived_random
from tinyarms.evolution.candidate import Candidate, Draft, Proposal
from tinyarms.evolution.guards.rules import Surroundings, verdict
from tinyarms.evolution.operators.base import Material, Operator
from tinyarms.evolution.problem import Problem
from tinyarms.evolution.protocol import (
    Answer,
    Evaluate,
    Evaluated,
    Finalist,
    Request,
    StepwiseOptimizer,
    Write,
    Written,
)
from tinyarms.evolution.scoring.call_allocation import shares_of
from tinyarms.evolution.scoring.scoreboard import Scoreboard
from tinyarms.skills.example import Example
from tinyarms.skills.prompt import Prompt
from tinyarms.stats.binomial import exact_sign_test

Part = Generator[Sequence[Request], Sequence[Answer], Any]
"""A part of a search: yields requests, is sent the answers, returns what it found."""

_MOST_SELECTION = 100
_DOUBT = 0.35
"""The most that chance may explain of a finalist's lead."""


class Breeder(StepwiseOptimizer):
    """A search with a population and a scoreboard."""

    def __init__(self, problem: Problem, board: Scoreboard, pool: Sequence[Example] = ()) -> None:
        self.board = board
        self.shares = shares_of(problem.calls)
        self.pool = pool
        self.population: list[Candidate] = []
        self.lineage: list[Candidate] = []
        """Those that each were the best of their time, oldest first."""
        self.difficulty = {example.id: 1.0 for example in problem.failures}
        """Example id → how hard it is for the incumbent, in [0, 1]."""
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
        rng: Random,
    ) -> Part:
        """Let an operator work; admit what the guards accept. Returns the proposal or None."""
        if self.spent:
            return None
        material = self._material(parent, mate, rng)
        offered = (parent.id,) if mate is parent else (parent.id, mate.id)
        draft = yield from self._drafted(operator, material, offered)
        if draft is None:
            return None
        parents = (*(offered if draft.crossed else (parent.id,)), *draft.sources)
        around = Surroundings(
            incumbent=self.problem.incumbent,
            living=[candidate.prompt for candidate in self.population],
            examples=(*self.problem.search, *self.problem.failures),
            similar_at=self.problem.settings.similar_at,
        )
        proposal = Proposal(
            operator.name, parents, verdict(draft.prompt, around, draft.mutation_prompt)
        )
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

    def selection_calls(self) -> int:
        """The calls to keep for `select`."""
        wanted = self.shares.finalists * min(len(self.problem.selection), _MOST_SELECTION)
        return int(min(wanted, self.shares.selection * self.problem.calls))

    def select(self, incumbent: Candidate, ranked: Sequence[Candidate]) -> Part:
        """The best (of `ranked`, best first) meet the `selection` examples, which no search has
        seen, beside the incumbent; those that are likely better become the outcome's finalists."""
        problem = self.problem
        best = self._distinct(ranked, incumbent)[: self.shares.finalists - 1]
        left = max(0, problem.calls - self.used)
        n = min(len(problem.selection), _MOST_SELECTION, left // (len(best) + 1))
        examples = derived_random(problem.seed, "selection").sample(problem.selection, n)
        met: dict[str, list[Evaluated]] = {}
        for candidate in (incumbent, *best):
            prompt = self.board.calibrated(candidate)
            answers = yield from self.evaluate(
                [Evaluate(candidate, prompt, example, selection=True) for example in examples]
            )
            if n and len(answers) == n:
                met[candidate.id] = answers
        if incumbent.id not in met:
            return
        before = self._accuracy(met[incumbent.id])
        self.outcome.incumbent = (before, n)
        finalists = [
            self.finalist(
                candidate,
                incumbent,
                self._merit(candidate, examples, met[candidate.id]),
                self._accuracy(met[candidate.id]),
                n,
                list(zip(examples, met[candidate.id], strict=True)),
            )
            for candidate in best
            if candidate.id in met and self._is_better(met[candidate.id], met[incumbent.id])
        ]
        finalists.sort(key=lambda finalist: finalist.fitness, reverse=True)
        self.outcome.finalists = finalists[: problem.variants]
        if finalists:
            self.outcome.best = (finalists[0].accuracy, n)

    def _is_better(self, found: Sequence[Evaluated], before: Sequence[Evaluated]) -> bool:
        """Whether the sign test finds it likely. The offline gate will ask for far more."""
        at = self.problem.success_at
        pairs = [(a.score >= at, b.score >= at) for a, b in zip(found, before, strict=True)]
        wins = sum(new and not old for new, old in pairs)
        losses = sum(old and not new for new, old in pairs)
        return wins > losses and exact_sign_test(wins, losses) <= _DOUBT

    def _distinct(self, ranked: Sequence[Candidate], incumbent: Candidate) -> list[Candidate]:
        """Without those whose prompt, calibrated, is a better one's or the incumbent's."""
        kept = {incumbent.prompt.hash: incumbent}
        for candidate in ranked:
            kept.setdefault(self.board.calibrated(candidate).hash, candidate)
        return [candidate for candidate in kept.values() if candidate is not incumbent]

    def _accuracy(self, answers: Sequence[Evaluated]) -> float:
        return sum(a.score >= self.problem.success_at for a in answers) / len(answers)

    def _merit(
        self, candidate: Candidate, examples: Sequence[Example], answers: Sequence[Evaluated]
    ) -> float:
        """Graded over both sets, the search's own counted half: it was chosen on that one."""
        grades = [self.board.grade(candidate, e, a) for e, a in zip(examples, answers, strict=True)]
        weight = self.board.n(candidate) / 2
        return (sum(grades) + self.board.fitness(candidate) * weight) / (len(grades) + weight)

    def finalist(
        self,
        candidate: Candidate,
        incumbent: Candidate,
        fitness: float,
        accuracy: float,
        n: int,
        answered: Sequence[tuple[Example, Evaluated]] = (),
    ) -> Finalist:
        """A candidate with what the search knows of it.

        Its label calibration is fitted once more, to what it has `answered` in the end too: more
        examples, less luck.
        """
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
            prompt=self.board.calibrated(candidate, answered),
            fitness=fitness,
            accuracy=accuracy,
            n=n,
            fixes=sum(new and not old for new, old in pairs),
            breaks=sum(old and not new for new, old in pairs),
        )

    def random_at(self, generation: int, slot: int) -> Random:
        """The random generator of one place in the search: a resumed run draws the same."""
        return derived_random(self.problem.seed, generation, slot)

    def _material(self, parent: Candidate, mate: Candidate, rng: Random) -> Material:
        scored = [candidate for candidate in self.population if self.board.n(candidate)]
        return Material(
            problem=self.problem,
            parent=parent,
            mate=mate,
            demonstration_pool=self.pool,
            rng=rng,
            ranked=sorted(scored, key=self.board.fitness),
            lineage=self.lineage,
            failures=self.board.failures(parent),
            successes=self.board.worked(parent),
            difficulty=self.difficulty,
            leaning=self.board.leaning(parent),
            mutation_prompts=[m for each in self.problem.inherited for m in each.mutation_prompts],
        )

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
