from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyarms.core.prices import FREE, Price, RolePrices
from tinyarms.core.settings import Budget
from tinyarms.loop.calling.budget import BudgetTracker
from tinyarms.loop.calling.spending import CallKind
from tinyarms.skills.execution import PICTURE, Message, ModelReply, ModelRequest, SentPicture
from tinyarms.skills.request_size import most_tokens
from tinyarms.store.db.records import Cost

ASKED = ModelRequest(messages=(Message("user", "Good or bad? ☺"),), max_tokens=10)


def reply(tokens: int = 20, seconds: float = 1.0) -> ModelReply:
    return ModelReply("good", tokens - 1, 1, seconds * 1000)


def test_calls_limit_task_calls_and_writer_calls() -> None:
    tracker = BudgetTracker(Budget(calls=2))
    tracker.spent.task.add(reply())
    assert tracker.allows("task", ASKED)
    tracker.spent.writer.add(reply())
    tracker.spent.writer.add(reply())
    assert tracker.allows("task", ASKED)
    assert not tracker.allows("writer", ASKED)
    tracker.spent.task.add(reply())
    assert not tracker.allows("task", ASKED)
    assert tracker.allows("test", ASKED)
    assert tracker.allows("judge", ASKED)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(
    tokens=st.integers(1, 3000),
    kinds=st.lists(st.sampled_from(["task", "writer", "test", "judge"]), max_size=60),
    share=st.floats(0.1, 1),
)
def test_tokens_are_never_overshot(tokens: int, kinds: list[CallKind], share: float) -> None:
    tracker = BudgetTracker(Budget(calls=None, tokens=tokens))
    for kind in kinds:
        if tracker.allows(kind, ASKED):
            tracker.spent.of(kind).add(reply(max(2, int(share * most_tokens(ASKED)))))
    assert tracker.spent.tokens <= tokens


PRICES = RolePrices(
    task=Price(input=100, output=400),
    writer=Price(input=2000, output=9000, request=0.002),
    judge=Price(input=5, output=5, cached_input=1),
)


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(
    money=st.floats(0.001, 1),
    kinds=st.lists(st.sampled_from(["task", "writer", "test", "judge"]), max_size=60),
    share=st.floats(0.1, 1),
)
def test_money_is_never_overshot(money: float, kinds: list[CallKind], share: float) -> None:
    tracker = BudgetTracker.at(PRICES, Budget(calls=None, money=money))
    prompt = most_tokens(ASKED) - ASKED.max_tokens
    for kind in kinds:
        if tracker.allows(kind, ASKED):
            longest = ModelReply("good", max(1, int(share * prompt)), ASKED.max_tokens, 1.0)
            tracker.spent.of(kind).add(longest)
    total = tracker.spent.money.total
    assert total is not None and total <= money


def test_the_tokens_of_a_picture_are_reserved() -> None:
    picture = SentPicture("0" * 64, "image/png", 10**6, bytes)
    shown = ModelRequest(messages=(Message("user", f"{PICTURE} is?", (picture,)),), max_tokens=10)
    assert BudgetTracker(Budget(calls=None, tokens=1400)).allows("task", ASKED)
    assert not BudgetTracker(Budget(calls=None, tokens=1400)).allows("task", shown)
    assert BudgetTracker(Budget(calls=None, tokens=10_000)).allows("task", shown)
    of_picture = 1333 * 100 / 1e6  # by Anthropic's rule
    assert not BudgetTracker.at(PRICES, Budget(calls=None, money=of_picture)).allows("task", shown)
    assert BudgetTracker.at(PRICES, Budget(calls=None, money=10)).allows("task", shown)


def test_calls_in_flight_are_reserved_too() -> None:
    prompt = most_tokens(ASKED) - ASKED.max_tokens
    of_one = (prompt * 100 + ASKED.max_tokens * 400) / 1e6
    tracker = BudgetTracker.at(PRICES, Budget(calls=None, money=2.5 * of_one))
    assert tracker.allows("task", ASKED, [ASKED])
    assert not tracker.allows("task", ASKED, [ASKED, ASKED])


