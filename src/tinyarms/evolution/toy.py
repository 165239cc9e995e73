"""A toy task with a toy worker and writer, to try an optimiser in milliseconds without a model.

The examples in the optimisers' docstrings use it, and it is a first test for a new optimiser.
"""

from __future__ import annotations

from tinyarms.core.ids import derived_random
from tinyarms.core.settings import Evolution
from tinyarms.evolution.problem import Problem
from tinyarms.evolution.protocol import Answer, Evaluate, Evaluated, Optimizer, Request, Written
from tinyarms.skills.contract import Labels
from tinyarms.skills.example import Example, Split
from tinyarms.skills.prompt import Prompt

_HELPFUL = ("even or odd", "odd or even", "label", "digit")
"""Words that make the toy worker better."""
_SENTENCES = (
    "Look at the last digit.",
    "Is the number even or odd?",
    "Answer with a label.",
    "Think of a number.",
    "Numbers are fun.",
    "Take your time.",
)
"""The toy writer's sentences; it gives two at a time."""


def toy_problem(calls: int = 200, seed: int = 0) -> Problem:
    """Tell even numbers from odd ones, with 60 `search` and 40 `selection` examples."""
    return Problem(
        skill="parity",
        description="Tell even numbers from odd ones.",
        contract=Labels(("even", "odd")),
        incumbent=Prompt("Say something.\n\nNumber: {{number}}"),
        search=_examples("search", range(60)),
        selection=_examples("selection", range(60, 100)),
        success_at=0.5,
        calls=calls,
        settings=Evolution(population_size=6, generations=4, evaluation_samples=5),
        seed=seed,
    )


def toy_answer(request: Request) -> Answer:
    """The toy worker's or writer's answer, which depends on the request only.

    The worker is right with probability 0.45, and 0.15 more for each helpful word in the prompt.
    """
    if not isinstance(request, Evaluate):
        return Written(" ".join(derived_random(request.request.seed).sample(_SENTENCES, 2)))
    text = request.prompt.text.casefold()
    chance = 0.45 + 0.15 * sum(phrase in text for phrase in _HELPFUL)
    luck = derived_random(request.prompt.text, request.example.id).random()
    return Evaluated(score=float(luck < chance), cached=False)


def toy_run(optimizer: Optimizer) -> int:
    """Answer an optimiser's requests until it has ended; returns the number of evaluations."""
    evaluations = 0
    while requests := optimizer.ask():
        optimizer.tell([toy_answer(request) for request in requests])
        evaluations += sum(isinstance(request, Evaluate) for request in requests)
    return evaluations


def _examples(split: Split, numbers: range) -> tuple[Example, ...]:
    return tuple(
        Example(str(number), {"number": str(number)}, "odd" if number % 2 else "even", split)
        for number in numbers
    )
