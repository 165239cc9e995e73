from __future__ import annotations

import socket
from typing import Any

import pytest

from tests.models.conftest import Answer, MakeClient, Server, Sleeper, chat, refusal
from tinyarms.core.errors import (
    BadReply,
    ModelBusy,
    ModelError,
    ModelRejected,
    ModelTimeout,
    ModelUnavailable,
)
from tinyarms.core.settings import ModelSettings
from tinyarms.models.openai_api.breaker import Breaker
from tinyarms.models.openai_api.client import OpenAiModel
from tinyarms.skills.contract import JsonSchema, Labels, Pattern
from tinyarms.skills.execution import Message, ModelRequest

HELLO = ModelRequest(messages=(Message("system", "Be brief."), Message("user", "Hello")))
LABELS = ("negative", "positive")


def test_a_chat_request_says_everything_that_decides_the_reply(
    server: Server, make_client: MakeClient
) -> None:
    server.answers = [chat("Hi")]
    request = ModelRequest(
        messages=HELLO.messages, max_tokens=7, temperature=0.5, seed=3, stop=("\n", "END")
    )
    reply = make_client().complete(request)
    path, body = server.seen[0]
    assert path == "/v1/chat/completions"
    assert body == {
        "model": "tiny",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hello"},
        ],
        "max_tokens": 7,
        "temperature": 0.5,
        "seed": 3,
        "stop": ["\n", "END"],
        "cache_prompt": True,
    }
    assert server.keys == ["Bearer secret"]
    assert (reply.text, reply.prompt_tokens, reply.completion_tokens) == ("Hi", 48, 2)
    assert reply.latency_ms > 0
    assert reply.label_logprobs is None


def test_a_completion_goes_to_the_raw_endpoint(server: Server, make_client: MakeClient) -> None:
    server.answers = [Answer({"choices": [{"text": " there"}], "usage": None})]
    reply = make_client().complete(ModelRequest(completion="Hello", stop=("\n",)))
    path, body = server.seen[0]
    assert path == "/v1/completions"
    assert (body["prompt"], body["stop"]) == ("Hello", ["\n"])
    assert "messages" not in body
    assert reply.text == " there"


def test_an_empty_completion_is_a_reply(server: Server, make_client: MakeClient) -> None:
    server.answers = [Answer({"choices": [{"text": ""}]})]
    assert make_client().complete(ModelRequest(completion="x")).text == ""


def test_ollama_completes_raw_through_its_own_api(server: Server, make_client: MakeClient) -> None:
    server.answers = [Answer({"response": '"a b"', "prompt_eval_count": 5, "eval_count": 2})]
    constraint = Pattern("[a-z ]+").constraint()
    request = ModelRequest(completion="Go on:", max_tokens=9, stop=("\n",), constraint=constraint)
    reply = make_client("ollama").complete(request)
    path, body = server.seen[0]
    assert path == "/api/generate"
    assert (body["prompt"], body["raw"], body["stream"]) == ("Go on:", True, False)
    assert body["options"]["stop"] == ["\n"]
    assert body["options"]["num_predict"] >= 9
    assert body["format"] == constraint.schema
    assert (reply.text, reply.prompt_tokens, reply.completion_tokens) == ("a b", 5, 2)


def test_a_context_for_ollama_goes_to_its_own_api(server: Server, make_client: MakeClient) -> None:
    """Nothing under /v1 takes it."""
    tops = [{"token": "negative", "logprob": -2.0}]
    answer = {
        "message": {"role": "assistant", "content": '"positive"'},
        "logprobs": [
            {"token": '"', "logprob": 0.0, "top_logprobs": []},
            {"token": "positive", "logprob": -0.5, "top_logprobs": tops},
        ],
        "prompt_eval_count": 9,
        "eval_count": 3,
    }
    server.answers = [Answer(answer)]
    constraint = Labels(LABELS).constraint()
    request = ModelRequest(
        messages=HELLO.messages,
        max_tokens=7,
        temperature=0.5,
        seed=3,
        stop=("END",),
        constraint=constraint,
        want_labels=LABELS,
    )
    reply = make_client("ollama", context_window=8192).complete(request)
    path, body = server.seen[0]
    assert path == "/api/chat"
    options = body.pop("options")
    assert options.pop("num_predict") >= 7
    assert options == {"temperature": 0.5, "seed": 3, "stop": ["END"], "num_ctx": 8192}
    assert body == {
        "model": "tiny",
        "stream": False,
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Hello"},
        ],
        "format": constraint.schema,
        "logprobs": True,
        "top_logprobs": 20,
    }
    assert (reply.text, reply.prompt_tokens, reply.completion_tokens) == ("positive", 9, 3)
    assert reply.label_logprobs == {"negative": -2.0, "positive": -0.5}


