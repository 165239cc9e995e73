from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby

import pytest

from tests.evolution.world import World, problem
from tests.loop.place import LABELS, SKILL, TEST, V1, WORSE, Place, text, write_examples
from tinyarms.core.errors import ModelUnavailable
from tinyarms.core.prices import Price, RolePrices
from tinyarms.core.settings import Budget
from tinyarms.evolution.optimizers.registry import OPTIMIZERS, make_optimizer
from tinyarms.evolution.protocol import Evaluate
from tinyarms.loop.calling.budget import BudgetTracker
from tinyarms.loop.calling.caller import Caller
from tinyarms.loop.calling.in_flight import InFlight
from tinyarms.loop.calling.speed import Meter
from tinyarms.loop.project.context import Context
from tinyarms.skills.example import Example
from tinyarms.skills.execution import ModelReply, ModelRequest
from tinyarms.skills.prompt import Prompt
from tinyarms.store.db.records import (
    EvaluationRecord,
    SessionRecord,
    SessionState,
)

PRICES = RolePrices(task=Price(input=1000, output=1000))
HELLO = ModelRequest(completion="Hello")


def test_results_come_back_in_order_whoever_is_first() -> None:
    first_may_end = threading.Event()
    with InFlight[int](2) as flight:
        flight.put("a", HELLO, lambda: first_may_end.wait(60) and 1)
        flight.put("b", HELLO, lambda: first_may_end.set() or 2)
        flight.put_result("c", None, 3)
        assert [flight.has(key) for key in "abcd"] == [True, True, True, False]
        assert len(flight.requests) == 2
        assert [flight.take() for _ in range(3)] == [1, 2, 3]
    assert not flight


def test_leaving_drops_what_has_not_begun() -> None:
    began: list[int] = []
    go_on = threading.Event()

    with pytest.raises(ModelUnavailable), InFlight[int](2) as flight:

        def job(number: int) -> int:
            with flight.slot:
                began.append(number)
                go_on.wait(60)
            return number

        for number in range(4):
            flight.put(str(number), HELLO, lambda number=number: job(number))
        assert flight.full
        while len(began) < 2:
            time.sleep(0.001)
        results = [each.result for each in flight._jobs]

        def go_on_once_the_block_was_left() -> None:
            for _ in range(20_000):
                if flight._slots.are_over:
                    break
                time.sleep(0.001)
            go_on.set()

        threading.Thread(target=go_on_once_the_block_was_left).start()
        raise ModelUnavailable("gone")
    assert len(began) == 2
    assert sum(isinstance(each.exception(), CancelledError) for each in results) == 2


def test_a_slot_is_free_while_a_job_does_something_with_its_reply() -> None:
    all_have_called = threading.Barrier(4)

    def job(slot: AbstractContextManager[None]) -> int:
        with slot:
            pass
        return all_have_called.wait(60)  # as if it stored the reply

    with InFlight[int](2) as flight:
        for number in range(4):
            flight.put(str(number), HELLO, partial(job, flight.slot))
        assert sorted(flight.take() for _ in range(4)) == [0, 1, 2, 3]


def test_ctrl_c_stops_the_jobs_that_run_and_waits_for_no_other() -> None:
    began, stopped = threading.Barrier(3), threading.Event()

    def job(slot: AbstractContextManager[None]) -> bool:
        with slot:
            began.wait(60)
            return stopped.wait(60)

    def interrupted() -> None:
        with pytest.raises(KeyboardInterrupt), InFlight[bool](2, stopped.set) as flight:
            for number in range(4):
                flight.put(str(number), HELLO, partial(job, flight.slot))
            began.wait(60)
            raise KeyboardInterrupt

    caller = threading.Thread(target=interrupted, daemon=True)
    caller.start()
    caller.join(60)
    assert stopped.is_set()
    assert not caller.is_alive(), "it waits for jobs that never began"


def test_one_slot_works_in_the_callers_own_thread() -> None:
    with InFlight[threading.Thread](1) as flight:
        flight.put("a", HELLO, threading.current_thread)
        assert flight.full
        assert flight.take() is threading.current_thread()


