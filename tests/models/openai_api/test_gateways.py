"""Answers of gateways that are no reply, and what they say to do."""

from __future__ import annotations

from typing import Any

import pytest

from tests.models.conftest import Answer, MakeClient, Server, chat, refusal
from tinyarms.core.errors import (
    BadReply,
    ConfigError,
    ModelBusy,
    ModelError,
    ModelRejected,
    ModelUnavailable,
)
from tinyarms.core.settings import ModelSettings
from tinyarms.models.openai_api.client import OpenAiModel
from tinyarms.models.openai_api.transport import Response, redirect_within
from tinyarms.skills.execution import Message, ModelRequest

HELLO = ModelRequest(messages=(Message("user", "Hello"),))
CREDIT = "Your credit balance is too low to access the API."
TOO_LONG = "the request exceeds the available context size"


def failed(server: Server, make_client: MakeClient, answer: Answer) -> ModelError:
    server.rule = lambda path, body: answer
    with pytest.raises(ModelError) as caught:
        make_client("openai").complete(HELLO)
    assert caught.value.hint
    return caught.value


def with_choice(**fields: Any) -> Answer:
    answer = chat("good")
    answer.body["choices"][0] |= fields
    return answer


@pytest.mark.parametrize("finish", ["error", "abort", "cancelled"])
def test_a_text_that_was_broken_off_is_no_reply(
    server: Server, make_client: MakeClient, finish: str
) -> None:
    error = failed(server, make_client, with_choice(finish_reason=finish))
    assert isinstance(error, BadReply) and "broke its answer off" in error.message


def test_an_error_beside_a_text_counts(server: Server, make_client: MakeClient) -> None:
    error = failed(server, make_client, chat("good", error={"message": "Provider went away"}))
    assert "Provider went away" in error.message


@pytest.mark.parametrize(
    "answer",
    [
        refusal(402, "Insufficient Balance"),
        refusal(400, CREDIT),
        Answer({"error": {"message": "no", "code": "insufficient_quota"}}, 429),
    ],
)
def test_an_account_without_money_ends_the_run_at_once(
    server: Server, make_client: MakeClient, answer: Answer
) -> None:
    error = failed(server, make_client, answer)
    assert (type(error), error.concerns) == (ModelRejected, "server")
    assert error.hint.startswith("Add credit")
    assert len(server.seen) == 1


def test_a_rate_limit_that_speaks_of_a_quota_is_tried_again(
    server: Server, make_client: MakeClient
) -> None:
    error = failed(server, make_client, refusal(429, "You exceeded your current quota."))
    assert isinstance(error, ModelBusy) and "quota" in error.hint
    assert len(server.seen) == 4


@pytest.mark.parametrize("status", [400, 500])
def test_a_call_that_is_too_long_concerns_its_input_and_is_asked_once(
    server: Server, make_client: MakeClient, status: int
) -> None:
    assert failed(server, make_client, refusal(status, TOO_LONG)).concerns == "input"
    assert len(server.seen) == 1


def test_headers_that_are_too_large_do_not_concern_the_input(
    server: Server, make_client: MakeClient
) -> None:
    error = failed(server, make_client, refusal(431, "Request Header Fields Too Large"))
    assert error.concerns == "call"


@pytest.mark.parametrize(
    ("status", "error", "hint"),
    [
        (405, ModelUnavailable, "`base_url` end in /v1"),
        (407, ModelRejected, "HTTPS_PROXY"),
        (410, ModelUnavailable, "have the model"),
        (529, ModelBusy, "Try again later"),
    ],
)
def test_a_status_has_its_remedy(
    server: Server, make_client: MakeClient, status: int, error: type, hint: str
) -> None:
    found = failed(server, make_client, refusal(status))
    assert type(found) is error and hint in found.hint


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "it is empty"),
        (b"<!DOCTYPE html><html><title>Sign\nin</title></html>", "it is a web page: Sign in"),
        (b"<html>", "it is a web page"),
    ],
)
def test_what_is_no_json_is_named(
    server: Server, make_client: MakeClient, body: bytes, said: str
) -> None:
    assert f"({said})" in failed(server, make_client, Answer(body)).message


def test_another_server_is_not_asked(server: Server, make_client: MakeClient) -> None:
    target = "http://ada:pw@example.org/v1/chat/completions"
    error = failed(server, make_client, Answer(b"", 307, {"Location": target}))
    assert "redirects to http://***@example.org/v1/chat/completions." in error.message
    assert "`base_url`" in error.hint
    assert len(server.seen) == 1


def test_a_redirect_of_the_same_server_is_followed_with_all_of_the_request(
    server: Server, make_client: MakeClient
) -> None:
    moved = Answer(b"", 301, {"Location": "/other/chat/completions"})
    server.rule = lambda path, body: chat("Hi") if path.startswith("/other") else moved
    assert make_client("openai").complete(HELLO).text == "Hi"
    (_, first), (path, second) = server.seen
    assert path == "/other/chat/completions" and first == second
    assert server.keys == ["Bearer secret"] * 2


@pytest.mark.parametrize(
    ("status", "location", "target"),
    [
        (308, "https://a.org/v1/completions", "https://a.org/v1/completions"),
        (307, "completions/", "http://a.org/v1/completions/"),
        (303, "http://a.org/v2/completions", None),
        (307, "http://a.org:81/v1/completions", None),
        (307, "http://b.org/v1/completions", None),
        (302, "/login", None),
        (307, "file:///v1/completions", None),
        (307, "http://[half", None),
        (307, "", None),
    ],
)
def test_where_a_request_may_be_sent_again(status: int, location: str, target: str | None) -> None:
    moved = Response(status, {"location": location}, b"")
    assert redirect_within("http://a.org/v1/completions", moved) == target


def test_a_redirect_away_from_https_is_not_followed() -> None:
    moved = Response(308, {"location": "http://a.org/v1/completions"}, b"")
    assert redirect_within("https://a.org/v1/completions", moved) is None


def test_of_several_choices_the_first_by_number_counts(
    server: Server, make_client: MakeClient
) -> None:
    one, other = chat("first").body["choices"][0], chat("second").body["choices"][0]
    server.answers = [Answer({"choices": [{**other, "index": 1}, one]})]
    assert make_client("openai").complete(HELLO).text == "first"


def test_probabilities_above_1_are_not_believed(server: Server, make_client: MakeClient) -> None:
    request = ModelRequest(messages=HELLO.messages, want_labels=("good", "bad"))
    server.answers = [chat("good", [("good", 700.0), ("bad", -1.0)])]
    assert make_client("openai").complete(request).label_logprobs is None


def test_a_key_that_no_header_takes_is_refused_and_not_shown() -> None:

    settings = ModelSettings(kind="openai", model="tiny", api_key_env="KEY")
    with pytest.raises(ConfigError, match="characters that no key may have") as caught:
        OpenAiModel(settings, "http://127.0.0.1:1/v1", "sk-1\nsk-2", name="small")
    assert "sk-1" not in str(caught.value)
