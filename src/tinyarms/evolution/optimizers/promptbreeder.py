"""PromptBreeder for a tiny model: the structure of the paper, on a budget of task calls.

A capable writer first learns from failures (`learning_search`), and what it learned is bred on.

The population, binary tournaments and mutation prompts that evolve with their candidates are as in
Fernando et al. 2023 (arXiv 2309.16797). Other parts differ because the only model has 135M to 360M
parameters. The operators work with such a writer or without one. Contestants meet the same few
examples first, and more while the result is close. A child replaces the loser only if it is at
least as good. The best candidates then race by successive halving (Jamieson & Talwalkar 2016), and
the finalists are chosen on `selection` examples that the search has not seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, product

from tinyarms.evolution.candidate import Candidate, Proposal
from tinyarms.evolution.constants import (
    BLOCK_EXAMPLES,
    MAX_RACE_FIELD,
    MAX_TOURNAMENT_EXAMPLES,
    MIN_FIRST_GENERATION,
    PLATEAU_TOURNAMENTS,
    TOURNAMENT_PATIENCE,
    TRIES_PER_CANDIDATE,
)
from tinyarms.evolution.operators.without_model.demonstrations import CrossDemonstrations
from tinyarms.evolution.operators.without_model.starting_prompts import starting_prompts
from tinyarms.evolution.optimizers.learning_search import LearningSearch
from tinyarms.evolution.problem import Problem
from tinyarms.evolution.protocol import Steps
from tinyarms.evolution.scoring.operator_bandit import choose_operator
from tinyarms.evolution.scoring.racing import is_beaten
from tinyarms.evolution.scoring.scoreboard import scoreboard_of
from tinyarms.evolution.scoring.stratify import split_demonstrations
from tinyarms.evolution.side_by_side import Part, side_by_side


class PromptBreeder(LearningSearch):
    """The default search.

    Parameters
    ----------
    problem
        The prompt to improve, with its examples, budget and settings.

    References
    ----------
    Fernando et al. 2023, "Promptbreeder: Self-Referential Self-Improvement Via Prompt Evolution",
    arXiv 2309.16797; Jamieson & Talwalkar 2016, "Non-stochastic Best Arm Identification and
    Hyperparameter Optimization", arXiv 1502.07943.

    Examples
    --------
    >>> from tinyarms.evolution.optimizers.promptbreeder import PromptBreeder
    >>> from tinyarms.evolution.toy import toy_problem, toy_run
    >>> search = PromptBreeder(toy_problem(calls=400))
    >>> evaluations = toy_run(search)
    >>> best = search.outcome.finalists[0]
    >>> print(best.candidate.instruction)
    Answer with a label. Is the number even or odd?
    """

    def __init__(self, problem: Problem) -> None:
        pool, race = split_demonstrations(problem)
        board = scoreboard_of(problem, race)
        super().__init__(problem, board, pool)

    def search(self) -> Steps:
        problem = self.problem
        incumbent = self.admit("incumbent", problem.incumbent)
        first = min(2 * BLOCK_EXAMPLES, self._calls // 4)
        yield from self._extend([incumbent], first)
        if problem.calibrates:
            self.admit("calibration", problem.incumbent)
        for prompt in problem.manual:
            self.admit("manual", prompt)
        for name, prompt in starting_prompts(problem).items():
            started = self.admit(name, prompt)
            if self._calls >= 4 * BLOCK_EXAMPLES:  # or people's prompts would never be tried
                yield from self._extend([started], first)
        yield from self.learn()
        yield from self._populate()
        yield from self._cross()
        self._settle()
        yield from self._breed()
        yield from self._halve()
        yield from self.select(incumbent, self._ranked(self._kept))

    def _populate(self) -> Part:
        """Make the first generation: the operators vary the incumbent, or the best prompt so far if
        there are others or something was learned from failures, in turn, by their weights."""
        calls = self._calls - self.learning_calls
        started = starting_prompts(self.problem)
        least = MIN_FIRST_GENERATION + len(started)
        size = max(least, int(self.shares.first * calls / BLOCK_EXAMPLES))
        learned = self.learning_calls or started
        parent = self._ranked(self.population)[0] if learned else self.population[0]
        names = enumerate(_in_turn(self._weights, TRIES_PER_CANDIDATE * size))

        def vary(attempt: int, name: str) -> Part:
            rng = self.random_at(0, attempt)
            second_parent = rng.choice(self.population)
            yield from self.propose_all(self._operators[name], parent, second_parent, 0, rng)

        yield from self._grow(size, (vary(*each) for each in names))
        yield from self._extend(self.population, BLOCK_EXAMPLES)

    def _grow(self, size: int, parts: Iterator[Part]) -> Part:
        """Run parts of which each may add to the population, a batch at once, until it has `size`
        candidates."""
        while len(self.population) < size:
            at_once = min(self.problem.settings.batch, size - len(self.population))
            if not (batch := list(islice(parts, at_once))):
                break
            yield from batch[0] if len(batch) == 1 else side_by_side(batch)

    def _cross(self) -> Part:
        """Combine the best instructions with the best sets of demonstrations, best pairs first."""
        incumbent = self.population[0].prompt
        ranked = [c for c in self._ranked(self.population) if self.board.n(c)]
        new_texts = [c for c in ranked if c.prompt.text != incumbent.text]
        new_sets = [c for c in ranked if c.prompt.demonstrations != incumbent.demonstrations]
        pairs = sorted(product(range(len(new_texts)), range(len(new_sets))), key=sum)
        most = int(self.shares.crossing * self._calls / BLOCK_EXAMPLES)
        size = len(self.population) + most
        operator = self._operators[CrossDemonstrations.name]

        def cross(attempt: int) -> Part:
            if len(self.population) >= size:
                return
            i, j = pairs[attempt]
            rng = self.random_at(0, -1 - attempt)
            proposal = yield from self.propose(operator, new_texts[i], new_sets[j], 0, rng)
            yield from self._meet(proposal, new_texts[i])

        yield from self.in_batches(cross, range(min(len(pairs), TRIES_PER_CANDIDATE * most)))

    def _meet(self, proposal: Proposal | None, parent: Candidate) -> Part:
        """Run a child on its first examples and compare it with its parent.

        Returns the child, or `None` if there is none or the budget does not cover it.
        """
        child = proposal.candidate if proposal else None
        if proposal is None or child is None:
            return None
        yield from self._extend([child], BLOCK_EXAMPLES)
        n = min(self.board.n(child), self.board.n(parent))
        if not n:
            return None
        proposal.beat_parent = self.board.fitness(child, n) > self.board.fitness(parent, n)
        return child

    def _settle(self) -> None:
        """Reduce the population to the incumbent and the best candidates."""
        incumbent, *others = self.population
        best = self._ranked(others)[: self.problem.settings.population_size - 1]
        self.population = [incumbent, *best]

    def _breed(self) -> Part:
        """Hold tournaments until the calls are spent or several in a row bring no new prompt.

        After several without a new leader, start afresh.
        """
        calls = min(self.shares.breeding * self._calls, self._calls - BLOCK_EXAMPLES)
        generation = without_progress = on_plateau = 0
        while not self.spent and self.used < calls and without_progress < TOURNAMENT_PATIENCE:
            if len(self.population) < 2:
                return
            affordable = int((calls - self.used) / BLOCK_EXAMPLES)
            batch = max(1, min(self.problem.settings.batch, affordable))
            generations = range(generation + 1, generation + 1 + batch)
            generation += batch
            prompts, leaders = self._distinct_prompts(), len(self.lineage)
            yield from side_by_side([self._tournament(number) for number in generations])
            progress = self._distinct_prompts() > prompts
            without_progress = 0 if progress else without_progress + batch
            on_plateau = 0 if len(self.lineage) > leaders else on_plateau + batch
            if on_plateau >= PLATEAU_TOURNAMENTS:
                yield from self._start_afresh(generation)
                on_plateau = 0

    def _start_afresh(self, generation: int) -> Part:
        """Replace the population, except for the incumbent and the leader, by variations of the
        incumbent, from the operators that were tried least for their weight.

        If the guards accept none of them, the population stays.
        """
        incumbent, before = self.population[0], self.population
        leader = self._ranked(self.population)[0]
        tried = Counter(proposal.operator for proposal in self.outcome.proposals)
        names = sorted(self._weights, key=lambda name: (tried[name] + 1) / self._weights[name])
        kept = [incumbent] if leader is incumbent else [incumbent, leader]
        self.population = list(kept)

        def vary(attempt: int, name: str) -> Part:
            rng = self.random_at(generation, attempt)
            second_parent = rng.choice(before)
            yield from self.propose_all(
                self._operators[name], incumbent, second_parent, generation, rng
            )

        yield from self._grow(len(before), (vary(*each) for each in enumerate(names, start=1)))
        if len(self.population) == len(kept):
            self.population = before
        yield from self._extend(self.population, BLOCK_EXAMPLES)

    def _distinct_prompts(self) -> int:
        """The number of distinct prompts so far; a repeated prompt costs no calls."""
        return len({candidate.prompt.hash for candidate in self.outcome.candidates})

    def _tournament(self, generation: int) -> Part:
        rng = self.random_at(generation, 0)
        winner, loser = yield from self._race(*rng.sample(self.population, 2))
        proposals: Sequence[Proposal] = ()
        for _ in range(TRIES_PER_CANDIDATE):
            if proposals:
                break
            name = choose_operator(
                self._weights, self.outcome.proposals, rng, self.problem.inherited
            )
            second_parent = rng.choice(self.population)
            proposals = yield from self.propose_all(
                self._operators[name], winner, second_parent, generation, rng
            )
        for proposal in proposals:
            child = yield from self._meet(proposal, winner)
            if child is not None and self._replaces(child, loser):
                self.population.remove(loser)

    def _replaces(self, child: Candidate, loser: Candidate) -> bool:
        """Whether the child takes the loser's place. The incumbent keeps its place."""
        if loser.operator == "incumbent" or loser not in self.population:
            return False
        n = min(self.board.n(child), self.board.n(loser))
        return self.board.fitness(child, n) >= self.board.fitness(loser, n)

    def _race(self, one: Candidate, other: Candidate) -> Part:
        """Run both on the same examples until the race is decided. Returns winner and loser."""
        n = max(BLOCK_EXAMPLES, self.board.n(one), self.board.n(other))
        while True:
            yield from self._extend([one, other], n)
            both = min(self.board.n(one), self.board.n(other))
            if self.spent or n >= MAX_TOURNAMENT_EXAMPLES or self._is_decided(one, other, both):
                break
            n += BLOCK_EXAMPLES
        ahead = self.board.fitness(one, both) >= self.board.fitness(other, both)
        return (one, other) if ahead else (other, one)

    def _is_decided(self, one: Candidate, other: Candidate, n: int) -> bool:
        first, second = self.board.grades(one, n), self.board.grades(other, n)
        return is_beaten(first, second) or is_beaten(second, first)

    def _halve(self) -> Part:
        """Race the best candidates by successive halving, on twice as many examples each round.

        Candidates that the leader has beaten drop out; of the others the best half goes on.
        """
        field = self._ranked(self._kept)[:MAX_RACE_FIELD]
        n = BLOCK_EXAMPLES
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


def _in_turn(weights: Mapping[str, float], length: int) -> list[str]:
    """Names by smooth weighted round robin: each occurs in proportion to its weight."""
    credit = dict.fromkeys(weights, 0.0)
    order = []
    for _ in range(length):
        for name, weight in weights.items():
            credit[name] += weight
        chosen = max(credit, key=lambda name: credit[name])
        credit[chosen] -= sum(weights.values())
        order.append(chosen)
    return order
