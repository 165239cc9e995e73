"""What counts as a reply, and what does not, however a server puts it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.models.conftest import Answer, MakeClient, Server, Sleeper, chat, refusal
from tinyarms.core.errors import BadReply, ContractViolation, ModelBusy, ModelError, ModelRejected
from tinyarms.skills.contract import JsonSchema, Labels
from tinyarms.skills.execution import Message, ModelRequest

ASKED = ModelRequest(messages=(Message("user", "Is it good?" * 10),), max_tokens=16)
WRITING = ModelRequest(completion="Go on:")
HELD = ModelRequest(
    messages=ASKED.messages, constraint=Labels(("good", "bad")).constraint(), max_tokens=16
)


def says(message: Any, finish: str | None = "stop", **more: Any) -> Answer:
    message = message if isinstance(message, dict) else {"content": message}
    return Answer({"choices": [{"message": message, "finish_reason": finish}], **more})


def events(*items: Any, end: str = "data: [DONE]\n\n") -> Answer:
    text = "".join(f"data: {json.dumps(item)}\r\n\r\n" for item in items)
    return Answer((": comment\n\n" + text + end).encode())


def delta(**fields: Any) -> dict[str, Any]:
    finish = fields.pop("finish", None)
    return {"choices": [{"delta": fields, "finish_reason": finish}]}


@pytest.mark.parametrize(
    "answer",
    [
        says("<think>It may be\nbad.</think>\n\ngood"),
        says("  <thinking>\n</thinking>good"),
        says("<think>a</think><think>b</think> good"),
        says("It may be bad.</think>good"),
        says("◁think▷bad?◁/think▷good"),
        says(
            "<|channel|>analysis<|message|>bad?<|end|><|start|>assistant<|channel|>final"
            "<|message|>good<|return|>"
        ),
        says({"content": "good", "reasoning_content": "bad?"}),
        says({"content": "good", "reasoning": {"effort": 1}}),
        says(
            [{"type": "thinking", "thinking": [{"type": "text"}]}, {"type": "text", "text": "good"}]
        ),
        says([{"type": "output_text", "text": "go"}, "od"]),
        says({"content": "good", "tool_calls": []}),
        says("good", finish="length"),
        says({"content": None, "refusal": "good"}),
        says("good", usage=[1]),
        says("good", usage={"prompt_tokens": {}, "prompt_tokens_details": 7}),
        Answer({"choices": [{"text": "good"}]}),
        Answer({"message": {"content": "good"}, "done_reason": "stop"}),
        Answer({"error": None, **says("good").body}),
        Answer(json.dumps(says("good").body).encode("utf-16")),
        Answer(b'{"choices": [{"message": {"content": "good"}}], "n": %s}' % (b"9" * 6000)),
        events(says("good").body),
        events(delta(role="assistant"), delta(content="go"), delta(content="od", finish="stop")),
        events(delta(reasoning_content="bad"), delta(content="good"), {"choices": [], "usage": {}}),
        Answer(
            b'{"message": {"content": "go"}, "done": false}\n'
            b'{"message": {"content": "od"}, "done": true, "eval_count": 2}\n'
        ),
    ],
)
def test_an_answer_in_any_form_is_a_reply(
    server: Server, make_client: MakeClient, answer: Answer
) -> None:
    server.answers = [answer]
    reply = make_client().complete(ASKED)
    assert reply.text == "good"
    assert reply.prompt_tokens > 0
    assert reply.completion_tokens > 0
    assert len(server.seen) == 1


THOUGHTS_ONLY = [
    says("<think>It may be"),
    says("<think>It may be", finish="length"),
    says({"content": None, "reasoning_content": "It may be"}, finish="length"),
    says({"content": "", "reasoning": "It may be"}),
    says("", finish="length"),
    says("<think>It is</think>\n"),
    says("<|channel|>analysis<|message|>It may"),
    says([{"type": "thinking", "thinking": "It may be"}], finish="length"),
    Answer({"message": {"content": "", "thinking": "It may"}, "done_reason": "length"}),
]


@pytest.mark.parametrize("answer", THOUGHTS_ONLY)
def test_thoughts_without_an_answer_name_the_setting(
    server: Server, make_client: MakeClient, answer: Answer
) -> None:
    """No other call of a run would do better, until more tokens are allowed."""
    server.answers = [answer]
    with pytest.raises(BadReply, match="reasoning_tokens") as caught:
        make_client().complete(ASKED)
    assert caught.value.concerns == "server"
    with pytest.raises(BadReply, match="8000") as caught:
        make_client(reasoning_tokens=4000).complete(ASKED)
    assert caught.value.concerns == "call"
    assert server.seen[-1][1]["max_tokens"] == 4016


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (says({"tool_calls": [{"id": "1"}]}), "called a tool"),
        (says({"content": None, "function_call": {"name": "f"}}), "called a tool"),
        (says(None), "without a text"),
        (says("good " * 100_000), "without an end"),
        (events(delta(content="go"), end=""), "cut off"),
        (Answer(b'data: {"choices": [{"de'), "JSON"),
        (Answer(b"[" * 100_000), "too deeply"),
        (Answer(b"<html>hello</html>"), "base_url"),
        (Answer({"error": "boom"}), "said: boom"),
        (Answer({"object": "error", "message": "boom"}), "boom"),
        (Answer([{"error": {"message": "boom"}}]), "boom"),
        (Answer({"detail": "boom"}), "boom"),
        (Answer({"choices": [{"error": {"message": "boom"}, "message": {"content": ""}}]}), "boom"),
        (events({"error": {"message": "boom"}}), "boom"),
    ],
)
def test_an_answer_without_a_text_is_no_reply(
    server: Server, make_client: MakeClient, answer: Answer, words: str
) -> None:
    server.answers = [answer]
    with pytest.raises(BadReply, match=words) as caught:
        make_client().complete(ASKED)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("error", "kind", "tries"),
    [
        ({"message": "overloaded"}, ModelBusy, 4),
        ({"message": "no", "code": 429}, ModelBusy, 4),
        ({"message": "no", "code": "401"}, ModelRejected, 1),
        ({"message": "prompt is too long: 9000 tokens", "code": 400}, ModelRejected, 1),
    ],
)
def test_an_error_inside_a_200_counts_as_its_status(
    server: Server,
    make_client: MakeClient,
    error: dict[str, Any],
    kind: type[ModelError],
    tries: int,
) -> None:
    server.answers = [Answer({"error": error})]
    with pytest.raises(kind):
        make_client().complete(ASKED)
    assert len(server.seen) == tries


def test_an_error_inside_a_200_may_refuse_a_field(server: Server, make_client: MakeClient) -> None:
    def rule(path: str, body: dict[str, Any]) -> Answer:
        return Answer({"error": "Unknown field: grammar"}) if "grammar" in body else says("good")

    server.rule = rule
    assert make_client().complete(HELD).left_out == "grammar"


def test_a_content_filter_concerns_the_input(server: Server, make_client: MakeClient) -> None:
    server.answers = [says(None, finish="content_filter")]
    with pytest.raises(ModelRejected, match="content filter") as caught:
        make_client().complete(ASKED)
    assert caught.value.concerns == "input"


@pytest.mark.parametrize(
    "text", ["", "g\x00d", "\x1b[2Jgood", "[" * 100_000 + "]" * 100_000, "9" * 6000]
)
def test_any_text_is_a_reply_and_the_contract_judges_it(
    server: Server, make_client: MakeClient, text: str
) -> None:
    server.answers = [says(text)]
    reply = make_client("openai").complete(HELD)
    assert reply.text == text.replace("\x00", "�")
    for contract in (Labels(("good", "bad")), JsonSchema({"type": "array"})):
        with pytest.raises(ContractViolation):
            contract.parse(reply.text)


def test_halves_of_letters_are_replaced(server: Server, make_client: MakeClient) -> None:
    server.answers = [
        Answer(b'{"choices": [{"message": {"content": "a \\ud83d\\ude00 \\ud83d"}}]}')
    ]
    assert make_client().complete(ASKED).text == "a 😀 �"
    server.answers = [says('{"answer": "\\ud83d"}')]
    assert make_client("openai").complete(HELD).text == "�"
    assert JsonSchema({}).parse('["\\ud83d", "a\\u0000"]') == '["�", "a\\u0000"]'


USAGES: list[Any] = [
    None,
    7,
    {},
    {"prompt_tokens": None, "completion_tokens": None},
    {"prompt_tokens": 0, "completion_tokens": 0},
    {"prompt_tokens": -(10**9), "completion_tokens": -5},
    {"prompt_tokens": 1e308, "completion_tokens": "7"},
    {"prompt_tokens": float("nan"), "completion_tokens": float("inf")},
    {"prompt_tokens": 10**9, "completion_tokens": 10**9},
    {"prompt_tokens": True, "completion_tokens": 1.5},
]


@pytest.mark.parametrize("usage", USAGES)
@pytest.mark.parametrize("request_", [ASKED, WRITING])
def test_impossible_counts_of_tokens_are_estimated_and_marked(
    server: Server, make_client: MakeClient, usage: Any, request_: ModelRequest
) -> None:
    server.answers = [Answer({"choices": [{"text": "good"}], "usage": usage})]
    reply = make_client().complete(request_)
    assert reply.tokens_estimated
    sent = len(request_.completion or request_.messages[0].content)
    assert sent / 5 < reply.prompt_tokens < sent + 20
    assert reply.completion_tokens == 1


def test_counts_of_tokens_that_can_be_are_taken(server: Server, make_client: MakeClient) -> None:
    server.answers = [
        chat("good", timings={"cache_n": 10**9, "prompt_ms": -1, "predicted_ms": "x"})
    ]
    reply = make_client().complete(ASKED)
    assert not reply.tokens_estimated
    assert (reply.prompt_tokens, reply.completion_tokens) == (48, 2)
    assert reply.cached_tokens <= 48
    assert (reply.prompt_ms, reply.generation_ms) == (None, None)


def test_an_empty_answer_costs_what_the_server_says(
    server: Server, make_client: MakeClient
) -> None:
    server.answers = [says("", usage={"prompt_tokens": 9, "completion_tokens": 0})]
    reply = make_client().complete(ASKED)
    assert (reply.prompt_tokens, reply.completion_tokens, reply.tokens_estimated) == (9, 0, False)


@pytest.mark.slow
def test_a_server_that_loads_its_model_is_waited_for(
    server: Server, make_client: MakeClient, sleeper: Sleeper
) -> None:
    loading = refusal(503, "Loading model")
    server.answers = [*[loading] * 9, says("good")]
    assert make_client().complete(ASKED).text == "good"
    assert len(sleeper.slept) == 9


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({"Retry-After": "86400"}, "24 hours"),
        ({"Retry-After": "864000s"}, "10 days"),
        ({"Retry-After-Ms": "3600000"}, "60 minutes"),
        ({"Retry-After": "inf"}, "for ever"),
    ],
)
def test_a_long_wait_is_said_and_pauses_the_run(
    server: Server, make_client: MakeClient, headers: dict[str, str], words: str
) -> None:
    server.answers = [Answer({"error": "busy"}, status=429, headers=headers)]
    with pytest.raises(ModelBusy, match=words) as caught:
        make_client().complete(ASKED)
    assert caught.value.concerns == "server"
    assert len(server.seen) == 1
