"""A writer is asked several things at once, and the answers count as if they came one by one."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

import pytest

from tests.loop.calling.test_failures import Server, context  # noqa: F401
from tests.loop.calling.test_in_flight import caller as caller_of
from tinyarms.core.errors import BadReply, ModelRejected, ModelUnavailable
from tinyarms.core.settings import Budget
from tinyarms.loop.calling.asking import Ask, Told
from tinyarms.loop.calling.caller import Caller
from tinyarms.loop.project.context import Context
from tinyarms.skills.execution import ModelReply, ModelRequest


def asks(*numbers: int) -> list[Ask]:
    return [Ask("mutate", (), ModelRequest(completion=f"Write {number}")) for number in numbers]


def caller(context: Context, writer: Server, budget: Budget | None = None) -> Caller:  # noqa: F811
    """Of a project with one model, which writes too."""
    return caller_of(context, writer, "s", budget)  # type: ignore[arg-type]


def texts(told: list[Told]) -> list[str]:
    """Each answer in a word."""
    words = []
    for each in told:
        answer = each.answer
        words.append(getattr(answer, "text", getattr(answer, "kind", "spent")))
    return words


@dataclass
class Meeting(Server):
    """Answers only once as many calls as it has slots are there."""

    slots: int = 4
    _all: threading.Barrier = field(default_factory=lambda: threading.Barrier(4))

    def complete(self, request: ModelRequest) -> ModelReply:
        self._all.wait(60)
        return super().complete(request)


def test_as_many_at_once_as_there_are_slots(context: Context) -> None:  # noqa: F811
    made = caller(context, Meeting())
    assert texts(made.write_all(asks(0, 1, 2, 3))) == ["good", "bad", "good", "bad"]
    assert made.spent.writer.calls == 4


@pytest.mark.slow
@pytest.mark.parametrize("slots", [1, 3])
def test_answers_are_stored_by_index_and_asked_once(context: Context, slots: int) -> None:  # noqa: F811
    writer = Server(slots=slots)
    first = caller(context, writer).write_all(asks(0, 1, 2, 3, 4))
    assert [each.index for each in first] == [0, 1, 2, 3, 4]
    assert caller(context, writer).write_all(asks(0, 1, 2, 3, 4)) == first
    assert len(writer.asked) == 5


@pytest.mark.slow
@pytest.mark.parametrize("slots", [1, 3, 8])
def test_the_budget_allows_the_same_whatever_the_slots(context: Context, slots: int) -> None:  # noqa: F811
    made = caller(context, Server(slots=slots), Budget(calls=3))
    assert texts(made.write_all(asks(0, 1, 2, 3, 4))) == ["good", "bad", "good", "spent", "spent"]
    assert made.last_index == 4


@pytest.mark.slow
@pytest.mark.parametrize("slots", [1, 3])
def test_one_that_fails_is_asked_again_after_the_others(context: Context, slots: int) -> None:  # noqa: F811
    failed = set[int]()

    def fails(number: int, call: int) -> BadReply | None:
        if number != 1 or number in failed:
            return None
        failed.add(number)
        return BadReply("odd")

    writer = Server(fails=fails, slots=slots)
    made = caller(context, writer)
    assert texts(made.write_all(asks(0, 1, 2))) == ["good", "bad", "good"]
    assert (sorted(writer.asked), writer.asked[-1]) == ([0, 1, 1, 2], 1)


@pytest.mark.slow
@pytest.mark.parametrize("slots", [1, 3])
def test_one_that_always_fails_is_left_out_for_good(context: Context, slots: int) -> None:  # noqa: F811
    is_over = [False]

    def fails(number: int, call: int) -> BadReply | ModelRejected | None:
        if is_over[0] or number == 0:
            return None
        return BadReply("odd") if number == 1 else ModelRejected("no")

    writer = Server(fails=fails, slots=slots)
    made = caller(context, writer)
    assert texts(made.write_all(asks(0, 1, 2))) == ["good", "failed", "refused"]
    assert sorted(writer.asked) == [0, 1, 1, 1, 2]
    assert texts(made.write_all(asks(0))) == ["good"]
    is_over[0] = True  # They would be answered now, but the session has gone on without them.
    again = caller(context, writer)
    assert texts(again.write_all(asks(0, 1, 2, 0))) == ["good", "failed", "refused", "good"]


@pytest.mark.slow
def test_an_outage_ends_the_run_and_keeps_what_came(context: Context) -> None:  # noqa: F811
    is_over = [False]
    writer = Server(fails=lambda n, _: None if is_over[0] or n < 2 else ModelUnavailable("off"))
    with pytest.raises(ModelUnavailable):
        caller(context, writer).write_all(asks(0, 1, 2, 3))
    is_over[0] = True
    told = caller(context, writer).write_all(asks(0, 1, 2, 3))
    assert texts(told) == ["good", "bad", "good", "bad"]
    assert sorted(writer.asked) == [0, 1, 2, 2, 3]
