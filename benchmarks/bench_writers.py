"""`writers`: how many calls a capable writer saves by reflecting on failures.

The worker and the writer are simulated (`hidden_rules.py`), and so is nothing else: the probe, the
search, its guards and its choice among finalists are the product's. The same writer serves the same
search of a made-up task: *without* reflection, with the operators of any writer, and *with*
it, if its probe passes. A search knows its budget from the start, so each point of a curve is a run
of its own. As a search seldom asks a tiny writer, the search without reflection also runs with the
writer's operators ten times as likely. Accuracy is measured on examples that no search has seen.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean

from bars import Bar, Report, table
from hidden_rules import FIRST, HiddenRules, answer, hidden_rules, write
from tinyarms.core.settings import Evolution, MutationWeights
from tinyarms.evolution.abilities import COMPLETES, Ability
from tinyarms.evolution.optimizers.promptbreeder import PromptBreeder
from tinyarms.evolution.problem import Problem
from tinyarms.evolution.protocol import Answer, Evaluate, Evaluated, Request, Spent, Written
from tinyarms.evolution.writer_probe import probe_writer

CALLS = 600
CURVE = (0.15, 0.25, 0.35, 0.5, 0.75, 1.0)
SEEDS = 10
WITHOUT, OFTEN, WITH = "without", "without, writer asked often", "with"
WAYS = (WITHOUT, OFTEN, WITH)
_OFTEN = Evolution(
    mutation_weights=MutationWeights(
        **{name: 10 * weight for name, weight in MutationWeights().model_dump().items()}
    )
)


@dataclass(frozen=True)
class Run:
    """One search."""

    way: str
    budget: int
    task_calls: int
    writer_calls: int
    accuracy: float
    """Held-out accuracy of the best finalist (without one: of the first prompt), in [0, 1]."""
    unfounded: int
    """Proposals rejected for a quote that is not there."""

    @property
    def calls(self) -> int:
        return self.task_calls + self.writer_calls


def run(options: argparse.Namespace) -> Report:
    """All searches; they take a few minutes."""
    calls, seeds = options.calls or CALLS, max(options.seeds, SEEDS)
    budgets = [round(share * calls) for share in CURVE]
    runs: list[Run] = []
    for seed in range(1, seeds + 1):
        print(f"writers: seed {seed} of {seeds}", file=sys.stderr, flush=True)
        task = hidden_rules(seed)
        runs += [search(task, way, budget) for way in WAYS for budget in budgets]
    first = mean(hidden_rules(seed).held_out(FIRST) for seed in range(1, seeds + 1))
    note = f"\nThe first prompt: {first:.3f}. Worker and writer are simulated; {seeds} seeds."
    return Report(_table(runs, budgets) + note, bars(runs, calls))


def search(task: HiddenRules, way: str, budget: int) -> Run:
    """One search with `budget` task calls."""
    abilities, probing_calls = probe() if way == WITH else (COMPLETES, 0)
    problem = task.problem(budget, abilities, _OFTEN if way == OFTEN else None)
    optimizer, world = PromptBreeder(problem), _World(problem)
    while requests := optimizer.ask():
        optimizer.tell([world.answer(request) for request in requests])
    finalists = optimizer.outcome.finalists
    return Run(
        way=way,
        budget=budget,
        task_calls=world.task_calls,
        writer_calls=world.writer_calls + probing_calls,
        accuracy=task.held_out(finalists[0].prompt if finalists else FIRST),
        unfounded=sum(p.verdict == "unfounded" for p in optimizer.outcome.proposals),
    )


def probe() -> tuple[tuple[Ability, ...], int]:
    """The scripted writer's abilities by the product's probe, and the calls that it took."""
    probing, calls = probe_writer(), 0
    request = next(probing)
    while True:
        calls += 1
        try:
            request = probing.send(write(request))
        except StopIteration as done:
            return done.value, calls


class _World:
    """Answers the requests of a search as the loop does: equal task calls are made once."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._answered: set[tuple[str, str]] = set()
        self.task_calls = 0
        self.writer_calls = 0

    def answer(self, request: Request) -> Answer:
        if not isinstance(request, Evaluate):
            self.writer_calls += 1
            return Written(write(request.request))
        key = (request.prompt.hash, request.example.id)
        cached = key in self._answered
        if not cached and self.task_calls >= self._problem.calls:
            return Spent()
        self._answered.add(key)
        self.task_calls += not cached
        output = answer(request.prompt, request.example)
        score = float(output == request.example.expected)
        return Evaluated(score, cached, output=output, reply=output)


def bars(runs: Sequence[Run], calls: int) -> tuple[Bar, ...]:
    """Does reflection reach the others' accuracy with half of their calls?"""
    target, spent = max(_mean(runs, way, calls) for way in (WITHOUT, OFTEN))
    curve = [_mean(runs, WITH, budget) for budget in sorted({r.budget for r in runs})]
    reached = min((total for accuracy, total in curve if accuracy >= target), default=None)
    share = 9.99 if reached is None else round(reached / spent, 3)
    name = f"share of the {spent:.0f} calls that lead to {target:.3f} without reflection"
    return (Bar(name, share, "<= 0.5", share <= 0.5),)


def _mean(runs: Sequence[Run], way: str, budget: int) -> tuple[float, float]:
    """Mean accuracy, and mean number of task and writer calls together."""
    at_budget = [r for r in runs if (r.way, r.budget) == (way, budget)]
    return mean(r.accuracy for r in at_budget), mean(r.calls for r in at_budget)


def _table(runs: Sequence[Run], budgets: Sequence[int]) -> str:
    rows: list[tuple[object, ...]] = []
    for way in WAYS:
        for budget in budgets:
            group = [r for r in runs if (r.way, r.budget) == (way, budget)]
            low, high = min(r.accuracy for r in group), max(r.accuracy for r in group)
            rows.append(
                (
                    way,
                    budget,
                    round(mean(r.task_calls for r in group)),
                    round(mean(r.writer_calls for r in group)),
                    f"{mean(r.accuracy for r in group):.3f}",
                    f"{low:.3f} to {high:.3f}",
                    f"{mean(r.unfounded for r in group):.1f}",
                )
            )
    head = ("reflection", "budget", "task calls", "writer calls", "accuracy", "range", "unfounded")
    return table(head, rows)