def test_money_is_counted_by_role_and_unknown_where_a_price_is() -> None:
    tracker = BudgetTracker.at(RolePrices(task=PRICES.task, judge=PRICES.judge))
    assert tracker.spent.money.total == 0  # no call has been made
    tracker.spent.task.add(reply(11))
    tracker.spent.test.add(reply(21))
    tracker.spent.judge.add(ModelReply("4", 100, 0, 1.0, cached_tokens=60))
    money = tracker.spent.money
    assert (money.task, money.judge) == (pytest.approx(0.0038), pytest.approx(0.00026))
    assert money.writer == 0 and money.total == pytest.approx(0.00406)
    tracker.spent.writer.add(reply())
    assert tracker.spent.money.writer is None and tracker.spent.money.total is None


def test_a_scorer_that_an_earlier_version_did_not_count_makes_the_total_unknown() -> None:
    prices = RolePrices(task=FREE, writer=FREE, judge=FREE, scorer_is_paid=True)
    tracker = BudgetTracker.at(prices, Budget(calls=None, money=1))
    assert tracker.spent.money.judge is None and tracker.spent.money.total is None
    assert not tracker.allows("task", ASKED)


def test_calls_of_an_unknown_price_are_not_allowed_where_money_is_limited() -> None:
    tracker = BudgetTracker.at(RolePrices(task=FREE), Budget(calls=None, money=1))
    assert tracker.allows("task", ASKED)
    assert not tracker.allows("writer", ASKED)


def test_money_is_kept_for_the_gate_and_plans_the_calls() -> None:
    tracker = BudgetTracker.at(PRICES, Budget(calls=100, money=1))
    cost = Cost(20, None, 10)  # a call costs 0.005
    assert tracker.task_calls_left(cost) == 100
    tracker.keep_for_gate(80, cost)
    assert tracker.kept_money == pytest.approx(0.5)
    assert tracker.task_calls_left(cost) == 80
    tracker.spent.task.add(ModelReply("good", 4980, 0, 1.0))
    assert not tracker.allows("task", ASKED)
    assert tracker.allows("test", ASKED)


def test_tokens_are_bounded_by_bytes() -> None:
    assert most_tokens(ASKED) >= len("Good or bad? ☺".encode()) + ASKED.max_tokens
    assert most_tokens(ModelRequest(completion="ä" * 50)) >= 100 + 256


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(
    seconds=st.floats(1, 60),
    kinds=st.lists(st.sampled_from(["task", "writer", "test"]), max_size=60),
)
def test_seconds_hold_where_no_call_is_slower_than_the_slowest(
    seconds: float, kinds: list[CallKind]
) -> None:
    tracker = BudgetTracker(Budget(calls=None, seconds=seconds))
    for kind in ("task", "writer", "test"):
        tracker.spent.of(kind).add(reply(seconds=0.3))  # the first of its kind may be any
    for kind in kinds:
        if tracker.allows(kind, ASKED):
            tracker.spent.of(kind).add(reply(seconds=0.3))
    assert tracker.spent.seconds <= seconds + 1e-9


def test_what_is_kept_is_for_test_calls() -> None:
    tracker = BudgetTracker(Budget(calls=None, tokens=10_000, seconds=100))
    tracker.keep_for_gate(10_000, Cost(20, 1))
    assert (tracker.kept_tokens, tracker.kept_seconds) == (5000, 50)
    tracker.spent.task.add(reply(5000, 1))
    assert not tracker.allows("task", ASKED)
    assert not tracker.allows("writer", ASKED)
    assert tracker.allows("test", ASKED)


def test_the_calls_that_are_left_are_those_of_the_unit_that_ends_first() -> None:
    tracker = BudgetTracker(Budget(calls=100, tokens=2500, seconds=60))
    assert tracker.task_calls_left(None) == 100
    assert tracker.task_calls_left(Cost(None, None)) == 100
    assert tracker.task_calls_left(Cost(20, None)) == 100
    assert tracker.task_calls_left(Cost(20, 1)) == 48
    tracker.spent.task.add(reply(501, 1))
    assert tracker.task_calls_left(Cost(20, 0.1)) == 79
    assert BudgetTracker(Budget(calls=None)).task_calls_left(Cost(20, 1)) is None
