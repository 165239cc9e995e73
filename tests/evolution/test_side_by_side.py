from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from tinyarms.evolution.optimizers.registry import OPTIMIZERS, make_optimizer
from tinyarms.evolution.protocol import Answer, Evaluate, Evaluated, Optimizer, Spent, Write
from tinyarms.evolution.side_by_side import Part, side_by_side
from tinyarms.evolution.toy import toy_answer, toy_problem
from tinyarms.skills.execution import ModelRequest, Unanswered

BATCHING = [name for name in OPTIMIZERS if name != "original"]


def search(name: str, batch: int, calls: int = 600) -> Optimizer:
    problem = toy_problem(calls)
    changes = {"batch": batch, "population_size": 20}
    settings = problem.settings.model_copy(update=changes)
    return make_optimizer(name, replace(problem, settings=settings))


def asked_by(optimizer: Optimizer, refuse_after: int | None = None) -> list[int]:
    """How many evaluations were asked at once, each time, until the search ended."""
    asked, made = list[int](), 0
    while requests := optimizer.ask():
        answers: list[Answer] = []
        for request in requests:
            made += isinstance(request, Evaluate)
            is_refused = refuse_after is not None and made > refuse_after
            answers.append(Spent() if is_refused else toy_answer(request))
        asked.append(sum(isinstance(request, Evaluate) for request in requests))
        optimizer.tell(answers)
    return asked


@pytest.mark.slow
@pytest.mark.parametrize("name", BATCHING)
def test_a_batch_asks_more_at_once_and_stays_within_the_calls(name: str) -> None:
    one, eight = asked_by(search(name, 1)), asked_by(search(name, 8))
    assert max(eight) >= 3 * max(one) or max(eight) >= 64
    assert sum(eight) <= 600
    assert len([n for n in eight if n]) < len([n for n in one if n])


@pytest.mark.parametrize("name", BATCHING)
def test_a_batch_still_finds_a_better_prompt(name: str) -> None:
    found = search(name, 8)
    asked_by(found)
    assert found.outcome.finalists
    assert found.outcome.incumbent is not None
    assert found.outcome.finalists[0].accuracy > found.outcome.incumbent[0]


@pytest.mark.parametrize("name", BATCHING)
@pytest.mark.parametrize("after", [0, 5, 50, 200])
def test_a_batch_ends_when_the_budget_refuses_a_call(name: str, after: int) -> None:
    found = search(name, 8)
    asked = asked_by(found, refuse_after=after)
    assert sum(asked) < after + 8 * 100


@pytest.mark.slow
@pytest.mark.parametrize("name", BATCHING)
def test_a_batch_goes_on_without_the_examples_that_fail(name: str) -> None:
    found = search(name, 8)
    while requests := found.ask():
        found.tell(
            [
                Unanswered("failed", "No answer.")
                if isinstance(request, Evaluate) and int(request.example.id) % 7 == 0
                else toy_answer(request)
                for request in requests
            ]
        )
    assert found.outcome.finalists


def test_what_several_ask_is_made_once_and_paid_once() -> None:
    found = search("promptbreeder", 1)
    first, second, *_ = [r for r in found.ask() if isinstance(r, Evaluate)]

    def part(requests: Sequence[Evaluate]) -> Part:
        return (yield requests)

    running = side_by_side([part([first, second]), part([second])])
    assert next(running) == [first, second]
    with pytest.raises(StopIteration) as done:
        running.send([Evaluated(1.0, cached=False), Evaluated(0.0, cached=False)])
    assert [[answer.cached for answer in own] for own in done.value.value] == [
        [False, False],
        [True],
    ]


def test_the_writer_is_asked_after_the_evaluations() -> None:
    found = search("promptbreeder", 1)
    evaluation = next(r for r in found.ask() if isinstance(r, Evaluate))
    write = Write("rewrite", (), ModelRequest(completion="x"))

    def part(request: Evaluate | Write) -> Part:
        (answer,) = yield [request]
        return answer

    running = side_by_side([part(write), part(evaluation), part(write)])
    assert next(running) == [evaluation, write]


def test_parts_that_end_at_different_times_each_return_their_result() -> None:
    def part(steps: int) -> Part:
        for _ in range(steps):
            yield [Write("rewrite", (), ModelRequest(completion=str(steps)))]
        return steps

    running = side_by_side([part(2), part(0), part(1)])
    asked = [len(next(running))]
    with pytest.raises(StopIteration) as done:
        while True:
            asked.append(len(running.send([Spent()] * asked[-1])))
    assert (asked, done.value.value) == ([2, 1], [2, 0, 1])
