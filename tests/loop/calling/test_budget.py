from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tinyarms.core.settings import Budget
from tinyarms.loop.calling.budget import Kind, Purse, most_tokens
from tinyarms.skills.execution import Message, ModelReply, ModelRequest
from tinyarms.store.db.records import Cost

ASKED = ModelRequest(messages=(Message("user", "Good or bad? ☺"),), max_tokens=10)


def reply(tokens: int = 20, seconds: float = 1.0) -> ModelReply:
    return ModelReply("good", tokens - 1, 1, seconds * 1000)


def test_calls_limit_task_calls_and_writer_calls() -> None:
    purse = Purse(Budget(calls=2))
    purse.spent.task.add(reply())
    assert purse.allows("task", ASKED)
    purse.spent.writer.add(reply())
    purse.spent.writer.add(reply())
    assert purse.allows("task", ASKED)
    assert not purse.allows("writer", ASKED)
    purse.spent.task.add(reply())
    assert not purse.allows("task", ASKED)
    assert purse.allows("test", ASKED)
    assert purse.allows("judge", ASKED)


@settings(max_examples=60, deadline=None)
@given(
    tokens=st.integers(1, 3000),
    kinds=st.lists(st.sampled_from(["task", "writer", "test", "judge"]), max_size=60),
    share=st.floats(0.1, 1),
)
def test_tokens_are_never_overshot(tokens: int, kinds: list[Kind], share: float) -> None:
    purse = Purse(Budget(calls=None, tokens=tokens))
    for kind in kinds:
        if purse.allows(kind, ASKED):
            purse.spent.of(kind).add(reply(max(2, int(share * most_tokens(ASKED)))))
    assert purse.spent.tokens <= tokens


def test_tokens_are_bounded_by_bytes() -> None:
    assert most_tokens(ASKED) >= len("Good or bad? ☺".encode()) + ASKED.max_tokens
    assert most_tokens(ModelRequest(completion="ä" * 50)) >= 100 + 256


@settings(max_examples=60, deadline=None)
@given(
    seconds=st.floats(1, 60),
    kinds=st.lists(st.sampled_from(["task", "writer", "test"]), max_size=60),
)
def test_seconds_hold_where_no_call_is_slower_than_the_slowest(
    seconds: float, kinds: list[Kind]
) -> None:
    purse = Purse(Budget(calls=None, seconds=seconds))
    for kind in ("task", "writer", "test"):
        purse.spent.of(kind).add(reply(seconds=0.3))  # the first of its kind may be any
    for kind in kinds:
        if purse.allows(kind, ASKED):
            purse.spent.of(kind).add(reply(seconds=0.3))
    assert purse.spent.seconds <= seconds + 1e-9


def test_what_is_kept_is_for_test_calls() -> None:
    purse = Purse(Budget(calls=None, tokens=10_000, seconds=100))
    purse.keep_for_gate(10_000, Cost(20, 1))
    assert (purse.kept_tokens, purse.kept_seconds) == (5000, 50)
    purse.spent.task.add(reply(5000, 1))
    assert not purse.allows("task", ASKED)
    assert not purse.allows("writer", ASKED)
    assert purse.allows("test", ASKED)


def test_the_calls_that_are_left_are_those_of_the_unit_that_ends_first() -> None:
    purse = Purse(Budget(calls=100, tokens=2500, seconds=60))
    assert purse.task_calls_left(None) == 100
    assert purse.task_calls_left(Cost(None, None)) == 100
    assert purse.task_calls_left(Cost(20, None)) == 100
    assert purse.task_calls_left(Cost(20, 1)) == 48
    purse.spent.task.add(reply(501, 1))
    assert purse.task_calls_left(Cost(20, 0.1)) == 79
    assert Purse(Budget(calls=None)).task_calls_left(Cost(20, 1)) is None
