"""What servers are sent of a picture."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from tests.models.conftest import Answer, MakeClient, Server, chat, refusal
from tests.pictures import drawn, png
from tinyarms.core.errors import ModelError, ModelRejected
from tinyarms.core.settings import ModelSettings
from tinyarms.models.pictures.opening import encoded
from tinyarms.skills.contract import Labels
from tinyarms.skills.execution import (
    InputView,
    Message,
    ModelRequest,
    SentPicture,
    ask,
    build_request,
)
from tinyarms.skills.prompt import Demonstration, Prompt

ONE, TWO = (encoded(png(drawn(word)), 10**6, word) for word in ("Invoice", "Error"))
DATA = {"one": ONE, "two": TWO}


def shown(name: str, value: str) -> str | SentPicture:
    if value not in DATA:
        return value
    sent = DATA[value]
    return SentPicture(sent.sha256, sent.media_type, sent.pixels, lambda: sent.data)


VIEW = InputView(("picture", "note"), frozenset({"note"}), shown)
CONTRACT = Labels(("invoice", "error"))


def request(prompt: Prompt, **inputs: str) -> ModelRequest:
    return build_request(CONTRACT, prompt, inputs, VIEW)


def url(name: str) -> str:
    return "data:image/png;base64," + base64.b64encode(DATA[name].data).decode()


def test_a_picture_is_a_part_of_its_turn_where_the_template_names_it(
    server: Server, make_client: MakeClient
) -> None:
    server.answers = [chat("error")]
    shots = Prompt("What is it?", (Demonstration({"picture": "one", "note": "Old."}, "invoice"),))
    make_client().complete(request(shots, picture="two"))
    [(path, body)] = server.seen
    assert path == "/v1/chat/completions"
    assert body["messages"] == [
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "What is it?\n\nPicture: "},
                {"type": "image_url", "image_url": {"url": url("one")}},
                {"type": "text", "text": "\nNote: Old.\nOutput:"},
            ],
        },
        {"role": "assistant", "content": "invoice"},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "Picture: "},
                {"type": "image_url", "image_url": {"url": url("two")}},
                {"type": "text", "text": "\nOutput:"},
            ],
        },
    ]


def test_ollamas_own_api_gets_pictures_beside_the_text(
    server: Server, make_client: MakeClient
) -> None:
    server.answers = [Answer({"message": {"content": '"error"'}})]
    make_client("ollama", context_window=4096).complete(
        request(Prompt("{{picture}} is?"), picture="two")
    )
    [(path, body)] = server.seen
    assert path == "/api/chat"
    image = base64.b64encode(TWO.data).decode()
    assert body["messages"] == [{"role": "user", "content": " is?", "images": [image]}]


def test_words_for_a_server_without_formats_keep_the_picture(
    server: Server, make_client: MakeClient
) -> None:
    server.answers = [chat("error")]
    make_client(
        capabilities={"grammar": False, "json_schema": False, "json_object": False}
    ).complete(request(Prompt("{{picture}} is?"), picture="two"))
    [(_, body)] = server.seen
    first, image, last = body["messages"][0]["content"]
    assert first["text"].startswith("Answer with one of these")
    assert image == {"type": "image_url", "image_url": {"url": url("two")}}
    assert last["text"] == " is?"


def test_a_text_cannot_move_a_picture(server: Server, make_client: MakeClient) -> None:
    server.answers = [chat("error")]
    make_client().complete(
        request(Prompt("{{note}} {{picture}}"), picture="two", note="\ufdd0a\ufdd00\ufdd0")
    )
    [(_, body)] = server.seen
    assert [part["type"] for part in body["messages"][0]["content"]] == ["text", "image_url"]
    assert body["messages"][0]["content"][0]["text"] == "a0 "


def test_a_template_may_show_a_picture_twice_or_not_at_all(
    server: Server, make_client: MakeClient
) -> None:
    server.answers = [chat("error")]
    client = make_client()
    client.complete(request(Prompt("{{picture}}{{picture}}"), picture="two"))
    client.complete(request(Prompt("Note: {{note}}"), picture="two", note="x"))
    twice, without = (body["messages"][0]["content"] for _, body in server.seen)
    assert twice == [{"type": "image_url", "image_url": {"url": url("two")}}] * 2
    assert without == "Note: x"


@pytest.mark.slow
@pytest.mark.parametrize(
    "said",
    [
        "image input is not supported - hint: you may need to provide the mmproj",
        "This model does not support image_url content.",
        "messages[0].content must be a string",
    ],
)
def test_a_server_that_takes_no_pictures_is_named_with_the_remedy(
    server: Server, make_client: MakeClient, said: str
) -> None:
    server.answers = [refusal(400, said)]
    with pytest.raises(ModelRejected) as caught:
        make_client().complete(request(Prompt("{{picture}}"), picture="two"))
    assert said.split()[0] in caught.value.message
    assert "text_from: ocr" in caught.value.hint
    assert caught.value.concerns == "server"


@pytest.mark.slow
def test_a_server_that_quotes_the_picture_puts_it_into_no_message(
    server: Server, make_client: MakeClient
) -> None:
    server.answers = [refusal(422, f"bad content: {url('two')}")]
    with pytest.raises(ModelError) as caught:
        make_client().complete(request(Prompt("{{picture}}"), picture="two"))
    assert base64.b64encode(TWO.data).decode()[:64] not in str(caught.value)


def test_the_key_of_a_request_has_what_is_sent_and_not_the_bytes(tmp_path: Path) -> None:
    prompt = Prompt("{{picture}}")
    one, two = request(prompt, picture="one"), request(prompt, picture="two")
    assert one.key("m") != two.key("m")
    assert one.key("m") == request(prompt, picture="one").key("m")
    assert "data" not in repr(one) and len(repr(one)) < 1500


def test_the_key_of_a_request_without_pictures_is_as_it_always_was() -> None:
    plain = build_request(CONTRACT, Prompt("What is it?"), {"note": "x"})
    assert plain.key("m") == "8195d8e312d1d6068437fedeb9aa58cf366bfafd2f40ddf20439568355a3ee19"


def test_settings_name_the_capability() -> None:
    settings = ModelSettings(kind="openai", model="m", capabilities={"images": True})  # type: ignore[arg-type]
    assert settings.capabilities.images


def test_a_picture_counts_if_the_server_counts_no_tokens(
    server: Server, make_client: MakeClient
) -> None:
    server.answers = [Answer({"choices": [{"message": {"content": "error"}}]})]
    asked = request(Prompt("{{picture}}"), picture="two")
    assert ask(make_client(), asked).prompt_tokens >= TWO.pixels // 750 > 100


def shots(count: int) -> ModelRequest:
    """A request with so many pictures."""
    demonstrations = (Demonstration({"picture": "one"}, "invoice"),) * (count - 1)
    return request(Prompt("What is it?", demonstrations), picture="two")


def test_pictures_count_before_a_call_is_sent(server: Server, make_client: MakeClient) -> None:
    server.answers = [chat("error")]
    client = make_client("openai", context_window=2000)
    with pytest.raises(ModelRejected, match="Nothing was sent") as refused:
        client.complete(shots(40))
    assert refused.value.concerns == "input"
    assert not any("messages" in body for _, body in server.seen)
    assert client.complete(shots(3)).text == "error"


def test_without_a_count_of_the_server_a_picture_is_estimated_by_its_pixels(
    server: Server, make_client: MakeClient
) -> None:
    server.answers = [chat("error", usage={})]
    reply = make_client().complete(shots(2))
    pixels = ONE.pixels + TWO.pixels
    assert reply.tokens_estimated
    assert pixels / 750 < reply.prompt_tokens < pixels / 750 + 100


def test_pictures_do_not_make_later_texts_look_cut(
    server: Server, make_client: MakeClient, caplog: pytest.LogCaptureFixture
) -> None:
    long = Prompt("Say what it is. " * 120)
    server.answers = [chat("error", usage={"prompt_tokens": 9000, "completion_tokens": 1})]
    client = make_client()
    client.complete(request(long, picture="two"))
    server.answers = [chat("error", usage={"prompt_tokens": 600, "completion_tokens": 1})]
    client.complete(ModelRequest(messages=(Message("user", long.text),)))
    assert "in silence" not in caplog.text