@dataclass
class Worker:
    """A model with slots. The later a call came, the sooner it is answered."""

    slots: int = 1
    name: str = "small"
    fails_at: str | None = None
    asked: list[str] = field(default_factory=list)
    most_at_once: int = 0
    _running: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def complete(self, request: ModelRequest) -> ModelReply:
        text = request.messages[-1].content
        with self._lock:
            self.asked.append(text)
            self._running += 1
            self.most_at_once = max(self.most_at_once, self._running)
            wait = 0.004 * (self.slots - self._running)
        time.sleep(wait)
        with self._lock:
            self._running -= 1
        if self.fails_at and re.search(rf"{self.fails_at}\b", text):
            raise ModelUnavailable("gone")
        return ModelReply(LABELS[len(text) % 2], 20 + len(text), 1, 5.0, 10, None, 3.0, 1.0)

    def close(self) -> None:
        pass


@pytest.fixture
def context(place: Place) -> Iterator[Context]:
    write_examples(place.root, 20)
    return place.open()


def caller(context: Context, worker: Worker, session: str, budget: Budget | None = None) -> Caller:
    context._models["small"] = worker
    with context.store.unit_of_work() as work:
        if work.sessions.find(session) is None:
            work.sessions.add(
                SessionRecord(
                    id=session,
                    skill=SKILL,
                    original_prompt_hash=V1.hash,
                    triggered_at=context.clock(),
                    trigger_reason="manual",
                    base_version=1,
                    preset="default",
                    author="writer",
                    optimizer="random_search",
                    seed=0,
                    state=SessionState.SEARCHING,
                )
            )
    skill = context.skill(SKILL).skill
    scorer = context.scorer(skill)
    assert scorer is not None
    made = Caller(context, session, skill, scorer)
    made.budget = BudgetTracker.at(PRICES, budget or Budget(calls=None))
    return made


def pairs(context: Context, *prompts: Prompt) -> list[tuple[Prompt, Example]]:
    examples = context.examples(context.skill(SKILL).skill)
    return [(prompt, example) for prompt in prompts for example in examples]


def seen(records: list[EvaluationRecord | None]) -> list[tuple[object, ...] | None]:
    return [
        None if r is None else (r.ordinal, r.key, r.example_id, r.output, r.score, r.cached)
        for r in records
    ]


@pytest.mark.slow
def test_several_slots_give_what_one_gives(place: Place) -> None:
    write_examples(place.root, 20)
    found = []
    for session, slots, prompt in (("one", 1, V1), ("four", 4, WORSE)):
        worker = Worker(slots)
        asked = caller(place.open(), worker, session)
        records = list(asked.evaluate_many(pairs(asked.context, prompt), "search"))
        assert worker.most_at_once <= slots
        assert (worker.most_at_once > 1) == (slots > 1)
        found.append([(r.ordinal, r.example_id, r.output, r.score) for r in records if r])
        assert asked.spent.task.calls == len(records) == 30
        assert asked.last_index == 29
        with asked.context.store.read() as work:
            stored = [work.calls.evaluation(session, n) for n in range(30)]
        assert stored == records
    assert found[0] == found[1]  # both prompts are equally long, so the answers are the same


@pytest.mark.slow
def test_a_second_run_asks_nothing(context: Context) -> None:
    first = caller(context, Worker(4), "s")
    records = list(first.evaluate_many(pairs(context, V1), "search"))
    silent = Worker(4)
    again = caller(context, silent, "s")
    assert list(again.evaluate_many(pairs(context, V1), "search")) == records
    assert silent.asked == []
    assert again.spent == first.spent
    assert again.meter.view() is None


@pytest.mark.slow
@pytest.mark.parametrize(
    "budget",
    [
        Budget(calls=7),
        Budget(calls=None, tokens=1500),
        Budget(calls=None, seconds=0.102),
        Budget(calls=None, money=1.5),
    ],
)
def test_the_budget_allows_what_it_allows_one_after_the_other(
    context: Context, budget: Budget
) -> None:
    results = []
    for slots, prompt in ((1, V1), (4, WORSE)):
        worker = Worker(slots)
        asked = caller(context, worker, f"slots {slots}", budget)
        results.append(
            [r is not None for r in asked.evaluate_many(pairs(context, prompt), "search")]
        )
        assert len(worker.asked) == asked.spent.task.calls == sum(results[-1])
        assert budget.tokens is None or asked.spent.tokens <= budget.tokens
        assert budget.seconds is None or asked.spent.seconds <= budget.seconds
        assert budget.money is None or (asked.spent.money.total or 9) <= budget.money
    assert results[0] == results[1]
    assert 0 < sum(results[0]) < 30


