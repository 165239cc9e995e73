from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tinyarms.core.settings import Budget
from tinyarms.loop.calling.budget import BudgetTracker
from tinyarms.loop.calling.spending import CallKind
from tinyarms.skills.execution import Message, ModelReply, ModelRequest
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
