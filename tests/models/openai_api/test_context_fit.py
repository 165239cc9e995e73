"""A call that does not fit is known before it is sent, and a prompt that is cut is noticed."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from tests.models.conftest import Answer, MakeClient, Server, chat
from tinyarms.core.errors import ModelRejected
from tinyarms.skills.execution import Message, ModelRequest


def asked(words: int) -> ModelRequest:
    return ModelRequest(messages=(Message("user", "word " * words),), max_tokens=10)


def tells(tokens: int) -> list[tuple[str, Any]]:
    """How servers say the size of their context."""
    return [
        ("/v1/models", {"data": [{"id": "other"}, {"id": "tiny", "max_model_len": tokens}]}),
        ("/v1/models", {"data": [{"id": "a path", "context_length": tokens}]}),
        ("/props", {"default_generation_settings": {"n_ctx": tokens}}),
        ("/api/ps", {"models": [{"name": "tiny", "context_length": tokens}]}),
    ]


def tokenizing(path: str, body: dict[str, Any]) -> Answer:
    """A server with a tokenizer that counts words."""
    if path == "/tokenize":
        return Answer({"tokens": body["content"].split()})
    return chat("good", usage={"prompt_tokens": len(str(body).split()), "completion_tokens": 1})


@pytest.mark.parametrize(("path", "page"), tells(1000))
def test_a_call_that_does_not_fit_is_not_sent(
    server: Server, make_client: MakeClient, path: str, page: Any
) -> None:
    server.pages, server.rule = {path: page}, tokenizing
    client = make_client("openai")
    for _ in range(2):
        with pytest.raises(ModelRejected, match="1,000") as caught:
            client.complete(asked(1200))
        assert caught.value.concerns == "input"
    assert {path for path, _ in server.seen} == {"/tokenize"}
    assert server.read.count("/v1/models") == 1
    assert client.complete(asked(900)).text == "good"
    assert client.complete(asked(10)).text == "good"


def test_a_model_of_ollama_may_name_its_context(server: Server, make_client: MakeClient) -> None:
    def rule(path: str, body: dict[str, Any]) -> Answer:
        if path == "/api/show" and body == {"model": "tiny"}:
            return Answer({"parameters": 'stop  "<|end|>"\nnum_ctx   300'})
        return Answer({"error": "no"}, status=404)

    server.rule = rule
    with pytest.raises(ModelRejected, match="300"):
        make_client("openai").complete(asked(2000))


def test_a_context_that_is_set_is_not_asked_for(server: Server, make_client: MakeClient) -> None:
    server.rule = tokenizing
    with pytest.raises(ModelRejected, match="700"):
        make_client("openai", context_window=700).complete(asked(900))
    assert server.read == []


@pytest.mark.parametrize(
    "page", [None, 7, [], {"data": {}}, {"data": [{"id": "tiny", "max_model_len": -1}]}]
)
def test_a_server_that_says_nothing_usable_is_sent_the_call(
    server: Server, make_client: MakeClient, page: Any
) -> None:
    server.pages = {path: page for path, _ in tells(1) if page is not None}
    server.rule = lambda path, body: Answer(7) if path == "/api/show" else chat("good")
    assert make_client("openai").complete(asked(2000)).text == "good"


def test_a_prompt_that_is_cut_in_silence_is_said_once(
    server: Server, make_client: MakeClient, caplog: pytest.LogCaptureFixture
) -> None:
    def rule(path: str, body: dict[str, Any]) -> Answer:
        if "messages" not in body:
            return Answer(status=404)
        words = len(body["messages"][0]["content"].split())
        return chat("good", usage={"prompt_tokens": min(words, 500), "completion_tokens": 1})

    server.rule = rule
    client = make_client("openai")
    with caplog.at_level(logging.WARNING, "tinyarms"):
        for words in (200, 490, 510, 2000, 2000):
            client.complete(asked(words))
    assert [record.getMessage() for record in caplog.records if "cuts" in record.getMessage()] == [
        caplog.records[-1].getMessage()
    ]
    assert "500 tokens of a prompt of 10000 bytes" in caplog.text
