"""A server of the kind `openai` that is llama.cpp's own is asked as llama.cpp is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.models.conftest import Answer, MakeClient, Server, chat, refusal
from tinyarms.core.settings import ModelSettings
from tinyarms.models.openai_api.client import OpenAiModel
from tinyarms.models.openai_api.server_memory import REMEMBERED_S, ServerMemory
from tinyarms.skills.contract import Labels
from tinyarms.skills.execution import Message, ModelRequest

LABELS = ("negative", "positive")
LABELLED = ModelRequest(
    messages=(Message("user", "Is it good?"),),
    max_tokens=9,
    constraint=Labels(LABELS).constraint(),
    want_labels=LABELS,
)
FREE = ModelRequest(messages=(Message("user", "Write."),), max_tokens=9)
TIMINGS = {"prompt_ms": 3.5, "predicted_ms": 1.25}


def llama(path: str, body: dict[str, Any]) -> Answer:
    """Answers as llama.cpp's server does, which takes a grammar and a schema."""
    is_json = "response_format" in body
    return chat('{"answer": "positive"}' if is_json else "positive", timings=TIMINGS)


def forms(server: Server) -> list[str]:
    """What each request asked for."""
    fields = ("grammar", "response_format")
    return [next((f for f in fields if f in body), "nothing") for _, body in server.seen]


def test_after_one_reply_it_is_asked_with_a_grammar(
    server: Server, make_client: MakeClient
) -> None:
    server.rule = llama
    client = make_client(None)
    replies = [client.complete(LABELLED), client.complete(LABELLED)]
    assert [(reply.text, reply.left_out) for reply in replies] == [("positive", "")] * 2
    assert forms(server) == ["response_format", "grammar", "grammar"]
    assert server.seen[-1][1]["top_logprobs"] > 20


def test_a_request_that_has_no_contract_is_not_asked_again(
    server: Server, make_client: MakeClient
) -> None:
    server.rule = llama
    client = make_client(None)
    client.complete(FREE)
    client.complete(LABELLED)
    assert forms(server) == ["nothing", "grammar"]


def test_a_dialect_that_is_set_by_hand_stays(server: Server, make_client: MakeClient) -> None:
    server.rule = llama
    make_client("openai").complete(LABELLED)
    assert forms(server) == ["response_format"]


def test_a_gateway_that_ignores_grammars_is_asked_for_json(
    server: Server, make_client: MakeClient
) -> None:
    def gateway(path: str, body: dict[str, Any]) -> Answer:
        ignored = {key: value for key, value in body.items() if key != "grammar"}
        return llama(path, body) if ignored == body else chat("I like it.", timings=TIMINGS)

    server.rule = gateway
    client = make_client(None)
    assert [client.complete(LABELLED).text for _ in range(2)] == ["positive"] * 2
    assert forms(server) == ["response_format", "grammar", "response_format", "response_format"]


@pytest.mark.parametrize("field", ["grammar", "cache_prompt", "top_logprobs"])
def test_a_gateway_that_refuses_its_fields_is_asked_as_openai_is(
    server: Server, make_client: MakeClient, field: str
) -> None:
    def gateway(path: str, body: dict[str, Any]) -> Answer:
        if field in body and body[field] != 20:
            return refusal(400, f"Unsupported value: '{field}'")
        return llama(path, body)

    server.rule = gateway
    client = make_client(None)
    replies = [client.complete(LABELLED) for _ in range(2)]
    assert [(reply.text, reply.left_out) for reply in replies] == [("positive", "")] * 2
    assert server.seen[-1][1]["top_logprobs"] == 20
    assert "response_format" in server.seen[-1][1]


def test_what_was_found_out_is_remembered_for_a_day(server: Server, tmp_path: Path) -> None:
    server.rule = llama
    now = [1000.0]

    def ask() -> list[str]:
        before = len(server.seen)
        memory = ServerMemory(tmp_path / "servers.json", lambda: now[0])
        settings = ModelSettings(kind="openai", model="tiny", timeout_s=10)
        client = OpenAiModel(settings, server.url, "secret", name="small", memory=memory)
        client.complete(LABELLED)
        client.close()
        return forms(server)[before:]

    assert [ask(), ask()] == [["response_format", "grammar"], ["grammar"]]
    now[0] += REMEMBERED_S + 1
    assert ask() == ["response_format", "grammar"]