def test_without_a_context_ollama_is_asked_like_the_others(
    server: Server, make_client: MakeClient
) -> None:
    server.answers = [chat("Hi")]
    make_client("ollama").complete(HELLO)
    path, body = server.seen[0]
    assert path == "/v1/chat/completions"
    assert "options" not in body


def test_a_context_for_ollama_goes_with_raw_completions_too(
    server: Server, make_client: MakeClient
) -> None:
    server.answers = [Answer({"response": "on"})]
    make_client("ollama", context_window=4096).complete(ModelRequest(completion="Go"))
    path, body = server.seen[0]
    assert (path, body["options"]["num_ctx"]) == ("/api/generate", 4096)


def test_a_prompt_that_does_not_fit_names_the_setting(
    server: Server, make_client: MakeClient
) -> None:
    server.answers = [refusal(400, "request (9 tokens) exceeds the available context size (8)")]
    with pytest.raises(ModelRejected, match="Raise `context_window`"):
        make_client().complete(HELLO)


@pytest.mark.parametrize(
    ("dialect", "said"),
    [
        ("llama.cpp", "positive"),
        ("vllm", "positive"),
        ("ollama", '"positive"'),
        ("openai", '{"answer": "positive"}'),
    ],
)
def test_every_dialect_gives_back_the_bare_label(
    server: Server, make_client: MakeClient, dialect: str, said: str
) -> None:
    server.answers = [chat(said)]
    request = ModelRequest(messages=HELLO.messages, constraint=Labels(LABELS).constraint())
    assert make_client(dialect).complete(request).text == "positive"


def test_a_json_contract_is_left_as_the_server_says_it(
    server: Server, make_client: MakeClient
) -> None:
    server.answers = [chat('{"answer": "x"}')]
    constraint = JsonSchema({"type": "object"}).constraint()
    request = ModelRequest(messages=HELLO.messages, constraint=constraint)
    assert make_client("openai").complete(request).text == '{"answer": "x"}'


@pytest.mark.parametrize(("dialect", "most"), [("openai", 20), ("llama.cpp", 500)])
def test_label_logprobs_are_asked_for_only_when_wanted(
    server: Server, make_client: MakeClient, dialect: str, most: int
) -> None:
    server.answers = [chat("positive", tops=[("positive", -0.5), (" negative", -2.0)])]
    client = make_client(dialect)
    assert client.complete(HELLO).label_logprobs is None
    wanting = ModelRequest(messages=HELLO.messages, want_labels=LABELS)
    assert client.complete(wanting).label_logprobs == {"positive": -0.5, "negative": -2.0}
    assert "logprobs" not in server.seen[0][1]
    assert server.seen[1][1]["top_logprobs"] == most


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (400, "`logprobs` is not supported with this model"),
        (403, "You are not allowed to request logprobs from this model."),
        (422, "extra fields not permitted: logprobs, top_logprobs"),
    ],
)
def test_a_server_that_refuses_to_tell_logprobs_is_asked_without(
    server: Server, make_client: MakeClient, status: int, said: str
) -> None:
    server.answers = [refusal(status, said), chat("positive"), chat("negative")]
    client = make_client("openai")
    request = ModelRequest(messages=HELLO.messages, want_labels=LABELS)
    first, second = client.complete(request), client.complete(request)
    assert (first.text, first.label_logprobs, second.text) == ("positive", None, "negative")
    assert ["logprobs" in body for _, body in server.seen] == [True, False, False]


def test_another_refusal_is_told(server: Server, make_client: MakeClient) -> None:
    server.answers = [refusal(400, "no such model")]
    with pytest.raises(ModelRejected, match="no such model"):
        make_client().complete(ModelRequest(messages=HELLO.messages, want_labels=LABELS))
    assert len(server.seen) == 1


def test_a_token_that_was_forced_and_is_not_listed_counts(
    server: Server, make_client: MakeClient
) -> None:
    listed = [{"token": "The", "logprob": -0.1}, {"token": "pos", "logprob": -6.0}]
    forced = {"token": "neg", "logprob": -9.0, "top_logprobs": listed}
    never = {"token": "x", "logprob": -3.4e38, "top_logprobs": listed}
    client = make_client("llama.cpp")
    request = ModelRequest(messages=HELLO.messages, want_labels=LABELS)
    for sent, negative in ((forced, -9.0), (never, -7.0)):
        choice = {"message": {"content": "negative"}, "logprobs": {"content": [sent]}}
        server.answers = [Answer({"choices": [choice]})]
        assert client.complete(request).label_logprobs == {"positive": -6.0, "negative": negative}


