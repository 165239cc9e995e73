"""The calls that a scorer makes to a judge are spent, limited and stored like all others."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from tests.loop.calling.test_in_flight import Worker, caller, pairs
from tests.loop.place import SKILL, V1, WORSE, Place, write_examples
from tinyarms.core.prices import Price, RolePrices
from tinyarms.core.settings import Budget
from tinyarms.loop.calling.budget import BudgetTracker
from tinyarms.loop.calling.caller import Caller
from tinyarms.loop.calling.evaluator import EvaluationAnswer
from tinyarms.loop.project.context import Context
from tinyarms.skills.execution import ModelReply, ModelRequest

PRICES = RolePrices(
    task=Price(input=1000, output=1000), scorer=Price(input=2000, output=10_000, request=0.01)
)
SCORER = {"name": "judge", "rubric": "Is it good?", "model": "big"}


@dataclass
class Grader:
    """A judge; it says nothing of use about every tenth answer."""

    name: str = "big"
    slots: int = 1
    n: int = 0
    tokens: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def complete(self, request: ModelRequest) -> ModelReply:
        with self._lock:
            self.n += 1
            self.tokens += 110
            text = "none" if self.n % 11 == 10 else '{"score": 4, "reason": "It is rude."}'
        return ModelReply(text, 100, 10, 20.0)

    def close(self) -> None:
        pass


@pytest.fixture
def context(place: Place) -> Iterator[Context]:
    write_examples(place.root, 20)

    def judged(config: dict[str, dict[str, dict[str, object]]]) -> None:
        config["models"]["big"] = dict(config["models"]["small"])
        config["skills"][SKILL]["scorer"] = SCORER

    place.edit_config(judged)
    yield place.open()


def graded(context: Context, judge: Grader, session: str, budget: Budget, slots: int = 1) -> Caller:
    made = caller(context, Worker(slots), session)
    context._models["big"] = judge
    made.budget = BudgetTracker.at(PRICES, budget)
    return made


def score(answer: EvaluationAnswer) -> object:
    return getattr(answer, "score", answer and "none")


UNLIMITED = Budget(calls=None)


@pytest.mark.slow
@pytest.mark.parametrize("slots", [1, 4])
@pytest.mark.parametrize(
    "budget", [UNLIMITED, Budget(calls=None, tokens=4500), Budget(calls=None, money=12)]
)
def test_what_a_scorer_asks_is_spent_and_limited(
    context: Context, budget: Budget, slots: int
) -> None:
    judge = Grader()
    asked = graded(context, judge, "s", budget, slots)
    answers = asked.evaluate_many(pairs(context, V1), "search")
    spent = asked.spent
    assert 3 < judge.n == spent.scorer.calls == spent.as_view()["judge_calls"]
    assert judge.tokens == spent.scorer.tokens
    assert spent.tokens == spent.task.tokens + judge.tokens
    of_judge = judge.n * (100 * 2000 + 10 * 10_000) / 1e6 + judge.n * 0.01
    assert spent.money.judge == pytest.approx(of_judge)
    assert spent.money.total == pytest.approx(of_judge + (spent.task.money or 0))
    assert budget.tokens is None or spent.tokens <= budget.tokens
    assert budget.money is None or (spent.money.total or 99) <= budget.money
    assert (budget == UNLIMITED) == all(answer is not None for answer in answers)
    with context.store.read() as work:
        counts = work.calls.counts("s")
        assert counts["judge_calls"] == judge.n and counts["writer_calls"] == 0
        assert counts["prompt_tokens"] + counts["completion_tokens"] == spent.tokens
        assert work.calls.money("s", PRICES) == spent.money
        assert work.calls.seconds("s") == pytest.approx(spent.seconds)
        assert work.calls.writing_cost(SKILL)[0] == 0

    silent = Grader()
    again = graded(context, silent, "s", budget, slots)
    resumed = again.evaluate_many(pairs(context, V1), "search")
    assert list(map(score, resumed)) == list(map(score, answers))
    assert silent.n == 0
    assert again.spent == spent


@pytest.mark.slow
def test_the_score_of_a_known_reply_is_paid_too(context: Context) -> None:
    graded(context, Grader(), "before", UNLIMITED).evaluate_many(pairs(context, V1), "search")
    judge = Grader()
    later = graded(context, judge, "later", Budget(calls=None, money=5))
    answers = later.evaluate_many(pairs(context, V1), "search")
    assert later.spent.task.calls == 0 < later.spent.cache_hits == judge.n < len(answers)
    assert 0 < (later.spent.money.total or 0) <= 5


@pytest.mark.slow
def test_an_output_that_is_scored_again_is_paid_again(context: Context) -> None:
    first = graded(context, Grader(n=9), "s", UNLIMITED)
    [answer] = first.evaluate_many(pairs(context, WORSE)[:1], "test")
    assert not hasattr(answer, "score")
    judge = Grader()
    again = graded(context, judge, "s", UNLIMITED)
    [answer] = again.evaluate_many(pairs(context, WORSE)[:1], "test")
    assert getattr(answer, "score", None) == 0.75
    assert (judge.n, again.spent.scorer.calls) == (1, 2)
    with context.store.read() as work:
        assert work.calls.counts("s")["judge_calls"] == 2
        assert [len(replies) for replies in work.calls.scoring("s").values()] == [2]
