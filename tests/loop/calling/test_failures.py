"""A failed call is not an answer: it is repeated, left out or ends the run, never a score."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from tests.loop.calling.test_in_flight import caller
from tests.loop.place import LABELS, SKILL, TEST, V1, Place, write_examples
from tinyarms.core.errors import (
    BadReply,
    ModelBusy,
    ModelError,
    ModelRejected,
    ModelTimeout,
    ModelUnavailable,
    NotScored,
)
from tinyarms.loop.calling.caller import Caller
from tinyarms.loop.calling.evaluator import EvaluationAnswer
from tinyarms.loop.project.context import Context
from tinyarms.skills.example import Example
from tinyarms.skills.execution import ModelReply, ModelRequest, Unanswered
from tinyarms.store.db.records import EvaluationRecord


@dataclass
class Server:
    """A model that raises what `fails` gives for the number of a comment and of the call."""

    fails: Callable[[int, int], ModelError | None] = lambda number, call: None
    name: str = "small"
    slots: int = 1
    asked: list[int] = field(default_factory=list)

    def complete(self, request: ModelRequest) -> ModelReply:
        said = request.messages[-1].content if request.messages else request.completion or ""
        number = int(re.findall(r"\d+", said)[-1])
        self.asked.append(number)
        error = self.fails(number, len(self.asked))
        if error is not None:
            raise error
        return ModelReply(LABELS[number % 2], 20, 1, 5.0)

    def close(self) -> None:
        pass


@pytest.fixture
def context(place: Place) -> Context:
    write_examples(place.root, 20)
    return place.open()


def ask(made: Caller, purpose: str = "search") -> list[EvaluationAnswer]:
    """Of 20 test examples and 10 search examples."""
    return made.evaluate_many([(V1, e) for e in examples(made.context)], purpose)  # type: ignore[arg-type]


def examples(context: Context) -> list[Example]:
    return context.examples(context.skill(SKILL).skill)


def answered(answers: list[EvaluationAnswer]) -> int:
    return sum(isinstance(answer, EvaluationRecord) for answer in answers)


def stored(context: Context, session: str = "s") -> list[EvaluationRecord]:
    with context.store.read() as work:
        found = [work.calls.evaluation(session, n) for n in range(40)]
    return [record for record in found if record is not None]


@pytest.mark.slow
@pytest.mark.parametrize("slots", [1, 4])
@pytest.mark.parametrize("error", [BadReply, ModelTimeout, ModelBusy])
def test_a_call_that_failed_is_made_again_after_the_others(
    context: Context, slots: int, error: type[ModelError]
) -> None:
    unlucky = TEST + 3
    server = Server(lambda n, call: error("x") if n == unlucky and call < 20 else None, slots=slots)
    answers = ask(caller(context, server, "s"))
    assert answered(answers) == 30
    assert server.asked.count(unlucky) == 2
    assert server.asked[-1] == unlucky
    assert all(r.score is not None and r.reply.text for r in stored(context))


@pytest.mark.slow
def test_what_never_answers_is_left_out_stored_with_the_next_answer_and_not_asked_again(
    context: Context,
) -> None:
    unlucky = TEST + 3
    server = Server(lambda n, call: ModelTimeout("too slow") if n == unlucky else None)
    first = caller(context, server, "s")
    answers = ask(first)
    assert answered(answers) == 29
    place = [e.id for e in examples(context)].index(f"e{unlucky}")
    assert answers[place] == Unanswered("failed", "too slow")
    assert server.asked.count(unlucky) == 3
    with context.store.read() as work:
        assert work.calls.unanswered("s") == []  # nothing depends on it yet
    first.write("op", (), ModelRequest(completion="Write 1"))
    with context.store.read() as work:
        [left_out] = work.calls.unanswered("s")
    assert (left_out.ordinal, left_out.example_id) == (place, f"e{unlucky}")
    healthy = Server()
    again = ask(caller(context, healthy, "s"))
    assert (again, healthy.asked) == (answers, [])


@pytest.mark.slow
def test_a_gate_asks_again_for_what_failed_whenever_it_is_run(context: Context) -> None:
    unlucky = TEST + 3
    server = Server(lambda n, call: ModelTimeout("too slow") if n == unlucky else None)
    first = caller(context, server, "s")
    assert answered(ask(first, "test")) == 29
    first.write("op", (), ModelRequest(completion="Write 1"))
    healthy = Server()
    assert answered(ask(caller(context, healthy, "s"), "test")) == 30
    assert healthy.asked == [unlucky]


@pytest.mark.slow
@pytest.mark.parametrize("slots", [1, 4])
@pytest.mark.parametrize("error", [BadReply, ModelTimeout, ModelBusy, ModelRejected])
def test_five_failures_in_a_row_end_the_run_and_only_what_is_missing_is_asked_again(
    context: Context, slots: int, error: type[ModelError]
) -> None:
    server = Server(lambda n, call: error("no luck", "Try.") if call > 10 else None, slots=slots)
    made = caller(context, server, "s")
    with pytest.raises(ModelUnavailable, match="5 calls in a row failed, the last with: no luck"):
        ask(made)
    assert len(stored(context)) == made.spent.task.calls == 10
    assert len(server.asked) <= 10 + 5 + 2 * slots
    healthy = Server()
    assert answered(ask(caller(context, healthy, "s"))) == 30
    assert len(healthy.asked) == 20


@pytest.mark.slow
def test_failures_that_are_not_in_a_row_end_nothing(context: Context) -> None:
    server = Server(lambda n, call: BadReply("x") if call % 5 and call < 40 else None)
    answers = ask(caller(context, server, "s"))
    assert len(server.asked) > 40
    assert answered(answers) > 20


@pytest.mark.slow
def test_where_no_call_can_succeed_the_first_failure_ends_the_run(context: Context) -> None:
    refused = ModelRejected("small said 401: bad key.", "Check the key.", concerns="server")
    server = Server(lambda n, call: refused if call > 3 else None)
    with pytest.raises(ModelRejected, match="401") as caught:
        ask(caller(context, server, "s"))
    assert caught.value.hint == "Check the key."
    assert len(server.asked) == 4
    assert len(stored(context)) == 3


@pytest.mark.slow
def test_inputs_that_are_too_long_are_left_out_at_once_however_many(context: Context) -> None:
    too_long = ModelRejected("the context is too small", concerns="input")
    server = Server(lambda n, call: too_long if TEST <= n < TEST + 12 else None)
    answers = ask(caller(context, server, "s"))
    assert (answered(answers), len(server.asked)) == (18, 30)
    assert Unanswered("refused", "the context is too small") in answers


@pytest.mark.slow
def test_a_writer_that_fails_is_asked_three_times_and_its_silence_is_no_text(
    context: Context,
) -> None:
    server = Server(lambda n, call: BadReply("garbage") if call <= 3 else None)
    made = caller(context, server, "s")
    request = ModelRequest(completion="Write 1")
    assert made.write("op", (), request) == Unanswered("failed", "garbage")
    assert isinstance(made.write("op", (), request), ModelReply)
    again = caller(context, Server(lambda n, call: BadReply("never asked")), "s")
    assert again.write("op", (), request) == Unanswered("failed", "garbage")
    assert isinstance(again.write("op", (), request), ModelReply)


@pytest.mark.slow
def test_an_output_that_breaks_the_contract_is_an_answer(context: Context) -> None:
    class Chatty(Server):
        def complete(self, request: ModelRequest) -> ModelReply:
            return ModelReply("I do not know.", 20, 4, 5.0)

    answers = ask(caller(context, Chatty(), "s"))
    assert [a.score for a in answers if isinstance(a, EvaluationRecord)] == [0.0] * 30


@pytest.mark.slow
def test_an_output_without_a_score_is_stored_with_none_left_out_and_named(
    context: Context, caplog: pytest.LogCaptureFixture
) -> None:
    made = caller(context, Server(), "s")
    made.scorer = lambda example, output: None if example.id == f"e{TEST + 3}" else 1.0  # type: ignore[assignment, return-value]
    answers = ask(made)
    assert answered(answers) == 29
    [left_out] = [a for a in answers if isinstance(a, Unanswered)]
    why = (
        f"example e{TEST + 3} (examples.jsonl, line 4): "
        "The scorer returned None, which is not a number from 0 to 1."
    )
    assert left_out == Unanswered("not_scored", why)
    assert caplog.messages == [f"An output could not be scored, {why}"]
    assert made.spent.task.calls == 30
    assert [r.example_id for r in stored(context) if r.score is None] == [f"e{TEST + 3}"]
    silent = Server()
    again = caller(context, silent, "s")
    assert answered(ask(again)) == 29  # a search goes on as it was told
    assert silent.asked == []


@pytest.mark.slow
def test_a_gate_scores_again_what_had_no_score(context: Context) -> None:
    made = caller(context, Server(), "s")
    made.scorer = lambda example, output: None if example.id == f"e{TEST + 3}" else 1.0  # type: ignore[assignment, return-value]
    assert answered(ask(made, "test")) == 29
    silent = Server()
    assert answered(ask(caller(context, silent, "s"), "test")) == 30
    assert silent.asked == []
    assert all(record.score is not None for record in stored(context))


@pytest.mark.slow
def test_a_scorer_that_often_fails_ends_the_run_with_its_example_and_line(
    context: Context,
) -> None:
    made = caller(context, Server(), "s")

    def broken(example: Example, output: str) -> float:
        raise ValueError(f"row of {example.id}")

    made.scorer = broken
    third = examples(context)[2].id
    lines = (context.project.root / "examples.jsonl").read_text().splitlines()
    [line] = [n for n, text in enumerate(lines, 1) if f'"{third}"' in text]
    place = rf"example {third} \(examples.jsonl, line {line}\): .*ValueError: row of {third}"
    with pytest.raises(NotScored, match=rf"3 of 3 outputs could not be scored.*{place}"):
        ask(made)
    assert answered(ask(caller(context, Server(), "s"))) == 27


@pytest.mark.slow
def test_replies_of_another_server_are_not_used(context: Context, place: Place) -> None:
    def at(url: str, model: str = "tiny") -> Context:
        settings = {"kind": "openai", "model": model, "base_url": url}
        place.edit_config(lambda config: config["models"].update(small=settings))
        return place.open()

    first = Server()
    ask(caller(at("http://127.0.0.1:9009/v1"), first, "one"))
    same, slash, other, tag = Server(), Server(), Server(), Server()
    ask(caller(at("http://127.0.0.1:9009/v1"), same, "two"))
    ask(caller(at("http://127.0.0.1:9009/v1/"), slash, "three"))
    ask(caller(at("http://127.0.0.1:9010/v1"), other, "four"))
    ask(caller(at("http://127.0.0.1:9009/v1", "large"), tag, "five"))
    made = [len(server.asked) for server in (first, same, slash, other, tag)]
    assert made == [30, 0, 0, 30, 30]