LISTED_LATER = {
    "token": "positive",
    "logprob": -0.1,
    "top_logprobs": [{"token": "positive", "logprob": -0.1}],
}


@pytest.mark.parametrize(
    "logprobs",
    [
        None,
        {},
        {"content": []},
        {"content": [{"token": "x"}]},
        {"content": [{"token": "x"}, LISTED_LATER]},
    ],
)
def test_a_server_without_logprobs_gives_none(
    server: Server, make_client: MakeClient, logprobs: object
) -> None:
    choice = {"message": {"content": "positive"}, "logprobs": logprobs}
    server.answers = [Answer({"choices": [choice]})]
    request = ModelRequest(messages=HELLO.messages, want_labels=LABELS)
    assert make_client().complete(request).label_logprobs is None


@pytest.mark.parametrize(
    "more",
    [
        {"usage": {"prompt_tokens": 48, "prompt_tokens_details": {"cached_tokens": 47}}},
        {"timings": {"cache_n": 47}},
    ],
)
def test_cached_tokens(server: Server, make_client: MakeClient, more: dict[str, object]) -> None:
    server.answers = [chat("Hi", **more)]
    assert make_client().complete(HELLO).cached_tokens == 47


def test_refusals_for_now_are_tried_again(
    server: Server, make_client: MakeClient, sleeper: Sleeper
) -> None:
    server.answers = [refusal(429, Retry_After="4"), refusal(500), refusal(503), chat("Hi")]
    assert make_client().complete(HELLO).text == "Hi"
    assert sleeper.slept == [4.0, 1.0, 2.0]


@pytest.mark.parametrize(
    ("asked", "waited"),
    [
        ("nan", 0.0),
        ("-5", 0.0),
        ("Wed, 21 Oct", 0.5),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
    ],
)
def test_strange_wishes_of_the_server_are_bounded(
    server: Server, make_client: MakeClient, sleeper: Sleeper, asked: str, waited: float
) -> None:
    server.answers = [refusal(429, Retry_After=asked), chat("Hi")]
    make_client().complete(HELLO)
    assert sleeper.slept == [waited]


@pytest.mark.parametrize("asked", ["9999", "1e400", "Wed, 21 Oct 2065 07:28:00 GMT"])
def test_a_wait_that_is_longer_than_the_call_may_take_ends_it(
    server: Server, make_client: MakeClient, sleeper: Sleeper, asked: str
) -> None:
    server.answers = [refusal(429, Retry_After=asked)]
    with pytest.raises(ModelBusy, match="asks to wait"):
        make_client().complete(HELLO)
    assert (len(server.seen), sleeper.slept) == (1, [])


@pytest.mark.parametrize(
    ("status", "error", "tries"),
    [
        (429, ModelBusy, 4),
        (503, ModelBusy, 4),
        (500, ModelUnavailable, 4),
        (404, ModelUnavailable, 1),
        (409, ModelRejected, 1),
        (401, ModelRejected, 1),
    ],
)
def test_each_status_has_its_error(
    server: Server, make_client: MakeClient, status: int, error: type[ModelError], tries: int
) -> None:
    server.answers = [refusal(status, "because\nof this")]
    with pytest.raises(error) as caught:
        make_client().complete(HELLO)
    assert type(caught.value) is error
    assert len(server.seen) == tries
    assert "because of this" in caught.value.message
    assert server.url in caught.value.message
    assert "\n" not in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("status", "said", "concerns"),
    [
        (400, "This model's maximum context length is 4096 tokens.", "input"),
        (400, "request (9000 tokens) exceeds the available context size (4096 tokens)", "input"),
        (400, "prompt is too long: 210000 tokens > 200000 maximum", "input"),
        (400, "Please reduce the length of the messages.", "input"),
        (413, "Payload Too Large", "input"),
        (400, "Unsupported parameter: 'max_tokens'", "call"),
        (422, "seed: extra fields not permitted", "call"),
        (401, "Incorrect API key provided", "server"),
        (403, "Your account is not active", "server"),
        (404, "model not found", "server"),
        (429, "slow down", "call"),
        (500, "failed", "call"),
        pytest.param(503, "loading model", "call", marks=pytest.mark.slow),
    ],
)
def test_an_error_says_what_it_concerns(
    server: Server, make_client: MakeClient, status: int, said: str, concerns: str
) -> None:
    server.answers = [refusal(status, said)]
    # A server that loads its model is asked again until there is no time left.
    client = make_client(timeout_s=5.0 if status == 503 else 60.0)
    with pytest.raises(ModelError) as caught:
        client.complete(HELLO)
    assert caught.value.concerns == concerns


