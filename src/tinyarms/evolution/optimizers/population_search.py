"""The base of searches with a population: admit, propose, evaluate and select candidates."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import zip_longest
from random import Random
from typing import Any, TypeVar

from tinyarms.core.ids import derived_id, derived_random
from tinyarms.evolution.candidate import Candidate, Draft, Proposal
from tinyarms.evolution.constants import (
    FINALIST_MAX_P,
    MAX_SELECTION_EXAMPLES,
    MIN_ANSWERED_SHARE,
    MIN_VERBALIZER_EXAMPLES,
    READ_CANDIDATES,
    READ_FIELD,
    READING_SHARE,
    REFLECTION_SIMILAR_AT,
)
from tinyarms.evolution.guards.rules import ACCEPTED, GuardContext, verdict
from tinyarms.evolution.operators.base import (
    Operator,
    OperatorInput,
    PlainOperator,
    Reflecting,
    ReflectiveOperator,
    WriterOperator,
)
from tinyarms.evolution.problem import Problem
from tinyarms.evolution.protocol import (
    Evaluate,
    Evaluated,
    Finalist,
    StepwiseOptimizer,
    Write,
    Written,
)
from tinyarms.evolution.scoring.call_allocation import shares_of
from tinyarms.evolution.scoring.costs import Costs
from tinyarms.evolution.scoring.scoreboard import Scoreboard
from tinyarms.evolution.side_by_side import Part, batched, side_by_side
from tinyarms.skills.example import Example
from tinyarms.skills.execution import Unanswered
from tinyarms.skills.prompt import Prompt
from tinyarms.stats.binomial import exact_sign_test, paired_counts

T = TypeVar("T")


class PopulationSearch(StepwiseOptimizer):
    """A search with a population and a scoreboard.

    `pool`: the examples that demonstrations are taken from.
    """

    def __init__(self, problem: Problem, board: Scoreboard, pool: Sequence[Example] = ()) -> None:
        self.board = board
        self.shares = shares_of(problem.calls)
        self.pool = pool
        self.population: list[Candidate] = []
        self.lineage: list[Candidate] = []
        """The candidates that took the lead, oldest first."""
        self.difficulty = {example.id: 1.0 for example in problem.failures}
        """Example id → its difficulty for the incumbent, in [0, 1]."""
        self.costs = Costs(problem.settings.limits)
        """What the candidates cost for each task."""
        self.used = 0
        """Task calls so far, cache hits excluded."""
        self.asked = 0
        """Evaluations that are asked now and not answered yet: those of the neighbours in a
        batch."""
        self.spent = False
        """Whether the budget has refused a call; the search then makes no more requests."""
        super().__init__(problem)

    def admit(
        self,
        operator: str,
        prompt: Prompt,
        parents: tuple[str, ...] = (),
        mutation_prompt: str = "",
        generation: int = 0,
    ) -> Candidate:
        """Add a candidate to the outcome and the population."""
        candidate = Candidate(
            id=derived_id(self.problem.namespace, "candidate", len(self.outcome.candidates)),
            prompt=prompt if operator == "incumbent" else self.problem.remembering(prompt),
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
        second_parent: Candidate,
        generation: int,
        rng: Random,
    ) -> Part:
        """Run an operator that makes one draft, and admit it if the guards accept it.

        Returns the proposal; `None` if the operator has nothing to propose or the budget is spent.
        """
        proposals = yield from self.propose_all(operator, parent, second_parent, generation, rng)
        return proposals[0] if proposals else None

    def propose_all(
        self,
        operator: Operator,
        parent: Candidate,
        second_parent: Candidate,
        generation: int,
        rng: Random,
    ) -> Part:
        """Run an operator and admit those of its drafts that the guards accept.

        Returns the proposals; none if the operator has nothing to propose or the budget is spent.
        """
        if self.spent:
            return []
        inputs = self._operator_input(parent, second_parent, rng)
        offered = (parent.id,) if second_parent is parent else (parent.id, second_parent.id)
        drafts, call = yield from self._drafted(operator, inputs, offered)
        return [self._judged(operator.name, d, offered, generation, call) for d in drafts]

    def _judged(
        self,
        operator: str,
        draft: Draft,
        offered: tuple[str, ...],
        generation: int,
        call: int | None,
    ) -> Proposal:
        """The proposal of a draft, which is admitted if the guards accept it."""
        parents = (*(offered if draft.crossed else offered[:1]), *draft.sources)
        similar_at = self.problem.settings.similar_at
        if draft.quotes is not None:  # A sentence more in a long instruction is a new idea.
            similar_at = max(similar_at, REFLECTION_SIMILAR_AT)
        context = GuardContext(
            incumbent=self.problem.incumbent,
            living=[candidate.prompt for candidate in self.population],
            examples=(*self.problem.search, *self.problem.failures),
            similar_at=similar_at,
        )
        proposal = Proposal(
            operator=operator,
            parents=parents,
            verdict=verdict(
                self.problem.remembering(draft.prompt),
                context,
                draft.mutation_prompt,
                draft.quotes,
            ),
            call=call,
        )
        self.outcome.proposals.append(proposal)
        if proposal.verdict == ACCEPTED:
            proposal.candidate = self.admit(
                operator, draft.prompt, parents, draft.mutation_prompt, generation
            )
        return proposal

    def extend(self, candidates: Sequence[Candidate], n: int) -> Part:
        """Run the candidates on those of the first n examples that they have not run on yet.

        If an example is left out, the next one replaces it for all candidates.
        """
        lacking = list(candidates)
        while lacking:
            for candidate in lacking:
                answered = yield from self.evaluate(self.board.missing(candidate, n))
                for request, answer in answered:
                    self.board.record(request, answer)
                met = self.board.n(candidate)
                if met:
                    self.outcome.fitness[candidate.id] = (self.board.fitness(candidate), met)
            lacking = [c for c in candidates if not self.spent and self.board.missing(c, n)]

    def in_batches(self, step: Callable[[T], Part], items: Sequence[T]) -> Part:
        """Run a step for each item: as many at once as the settings say, one batch after the
        other. Returns the results in the order of the items."""
        results: list[Any] = []
        for batch in batched(items, self.problem.settings.batch):
            results += yield from side_by_side([step(item) for item in batch])
        return results

    def evaluate(self, requests: Sequence[Evaluate]) -> Part:
        """Request evaluations; returns the answered requests, each with its answer.

        The result ends before the first request that the budget refused. An example without a
        result is left out of the race.
        """
        answered: list[tuple[Evaluate, Evaluated]] = []
        if requests and not self.spent:
            self.asked += len(requests)
            answers = yield requests
            self.asked -= len(requests)
            for request, answer in zip(requests, answers, strict=False):
                if isinstance(answer, Unanswered):
                    if not request.selection:
                        self.board.leave_out(request, answer)
                elif isinstance(answer, Evaluated):
                    self.used += not answer.cached
                    self._note_cost(request.candidate, answer)
                    answered.append((request, answer))
                else:
                    self.spent = True
                    break
        return answered

    def _note_cost(self, candidate: Candidate, answer: Evaluated) -> None:
        """The incumbent may cost what it does: it is in production."""
        self.costs.add(candidate.id, answer)
        exceeded = self.costs.exceeded(candidate.id)
        self.outcome.over_limits.pop(candidate.id, None)
        if exceeded is not None and candidate.operator != "incumbent":
            self.outcome.over_limits[candidate.id] = exceeded

    def within_limits(self, candidate: Candidate) -> bool:
        """Whether the candidate may become a finalist, by its cost so far."""
        return candidate.id not in self.outcome.over_limits

    def selection_calls(self) -> int:
        """The number of task calls to reserve for `select`."""
        wanted = self._finalists * min(len(self.problem.selection), MAX_SELECTION_EXAMPLES)
        return int(min(wanted, self.shares.selection * self.problem.calls))

    def reading_calls(self) -> int:
        """The number of task calls to reserve for `_read_more`, if the server lists words."""
        wanted = READ_FIELD * MIN_VERBALIZER_EXAMPLES + READ_CANDIDATES * len(self.board.examples)
        return int(min(wanted, READING_SHARE * self.problem.calls))

    def _read_more(self, ranked: Sequence[Candidate]) -> Part:
        """Run the best candidates on more `search` examples, to fit verbalizers on their replies.

        How well a prompt's words can be read does not show in the grades of a race, which ask for
        the labels' names. So the field has prompts with and without demonstrations. Each round has
        twice as many examples and the better half of the field, as in successive halving. Returns
        `ranked` with the field in front, in the order of the grades that the verbalizers give.
        """
        left = self.problem.calls - self.selection_calls()
        # Two thirds of the calls go to the first round.
        affordable = 2 * (left - self.used) // (3 * MIN_VERBALIZER_EXAMPLES)
        size = min(READ_FIELD, max(READ_CANDIDATES, affordable))
        field, read = self._to_read(ranked, size), list[Candidate]()
        n, total = MIN_VERBALIZER_EXAMPLES, len(self.board.examples)
        while self.board.lists_words and field and not self.spent:
            for candidate in field:
                if self.used + len(self.board.missing(candidate, n)) <= left:
                    yield from self.extend([candidate], n)
            field = [c for c in field if self.board.n(c) >= min(n, len(self.board.examples))]
            field.sort(key=lambda c: self.board.fitness(c, n, with_memory=True), reverse=True)
            read = [*field, *(c for c in read if c not in field)]
            if n >= total:
                break
            n, field = min(2 * n, total), field[: max(READ_CANDIDATES, len(field) // 2)]
        return [*read, *(candidate for candidate in ranked if candidate not in read)]

    def _to_read(self, ranked: Sequence[Candidate], size: int) -> list[Candidate]:
        """The best candidates with demonstrations and the best without, in turn."""
        usable = [c for c in ranked if self.within_limits(c) and c.operator != "incumbent"]
        showing = [c for c in usable if _shows_examples(c.prompt)]
        telling = [c for c in usable if not _shows_examples(c.prompt)]
        pairs = zip_longest(showing, telling)
        return [c for pair in pairs for c in pair if c is not None][:size]

    @property
    def _finalists(self) -> int:
        """How many candidates run on the `selection` examples, including the incumbent."""
        return max(self.shares.finalists, self.problem.variants + 1)

    def select(self, incumbent: Candidate, ranked: Sequence[Candidate]) -> Part:
        """Choose the finalists on `selection` examples, which the search has not seen.

        The first of `ranked` (best first) and the incumbent run on the same examples. Candidates
        that are probably better than the incumbent and within the limits of cost become the
        outcome's finalists; of equally accurate ones the cheaper comes first.
        """
        problem = self.problem
        ranked = yield from self._read_more(ranked)
        affordable = [candidate for candidate in ranked if self.within_limits(candidate)]
        best = self._distinct(affordable, incumbent)[: self._finalists - 1]
        left = max(0, problem.calls - self.used)
        n = min(len(problem.selection), MAX_SELECTION_EXAMPLES, left // (len(best) + 1))
        examples = derived_random(problem.seed, "selection").sample(problem.selection, n)
        results: dict[str, dict[str, Evaluated]] = {}

        def run(candidate: Candidate) -> Part:
            prompt = self.board.calibrated(candidate)
            answered = yield from self.evaluate(
                [Evaluate(candidate, prompt, example, selection=True) for example in examples]
            )
            if not self.spent:
                results[candidate.id] = {r.example.id: answer for r, answer in answered}

        yield from self.in_batches(run, (incumbent, *best))
        examples = _answered_by_all(examples, results, incumbent.id)
        n = len(examples)
        if not n or incumbent.id not in results:
            return
        lists = {i: [found[e.id] for e in examples] for i, found in results.items()}
        baseline = lists[incumbent.id]
        self.outcome.incumbent = (self._accuracy(baseline), n)
        better = [
            (candidate, list(zip(examples, answers, strict=True)))
            for candidate in best
            if (answers := lists.get(candidate.id))
            and self.within_limits(candidate)
            and self._is_better(answers, baseline)
        ]
        finalists = [
            self.finalist(
                candidate,
                incumbent,
                self._combined_fitness(candidate, answered),
                self._accuracy([answer for _, answer in answered]),
                n,
                answered,
            )
            for candidate, answered in better
        ]
        finalists.sort(key=lambda finalist: finalist.fitness, reverse=True)
        finalists = self.costs.cheaper_first(finalists)
        self.outcome.finalists = finalists[: problem.variants]
        if finalists:
            self.outcome.best = (finalists[0].accuracy, n)
            known = {candidate.id: answered for candidate, answered in better}
            first, *others = self.outcome.finalists
            prompt = yield from self._read_rest(first, known[first.candidate.id])
            self.outcome.finalists = [replace(first, prompt=prompt), *others]

    def _read_rest(self, finalist: Finalist, answered: Sequence[tuple[Example, Evaluated]]) -> Part:
        """Run the best finalist on further examples with the calls that are left, if its words are
        read. Returns its prompt, with weights that are fitted on all of them too.

        `answered`: its `selection` examples so far.
        """
        candidate, prompt = finalist.candidate, finalist.prompt
        if prompt.verbalizer is None:
            return prompt
        left = self.problem.calls - self.used
        lacking = self.board.missing(candidate, len(self.board.examples))
        for request, answer in (yield from self.evaluate(lacking[:left])):
            self.board.record(request, answer)
        seen = {example.id for example, _ in answered}
        unseen = [e for e in self.problem.selection if e.id not in seen]
        further = yield from self.evaluate(
            [Evaluate(candidate, prompt, e, selection=True) for e in unseen][
                : max(0, self.problem.calls - self.used)
            ]
        )
        more = [(request.example, answer) for request, answer in further]
        return self.board.calibrated(candidate, [*answered, *more])

    def _is_better(self, answers: Sequence[Evaluated], baseline: Sequence[Evaluated]) -> bool:
        """Whether a sign test finds it plausibly better. The offline gate requires far more
        evidence."""
        wins, losses = paired_counts(self._successes(baseline), self._successes(answers))
        return wins > losses and exact_sign_test(wins, losses) <= FINALIST_MAX_P

    def _distinct(self, ranked: Sequence[Candidate], incumbent: Candidate) -> list[Candidate]:
        """The candidates whose calibrated prompt equals neither a better one's nor the
        incumbent's."""
        kept = {incumbent.prompt.hash: incumbent}
        for candidate in ranked:
            kept.setdefault(self.board.calibrated(candidate).hash, candidate)
        return [candidate for candidate in kept.values() if candidate is not incumbent]

    def _successes(self, answers: Sequence[Evaluated]) -> list[bool]:
        return [answer.score >= self.problem.success_at for answer in answers]

    def _accuracy(self, answers: Sequence[Evaluated]) -> float:
        return sum(self._successes(answers)) / len(answers)

    def _combined_fitness(
        self, candidate: Candidate, answered: Sequence[tuple[Example, Evaluated]]
    ) -> float:
        """Mean grade over both sets of examples; the `search` examples count half."""
        grades = [self.board.grade(candidate, example, answer) for example, answer in answered]
        weight = self.board.n(candidate) / 2
        fitness = self.board.fitness(candidate, with_memory=True)
        return (sum(grades) + fitness * weight) / (len(grades) + weight)

    def finalist(
        self,
        candidate: Candidate,
        incumbent: Candidate,
        fitness: float,
        accuracy: float,
        n: int,
        answered: Sequence[tuple[Example, Evaluated]] = (),
    ) -> Finalist:
        """A candidate with the search's results.

        Its label calibration is fitted again, now including the `answered` selection examples.
        """
        both = min(self.board.n(candidate), self.board.n(incumbent))
        fixes, breaks = paired_counts(
            self.board.successes(incumbent, both), self.board.successes(candidate, both)
        )
        return Finalist(
            candidate=candidate,
            prompt=self.board.calibrated(candidate, answered),
            fitness=fitness,
            accuracy=accuracy,
            n=n,
            fixes=fixes,
            breaks=breaks,
        )

    def random_at(self, generation: int, slot: int) -> Random:
        """The random generator of one step of the search: a resumed run draws the same numbers."""
        return derived_random(self.problem.seed, generation, slot)

    def _operator_input(
        self, parent: Candidate, second_parent: Candidate, rng: Random
    ) -> OperatorInput:
        scored = [candidate for candidate in self.population if self.board.n(candidate)]
        return OperatorInput(
            problem=self.problem,
            parent=parent,
            second_parent=second_parent,
            demonstration_pool=self.pool,
            rng=rng,
            ranked=sorted(scored, key=self.board.fitness),
            lineage=self.lineage,
            failures=self.board.failures(parent),
            successes=self.board.worked(parent),
            difficulty=self.difficulty,
            label_bias=self.board.label_bias(parent),
            mutation_prompts=[
                prompt for learned in self.problem.inherited for prompt in learned.mutation_prompts
            ],
            results=self.board.results,
        )

    def _drafted(self, operator: Operator, inputs: OperatorInput, parents: tuple[str, ...]) -> Part:
        """Run an operator; returns its drafts and the index of its last writer call."""
        if isinstance(operator, PlainOperator):
            draft = operator.draft(inputs)
            return ([] if draft is None else [draft]), None
        writing = _writing(operator, inputs)
        drafts: Sequence[Draft] = ()
        call: int | None = None
        try:
            request = next(writing)
            while True:
                (answer,) = yield [Write(operator.name, parents, request)]
                if not isinstance(answer, Written):
                    self.spent = not isinstance(answer, Unanswered)
                    return [], None
                call = answer.call
                request = writing.send(answer.text)
        except StopIteration as done:
            drafts = done.value
        return drafts, call


def _shows_examples(prompt: Prompt) -> bool:
    return bool(prompt.demonstrations or (prompt.retrieve and prompt.retrieve.demonstrations))


def _writing(operator: WriterOperator | ReflectiveOperator, inputs: OperatorInput) -> Reflecting:
    if isinstance(operator, ReflectiveOperator):
        return (yield from operator.reflect(inputs))
    draft = yield from operator.write(inputs)
    return [] if draft is None else [draft]


def _answered_by_all(
    examples: Sequence[Example], results: dict[str, dict[str, Evaluated]], incumbent: str
) -> list[Example]:
    """The examples that all candidates have answered.

    Candidates with too few answers on the incumbent's examples are first removed from `results`.
    """
    needed = MIN_ANSWERED_SHARE * len(results.get(incumbent, {}))
    for candidate_id in [i for i, answers in results.items() if len(answers) < needed]:
        del results[candidate_id]
    return [e for e in examples if all(e.id in answers for answers in results.values())]
