"""The probe of the writer finds out what it can do, with few calls."""

from collections.abc import Callable

import pytest

from tests.evolution.world import CASE, marked, nothing, writer
from tinyarms.evolution.writer_probe import TRIES, probe_writer
from tinyarms.skills.execution import ModelRequest

Reply = Callable[[ModelRequest], str | None]


def abilities_of(reply: Reply) -> tuple[tuple[str, ...], int]:
    """The abilities, and the number of calls."""
    probing, calls = probe_writer(), 0
    request = next(probing)
    while True:
        calls += 1
        try:
            request = probing.send(reply(request))
        except StopIteration as done:
            return done.value, calls


def two(first: str, second: str) -> str:
    return marked("Which desk is it?", first) + marked("Name the desk for a visitor.", second, 2)


def quoting(request: ModelRequest) -> str:
    rows = [row for _, row, _ in CASE.findall(request.messages[-1].content)]
    return two(rows[0][:20], rows[1])


def made_up(request: ModelRequest) -> str:
    return two("May I borrow a bicycle?", "Where is the exit?")


def only_reflecting(request: ModelRequest) -> str:
    return quoting(request) if "You improve" in request.messages[-1].content else "Merged."


def echo(request: ModelRequest) -> str:
    return request.messages[-1].content


def away(request: ModelRequest) -> None:
    return None


def test_a_writer_that_returns_marked_proposals_with_quotes_can_reflect_and_merge() -> None:
    assert abilities_of(quoting) == (("completion", "reflection", "merging"), 2)


@pytest.mark.parametrize("reply", [writer, nothing, made_up, echo, away])
def test_any_other_writer_is_asked_three_times_and_can_only_complete(reply: Reply) -> None:
    assert abilities_of(reply) == (("completion",), TRIES)


def test_abilities_are_found_out_one_by_one() -> None:
    assert abilities_of(only_reflecting) == (("completion", "reflection"), 1 + TRIES)


def test_a_useful_writer_may_fail_now_and_then() -> None:
    calls: list[ModelRequest] = []

    def reply(request: ModelRequest) -> str:
        calls.append(request)
        return "" if len(calls) % 3 else quoting(request)

    assert abilities_of(reply) == (("completion", "reflection", "merging"), 2 * TRIES)
    assert len({request.key("writer") for request in calls}) == len(calls)


def test_one_proposal_twice_is_not_two() -> None:
    def reply(request: ModelRequest) -> str:
        number, row, _ = CASE.findall(request.messages[-1].content)[0]
        return 2 * marked("Which desk is it?", row, number)

    assert abilities_of(reply)[0] == ("completion",)
