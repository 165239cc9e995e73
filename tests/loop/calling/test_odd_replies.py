"""An odd reply costs one evaluation; it never ends a search, a task or a sum."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pytest

from tests.loop.calling.test_failures import ask, examples
from tests.loop.calling.test_in_flight import caller
from tests.loop.place import SKILL, Place, write_examples
from tinyarms.core.settings import Budget
from tinyarms.loop.serving.tasks import run
from tinyarms.skills.execution import ModelReply, ModelRequest
from tinyarms.store.db.records import EvaluationRecord

ODD_TEXTS = ('{"a": "\\ud83d"}', "\ud83d", "[" * 1500, "9" * 5000, "NaN", "1e999", "\0", "")
ODD_TOKENS = (10**308, -(10**9), 0, float("nan"), float("inf"))


@dataclass
class OddServer:
    """A model whose replies are odd in text and token counts, in turns."""

    name: str = "small"
    slots: int = 1
    asked: list[str] = field(default_factory=list)

    def complete(self, request: ModelRequest) -> ModelReply:
        self.asked.append(request.messages[-1].content)
        number = int(re.findall(r"\d+", self.asked[-1])[-1])
        tokens = ODD_TOKENS[number % len(ODD_TOKENS)]
        return ModelReply(ODD_TEXTS[number % len(ODD_TEXTS)], tokens, tokens, 5.0)  # type: ignore[arg-type]

    def close(self) -> None:
        pass


@pytest.fixture
def json_place(place: Place) -> Place:
    write_examples(place.root, 20)
    path = place.root / "examples.jsonl"
    path.write_text(re.sub(r'"(good|bad)"', r'{"is": "\1"}', path.read_text()))

    def answer_in_json(config: dict[str, dict[str, dict[str, object]]]) -> None:
        config["skills"][SKILL] |= {"output": {"json_schema": {}}, "scorer": "exact"}

    place.edit_config(answer_in_json)
    return place


@pytest.mark.slow
def test_a_search_goes_on_past_them_and_asks_for_none_twice(json_place: Place) -> None:
    context, server = json_place.open(), OddServer()
    first = ask(caller(context, server, "s"))
    assert all(isinstance(answer, EvaluationRecord) and answer.score == 0 for answer in first)
    with context.store.read() as work:
        counts = work.calls.counts("s")
    assert counts["task_calls"] == len(examples(context)) == len(server.asked)
    assert 0 < counts["prompt_tokens"] + counts["completion_tokens"] < 500 * len(server.asked)
    assert ask(caller(context, server, "s")) == first
    assert len(server.asked) == counts["task_calls"]


@pytest.mark.slow
def test_a_budget_in_tokens_does_not_depend_on_the_servers_count(json_place: Place) -> None:
    context, server = json_place.open(), OddServer()
    limited = caller(context, server, "s", Budget(calls=None, tokens=1_500))
    assert ask(limited).count(None) > 0
    longest_reply = 5_000 // 4  # The server does not keep to `max_tokens`.
    assert 0 < limited.spent.tokens <= 1_500 + longest_reply


@pytest.mark.slow
def test_a_task_is_answered_and_stored(json_place: Place) -> None:
    context = json_place.open()
    context._models["small"] = OddServer()
    outputs = [run(context, SKILL, {"text": f"comment {n}"}).output for n in range(8)]
    assert outputs == ['{"a": "�"}', *[None] * 7]
    with context.store.read() as work:
        assert work.tasks.count(SKILL) == 8