@pytest.mark.slow
def test_where_seconds_are_limited_the_first_call_goes_alone(context: Context) -> None:
    worker = Worker(4)
    asked = caller(context, worker, "s", Budget(calls=None, seconds=0.007))
    records = list(asked.evaluate_many(pairs(context, V1), "search"))
    assert [r is not None for r in records[:3]] == [True, False, False]
    assert len(worker.asked) == 1


@pytest.mark.slow
@pytest.mark.parametrize("slots", [1, 4])
def test_the_same_request_twice_is_one_call(context: Context, slots: int) -> None:
    worker = Worker(slots)
    asked = caller(context, worker, "s")
    twice = [pair for pair in pairs(context, V1)[:5] for _ in range(2)]
    records = list(asked.evaluate_many(twice, "search"))
    assert [r is not None and r.cached for r in records] == [False, True] * 5
    assert (len(worker.asked), asked.spent.cache_hits) == (5, 5)


@pytest.mark.slow
@pytest.mark.parametrize("slots", [1, 4])
def test_what_is_known_is_allowed_after_a_refusal_and_found_again(
    context: Context, slots: int
) -> None:
    known, new = pairs(context, V1)[:3], pairs(context, WORSE)[:3]
    list(caller(context, Worker(), "before").evaluate_many(known, "search"))
    mixed = [new[0], new[1], known[0], new[2], known[1]]
    first = caller(context, Worker(slots), "s", Budget(calls=1))
    records = list(first.evaluate_many(mixed, "search"))
    assert [r is not None for r in records] == [True, False, True, False, True]
    again = caller(context, Worker(slots), "s", Budget(calls=1))
    assert seen(list(again.evaluate_many(mixed, "search"))) == seen(records)


@pytest.mark.slow
def test_a_failure_keeps_the_replies_that_were_there(context: Context) -> None:
    unlucky = text(TEST + 5)
    worker = Worker(4, fails_at=unlucky)
    failing = caller(context, worker, "s")
    texts = [example.inputs["text"] for _, example in pairs(context, V1)]
    place = texts.index(unlucky)
    with pytest.raises(ModelUnavailable):
        list(failing.evaluate_many(pairs(context, V1), "search"))
    with context.store.read() as work:
        stored = {n for n in range(30) if work.calls.evaluation("s", n)}
    assert place not in stored
    assert stored >= set(range(place))
    assert failing.spent.task.calls <= place
    healthy = Worker(4)
    again = caller(context, healthy, "s")
    assert all(again.evaluate_many(pairs(context, V1), "search"))
    assert len(healthy.asked) == 30 - len(stored)
    assert again.spent.task.calls == 30


@pytest.mark.slow
def test_the_meter_tells_what_came_from_the_cache_and_what_the_model_can_do(
    context: Context,
) -> None:
    asked = caller(context, Worker(2), "s")
    records = [r for r in asked.evaluate_many(pairs(context, V1), "search") if r]
    speed = asked.meter.view()
    assert speed is not None
    prompt_tokens = sum(r.reply.prompt_tokens for r in records)
    computed = prompt_tokens - 300 + 30
    assert speed.calls == 30
    assert speed.cached_share == pytest.approx(300 / prompt_tokens)
    assert speed.raw_tokens_per_second == pytest.approx(2 * computed / (30 * 0.004))


def test_the_meter_goes_from_the_first_beginning_to_the_last_end() -> None:
    meter = Meter(slots=2)
    for began in (10.0, 10.5, 11.0):
        meter.add(
            ModelReply("ok", 90, 10, 900.0, prompt_ms=500.0, generation_ms=300.0), began, began + 1
        )
    speed = meter.view()
    assert speed is not None
    assert speed.seconds == 2.0
    assert speed.tokens_per_second == pytest.approx(300 / 2)
    assert speed.raw_tokens_per_second == pytest.approx(2 * 300 / 2.4)
    assert speed.ratio == pytest.approx(2.4 / 4)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_every_search_asks_for_one_prompt_after_the_other(name: str) -> None:
    """So that the server's prefix cache is of use."""
    log = World(problem()).run(make_optimizer(name, problem())).log
    asked = [[r.prompt.hash for r in asked if isinstance(r, Evaluate)] for asked, _ in log]
    assert max(map(len, asked)) > 1
    for hashes in asked:
        assert len([key for key, _ in groupby(hashes)]) == len(set(hashes))