def test_a_missing_ollama_model_comes_with_the_command_that_gets_it(
    server: Server, make_client: MakeClient
) -> None:
    server.answers = [refusal(404, "model 'tiny' not found")]
    with pytest.raises(ModelUnavailable, match="ollama pull tiny"):
        make_client("ollama").complete(HELLO)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(b"{ not json"),
        Answer(b"\xff\xfe"),
        Answer(b"<html>hello</html>", headers={"Content-Type": "text/html"}),
        Answer(["a", "list"]),
        Answer({}),
        Answer({"choices": []}),
        Answer({"choices": None}),
        Answer({"choices": [{"message": None}]}),
        Answer({"choices": [{"message": {"content": None}}]}),
        Answer({"choices": [{"message": {"content": [7]}}]}),
        Answer({"choices": [{"message": {"content": 7}}]}),
        Answer({"choices": {"0": 1}}),
        Answer(None),
        Answer(b""),
    ],
)
def test_garbage_is_a_bad_reply_and_is_not_asked_for_twice(
    server: Server, make_client: MakeClient, answer: Answer
) -> None:
    server.answers = [answer]
    with pytest.raises(BadReply) as caught:
        make_client().complete(HELLO)
    assert len(server.seen) == 1
    assert "\n" not in str(caught.value)


def test_garbage_instead_of_logprobs_is_none(server: Server, make_client: MakeClient) -> None:
    garbage: list[Any] = [
        7,
        {"content": [{"top_logprobs": [{}]}]},
        {"content": [{"token": 5, "logprob": "x"}]},
        {
            "content": [
                {"token": "a", "logprob": 0, "top_logprobs": [{"token": "a", "logprob": []}]}
            ]
        },
    ]
    for logprobs in garbage:
        server.answers = [
            Answer({"choices": [{"message": {"content": "x"}, "logprobs": logprobs}]})
        ]
        reply = make_client().complete(ModelRequest(messages=HELLO.messages, want_labels=LABELS))
        assert (reply.text, reply.label_logprobs) == ("x", None)


@pytest.mark.slow
def test_a_server_that_hangs_is_a_timeout_and_is_asked_once(
    server: Server, make_client: MakeClient, sleeper: Sleeper
) -> None:
    server.answers = [Answer(hang=True)]
    with pytest.raises(ModelTimeout, match=r"1 s.*timeout_s"):
        make_client(timeout_s=1.0).complete(HELLO)
    assert len(server.seen) == 1
    assert sleeper.slept == []


def test_nobody_there(sleeper: Sleeper) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: connections are refused
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        settings = ModelSettings(kind="openai", model="tiny")
        client = OpenAiModel(settings, url, None, name="small", sleep=sleeper)
        with pytest.raises(ModelUnavailable, match="cannot be reached"):
            client.complete(HELLO)
        client.close()
    assert sleeper.slept == [0.5, 1.0, 2.0]


def test_proxy_variables_do_not_send_local_calls_elsewhere(
    server: Server, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    server.answers = [chat("Hi")]
    assert make_client().complete(HELLO).text == "Hi"


def test_keys_of_the_environment_are_not_sent(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "private")
    server.answers = [chat("Hi")]
    client = OpenAiModel(ModelSettings(kind="openai", model="tiny"), server.url, None, name="small")
    client.complete(HELLO)
    client.close()
    assert server.keys == ["Bearer none"]


@pytest.mark.slow
def test_after_failures_in_a_row_the_client_stops_asking_for_a_while(
    server: Server, make_client: MakeClient
) -> None:
    now = [0.0]
    client = make_client(breaker=Breaker(limit=2, pause_s=30, now=lambda: now[0]))
    server.answers = [refusal(500)]
    for _ in range(2):
        with pytest.raises(ModelUnavailable, match="said 500"):
            client.complete(HELLO)
    asked = len(server.seen)
    with pytest.raises(ModelUnavailable, match="Next try in 30 s"):
        client.complete(HELLO)
    assert len(server.seen) == asked
    now[0] = 30.0
    server.answers = [chat("Hi")]
    assert client.complete(HELLO).text == "Hi"


def test_neither_a_login_nor_a_key_stands_in_an_error(
    server: Server, make_client: MakeClient
) -> None:
    server.answers = [refusal(401, "Incorrect API key: k-s3cr3t. Login ada:pa55word is wrong.")]
    url = server.url.replace("http://", "http://ada:pa55word@")
    settings = ModelSettings(kind="openai", model="m", base_url=url)
    client = OpenAiModel(settings, url, "k-s3cr3t", name="big")
    with pytest.raises(ModelRejected) as raised:
        client.complete(ModelRequest(completion="Hello"))
    client.close()
    text = str(raised.value)
    assert "big: http://***@127.0.0.1" in text
    assert "Incorrect API key: ***. Login ada:*** is wrong" in text
