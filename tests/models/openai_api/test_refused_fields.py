"""A server that refuses a field is asked without it, in the same call and from then on."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import pytest

from tests.models.conftest import Answer, MakeClient, Rule, Server, chat, refusal
from tinyarms.core.errors import ModelError, ModelRejected, ModelUnavailable
from tinyarms.core.settings import Capabilities
from tinyarms.models.openai_api.server_limits import ServerLimits
from tinyarms.models.openai_api.server_memory import ServerMemory
from tinyarms.skills.contract import JsonSchema, Labels, Pattern
from tinyarms.skills.execution import Message, ModelRequest
from tinyarms.skills.request_size import most_tokens

LABELS = ("negative", "positive")
SYSTEM, USER = Message("system", "Be brief."), Message("user", "Is it good?")
FULL = ModelRequest(
    messages=(SYSTEM, USER),
    max_tokens=9,
    temperature=0.5,
    seed=3,
    stop=("END",),
    constraint=Labels(LABELS).constraint(),
    want_labels=LABELS,
)
WRITING = ModelRequest(
    completion="Instruction: Say a.\nShorter: a\n\nInstruction: Say it now.\nShorter:",
    max_tokens=9,
    seed=3,
    stop=("\n",),
)

Sends = Callable[[dict[str, Any]], bool]
FIELDS: dict[str, Sends] = {
    "grammar": lambda body: "grammar" in body or "structured_outputs" in body,
    "json_schema": lambda body: body.get("response_format", {}).get("type") == "json_schema",
    "json_object": lambda body: body.get("response_format", {}).get("type") == "json_object",
    "logprobs": lambda body: "logprobs" in body or "top_logprobs" in body,
    "seed": lambda body: "seed" in body,
    "temperature": lambda body: "temperature" in body,
    "max_tokens": lambda body: "max_tokens" in body,
    "max_completion_tokens": lambda body: "max_completion_tokens" in body,
    "stop": lambda body: "stop" in body,
    "system_role": lambda body: any(turn["role"] == "system" for turn in body["messages"]),
    "cache_prompt": lambda body: "cache_prompt" in body,
}
NAMED: dict[str, Any] = {
    "grammar": {"error": "unknown field: grammar"},
    "json_schema": {"error": {"message": "This response_format type is unavailable now"}},
    "json_object": {"error": {"message": "'response_format.type' must be 'text'", "param": None}},
    "logprobs": {"error": {"message": "You are not allowed to request logprobs.", "code": 1}},
    "seed": {"detail": [{"loc": ["body", "seed"], "msg": "extra fields not permitted"}]},
    "temperature": {
        "error": {"message": "Unsupported value: only the default (1) is", "param": "temperature"}
    },
    "max_tokens": {
        "error": {
            "message": "Unsupported parameter: 'max_tokens' is not supported with this model. "
            "Use 'max_completion_tokens' instead.",
            "param": "max_tokens",
        }
    },
    "max_completion_tokens": {"message": "Unrecognized argument: max_completion_tokens"},
    "stop": {"error": {"message": "Unsupported parameter: 'stop'.", "param": "stop"}},
    "system_role": {"error": {"message": "System role not supported"}},
    "cache_prompt": {"object": "error", "message": "[{'loc': ('body', 'cache_prompt')}]"},
}
SILENT = {"error": {"message": "Bad request"}}


def says(body: dict[str, Any]) -> Answer:
    """A label, in the form that the request asks for."""
    in_json = FIELDS["json_schema"](body) or FIELDS["json_object"](body)
    return chat('{"answer": "positive"}' if in_json else "positive")


def refusing(fields: Collection[str], status: int, named: bool = True) -> Rule:
    """A server that refuses these fields, one after the other."""

    def rule(path: str, body: dict[str, Any]) -> Answer:
        for field in fields:
            if FIELDS[field](body):
                return Answer(NAMED[field] if named else SILENT, status=status)
        return says(body)

    return rule


@pytest.mark.parametrize("dialect", ["openai", "llama.cpp"])
@pytest.mark.parametrize("field", list(FIELDS))
@pytest.mark.parametrize(("named", "status"), [(True, 400), (False, 422)])
def test_a_refused_field_is_left_out_at_once_and_from_then_on(
    server: Server, make_client: MakeClient, field: str, status: int, dialect: str, named: bool
) -> None:
    refused = {"json_object": ["json_schema"], "max_completion_tokens": ["max_tokens"]}.get(
        field, []
    )
    refused = [*refused, field]
    server.rule = refusing(refused, status, named)
    client = make_client(dialect)
    sent = client.left_out(FULL)
    assert sent == ""
    first = client.complete(FULL)
    assert first.text == "positive"
    count = len(server.seen)
    second = client.complete(FULL)
    assert len(server.seen) == count + 1
    assert not any(FIELDS[field](server.seen[-1][1]) for field in refused)
    assert second.text == "positive"
    assert first.left_out == second.left_out == client.left_out(FULL)
    others = set(filter(None, first.left_out.split(",")))
    assert others <= set(refused)
    if named:
        assert count <= 1 + len(refused)


def test_a_strict_server_is_asked_again_for_each_field(
    server: Server, make_client: MakeClient
) -> None:
    """As the reasoning models of OpenAI: one field a refusal."""
    refused = ["max_tokens", "temperature", "logprobs", "stop"]
    server.rule = refusing(refused, 400)
    client = make_client("openai")
    assert client.complete(FULL).text == "positive"
    assert len(server.seen) == 5
    assert server.seen[-1][1]["max_completion_tokens"] >= 9
    assert server.seen[-1][1]["seed"] == 3
    assert client.complete(FULL).left_out == "logprobs,max_tokens,stop,temperature"
    assert len(server.seen) == 6


def test_several_fields_that_are_refused_without_a_name(
    server: Server, make_client: MakeClient
) -> None:
    server.rule = refusing(["seed", "temperature"], 400, named=False)
    client = make_client("openai")
    assert client.complete(FULL).text == "positive"
    asked = len(server.seen)
    assert client.complete(FULL).text == "positive"
    assert len(server.seen) == asked + 1


@pytest.mark.parametrize("named", [True, False])
def test_without_any_format_the_prompt_says_the_labels(
    server: Server, make_client: MakeClient, named: bool
) -> None:
    refused = ["grammar", "json_schema", "json_object"]
    server.rule = refusing(refused, 400, named)
    client = make_client("openai")
    assert client.complete(FULL).text == "positive"
    first_turn = server.seen[-1][1]["messages"][0]["content"]
    assert "negative, positive" in first_turn
    assert first_turn.endswith("Be brief.")
    pattern = ModelRequest(messages=(USER,), constraint=Pattern("[a-z]+").constraint())
    client.complete(pattern)
    assert "[a-z]+" in server.seen[-1][1]["messages"][0]["content"]


def test_without_schemas_the_prompt_says_the_schema(
    server: Server, make_client: MakeClient
) -> None:
    schema = {"type": "object", "properties": {"age": {"type": "integer"}}}
    request = ModelRequest(messages=(USER,), constraint=JsonSchema(schema).constraint())

    def rule(path: str, body: dict[str, Any]) -> Answer:
        if FIELDS["json_schema"](body):
            return Answer(NAMED["json_schema"], status=400)
        return chat('```json\n{"age": 7}\n```')

    server.rule = rule
    reply = make_client("openai").complete(request)
    assert json.loads(reply.text) == {"age": 7}
    assert server.seen[-1][1]["response_format"] == {"type": "json_object"}
    content = server.seen[-1][1]["messages"][0]["content"]
    assert json.dumps(schema) in content
    assert "JSON" in content  # servers demand the word


def test_a_schema_that_the_server_cannot_do_says_nothing_about_others(
    server: Server, make_client: MakeClient
) -> None:
    def rule(path: str, body: dict[str, Any]) -> Answer:
        if "lookbehind" in json.dumps(body.get("response_format")):
            message = "Invalid schema for response_format 'answer': pattern is not permitted."
            return Answer({"error": {"message": message}}, status=400)
        return chat('{"answer": "lookbehind"}')

    server.rule = rule
    client = make_client("openai")
    bad = ModelRequest(messages=(USER,), constraint=Pattern("lookbehind").constraint())
    assert client.complete(bad).left_out == "json_schema"
    assert client.left_out(bad) == "json_schema"
    assert client.left_out(FULL) == ""


@pytest.mark.parametrize("status", [404, 405, 410, 501])
def test_without_completions_the_writer_is_asked_by_chat(
    server: Server, make_client: MakeClient, status: int
) -> None:
    def rule(path: str, body: dict[str, Any]) -> Answer:
        if path.endswith("/chat/completions"):
            return chat("Sure! Here it is:\n\n**Shorter:** Say it.\n\nIs that what you want?")
        return Answer(b"<html>not here</html>", status=status)

    server.rule = rule
    client = make_client("openai")
    reply = client.complete(WRITING)
    assert reply.text == "Say it."
    assert reply.left_out == client.left_out(WRITING) == "completions"
    content = server.seen[-1][1]["messages"][0]["content"]
    assert content.endswith(WRITING.completion or "")
    client.complete(WRITING)
    assert [path.rpartition("/v1/")[2] for path, _ in server.seen] == [
        "completions",
        "chat/completions",
        "chat/completions",
    ]


@pytest.mark.parametrize(
    "message",
    [
        "This is a chat model and not supported in the v1/completions endpoint.",
        "The completion operation does not work with the specified model.",
        "This server does not support completions.",
        "Bad request",
    ],
)
def test_a_400_for_completions_is_a_refusal_too(
    server: Server, make_client: MakeClient, message: str
) -> None:
    chats = re.compile("chat/completions$")
    server.rule = lambda path, body: (
        chat("Say it.") if chats.search(path) else refusal(400, message)
    )
    assert make_client("openai").complete(WRITING).text == "Say it."


def test_a_model_that_is_not_there_is_no_server_without_completions(
    server: Server, make_client: MakeClient
) -> None:
    server.answers = [refusal(404, "no model 'tiny'")]
    client = make_client("openai")
    with pytest.raises(ModelUnavailable, match="no model 'tiny'"):
        client.complete(WRITING)
    assert client.left_out(WRITING) == ""


@pytest.mark.parametrize(
    "message",
    [
        "no such model",
        "The model `tiny` does not exist",
        "This model's maximum context length is 4096 tokens; max_tokens and seed were counted.",
        "prompt is too long: 9000 tokens",
        "Your credit balance is too low",
        "The response was filtered by the content management policy",
    ],
)
def test_a_refusal_for_another_reason_is_told_at_once(
    server: Server, make_client: MakeClient, message: str
) -> None:
    server.answers = [refusal(400, message)]
    client = make_client("openai")
    with pytest.raises(ModelRejected) as caught:
        client.complete(FULL)
    assert message in caught.value.message
    assert len(server.seen) == 1
    assert client.left_out(FULL) == ""


@pytest.mark.slow
def test_a_refusal_that_nothing_explains_is_told_in_its_first_words(
    server: Server, make_client: MakeClient
) -> None:
    numbers = iter(range(1000))
    server.rule = lambda path, body: refusal(400, f"Bad request, number {next(numbers)}")
    client = make_client("openai")
    for _ in range(3):
        before = len(server.seen)
        with pytest.raises(ModelRejected, match=f"Bad request, number {before}$|{before}\\."):
            client.complete(FULL)
        assert len(server.seen) > before + 1
    before = len(server.seen)
    with pytest.raises(ModelRejected):
        client.complete(FULL)  # guessing has never helped
    assert len(server.seen) == before + 1
    assert client.left_out(FULL) == ""


def test_what_the_server_has_taken_before_is_not_suspected(
    server: Server, make_client: MakeClient
) -> None:
    server.answers = [chat('{"answer": "positive"}'), refusal(400, "Bad request")]
    client = make_client("openai")
    client.complete(FULL)
    with pytest.raises(ModelRejected):
        client.complete(FULL)
    assert len(server.seen) == 2


def test_all_models_at_an_address_learn_from_each_other_but_not_from_other_models(
    server: Server, make_client: MakeClient
) -> None:
    server.rule = refusing(["seed"], 400)
    make_client("openai").complete(FULL)
    assert make_client("openai").left_out(FULL) == "seed"
    assert make_client("openai", model="other").left_out(FULL) == ""


def test_what_is_set_by_hand_is_neither_tried_nor_given_up(
    server: Server, make_client: MakeClient
) -> None:
    server.rule = refusing(["seed", "json_schema"], 400)
    by_hand = {"json_schema": False, "completions": False, "seed": True}
    client = make_client("openai", capabilities=by_hand)
    assert client.left_out(FULL) == "json_schema"
    assert client.left_out(WRITING) == "completions"
    with pytest.raises(ModelError, match="seed"):
        client.complete(FULL)
    assert not FIELDS["json_schema"](server.seen[0][1])


@pytest.mark.parametrize("kept", [True, False])
def test_what_was_refused_a_day_ago_is_tried_again(tmp_path: Path, kept: bool) -> None:
    now, file = [time.time() - 100_000], tmp_path / "cache" / "servers.json"

    def limits() -> ServerLimits:
        memory = ServerMemory(file, now=lambda: now[0]) if kept else first
        return ServerLimits("http://me:secret@x/v1", "tiny", Capabilities(), memory)

    first = ServerMemory(None, now=lambda: now[0])
    limits().learn({"seed"}, {"stop"}, None, this_schema_only=False)
    now[0] += 23 * 3600
    assert limits().lacking(None) == {"seed"}
    assert limits().suspects(["stop", "temperature"]) == ["temperature"]
    now[0] += 2 * 3600
    assert limits().lacking(None) == frozenset()
    assert not kept or "secret" not in file.read_text()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"tiny at http://x/v1": 7}',
        '{"tiny at http://x/v1": {"lacks": {"seed": {"": "now", "none": 1e400}}, "accepted": []}}',
        '{"tiny at http://x/v1": {"context_tokens": -1, "context_read_at": NaN}}',
    ],
)
def test_a_broken_memory_is_no_memory(tmp_path: Path, text: str) -> None:
    file = tmp_path / "servers.json"
    file.write_text(text)
    limits = ServerLimits("http://x/v1", "tiny", Capabilities(), ServerMemory(file))
    assert limits.lacking(None) == frozenset()
    limits.learn({"seed"}, set(), None, this_schema_only=False)
    again = ServerLimits("http://x/v1", "tiny", Capabilities(), ServerMemory(file))
    assert again.lacking(None) == {"seed"}


def test_the_bound_of_a_call_covers_the_words_that_replace_what_is_refused(
    server: Server, make_client: MakeClient
) -> None:
    server.rule = refusing(["json_schema", "json_object"], 400)
    client = make_client("openai")
    before = client.as_sent(FULL)
    assert before.messages == FULL.messages
    client.complete(FULL)
    sent = client.as_sent(FULL)
    assert [turn.content for turn in sent.messages] == [
        turn["content"] for turn in server.seen[-1][1]["messages"]
    ]
    assert most_tokens(sent) > most_tokens(FULL)
    assert sent.max_tokens == server.seen[-1][1]["max_tokens"]
