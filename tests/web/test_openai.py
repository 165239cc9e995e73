"""Unmodified clients of the OpenAI API run a skill, whole and streamed, and report how it went."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import openai
import pytest

from tests.web.audio import HELLO, PLAIN, SKILL, TRANSCRIPTS, make_audio_project
from tests.web.served import Served, serving

TEXT, LABEL = next(iter(TRANSCRIPTS.items()))
MODEL = f"skill:{SKILL}"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(make_audio_project(tmp_path_factory.mktemp("audio"))) as service:
        yield service


@pytest.fixture(scope="module")
def token(served: Served) -> str:
    return served.token("application", "shop")


@pytest.fixture
def client(served: Served, token: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{served.url}/v1", api_key=token, max_retries=0) as client:
        yield client


def ask(
    client: openai.OpenAI, text: str = TEXT, **more: object
) -> openai.types.chat.ChatCompletion:
    messages = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": text}]
    return client.chat.completions.create(model=MODEL, messages=messages, **more)  # type: ignore


def test_a_chat_completion_is_a_task(client: openai.OpenAI, served: Served, token: str) -> None:
    done = ask(client)
    assert (done.choices[0].message.content, done.choices[0].finish_reason) == (LABEL, "stop")
    assert done.usage is not None and done.usage.total_tokens == 21
    feedback = client.post(
        f"/tasks/{done.id}/feedback", body={"success": True}, cast_to=dict[str, object]
    )
    # Whether the task is known yet depends on the load: on a slow disk its row waits in the spool.
    assert feedback["success"] is True
    assert done.id == f"chatcmpl-{feedback['task_id']}"


def test_the_header_names_the_task(client: openai.OpenAI) -> None:
    raw = client.chat.completions.with_raw_response.create(
        model=MODEL, messages=[{"role": "user", "content": TEXT}]
    )
    assert raw.parse().id == f"chatcmpl-{raw.headers['x-tinyarms-task']}"


@pytest.mark.parametrize("with_usage", [True, False])
def test_a_streamed_chat_completion(client: openai.OpenAI, with_usage: bool) -> None:
    options: openai.types.chat.ChatCompletionStreamOptionsParam = {"include_usage": with_usage}
    with client.chat.completions.create(
        model=MODEL,
        messages=[{"role": "user", "content": TEXT}],
        stream=True,
        stream_options=options,
    ) as stream:
        chunks = list(stream)
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == LABEL
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"
    assert [c.usage is not None for c in chunks][-1] is with_usage
    assert len({c.id for c in chunks}) == 1


def test_the_clients_own_stream_reader(client: openai.OpenAI) -> None:
    with client.chat.completions.stream(
        model=MODEL, messages=[{"role": "user", "content": TEXT}]
    ) as stream:
        assert stream.get_final_completion().choices[0].message.content == LABEL


def test_a_response(client: openai.OpenAI) -> None:
    done = client.responses.create(model=MODEL, input=TEXT, instructions="Be kind.")
    assert (done.output_text, done.status) == (LABEL, "completed")
    feedback = client.post(
        f"/tasks/{done.id}/feedback", body={"correction": "note"}, cast_to=dict[str, object]
    )
    assert feedback["success"] is False and done.id == f"resp_{feedback['task_id']}"


def test_a_streamed_response(client: openai.OpenAI) -> None:
    with client.responses.stream(model=MODEL, input=TEXT) as stream:
        kinds = [event.type for event in stream]
        done = stream.get_final_response()
    assert done.output_text == LABEL
    assert kinds[0] == "response.created" and kinds[-1] == "response.completed"
    assert done.usage is not None and done.usage.output_tokens == 1


def test_inputs_may_be_json_or_metadata(client: openai.OpenAI) -> None:
    as_json = json.dumps({"transcript": TEXT})
    assert ask(client, as_json).choices[0].message.content == LABEL
    given = ask(client, "anything", metadata={"inputs": as_json})
    assert given.choices[0].message.content == LABEL


def test_the_models_are_the_skills_and_the_plain_models(client: openai.OpenAI) -> None:
    names = [model.id for model in client.models.list()]
    assert MODEL in names and "smollm2:135m" in names
    assert client.models.retrieve(MODEL).object == "model"


def test_a_plain_model_is_called_by_its_name(client: openai.OpenAI) -> None:
    done = client.chat.completions.create(
        model="smollm2:135m", messages=[{"role": "user", "content": PLAIN}]
    )
    assert done.choices[0].message.content == HELLO
    assert client.responses.create(model="smollm2:135m", input=PLAIN).output_text == HELLO


def test_mistakes_are_errors_of_the_client(client: openai.OpenAI, served: Served) -> None:
    with pytest.raises(openai.NotFoundError, match="no such model"):
        client.chat.completions.create(model="gpt", messages=[{"role": "user", "content": "x"}])
    with pytest.raises(openai.BadRequestError, match="gives labels, not JSON") as wrong:
        ask(client, response_format={"type": "json_object"})
    assert wrong.value.param == "response_format"
    with pytest.raises(openai.BadRequestError, match="tools is not supported"):
        ask(client, tools=[{"type": "function", "function": {"name": "f"}}])
    with pytest.raises(openai.BadRequestError, match="no data URL"):
        image = {"type": "image_url", "image_url": {"url": "http://169.254.169.254/latest"}}
        ask(client, [image])  # type: ignore[arg-type]
    with pytest.raises(openai.AuthenticationError):
        ask(client.with_options(api_key="ta_00000000_x"))
    with pytest.raises(openai.PermissionDeniedError):
        ask(client.with_options(api_key=served.token("vote")))
    with pytest.raises(openai.APIStatusError) as missing:
        ask(client, "no such recording")
    assert missing.value.status_code >= 500


def test_curl(served: Served, token: str) -> None:
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("curl is not installed")
    body = {"model": MODEL, "messages": [{"role": "user", "content": TEXT}], "stream": True}
    said = subprocess.run(
        [
            *(curl, "-sN", f"{served.url}/v1/chat/completions"),
            *("-H", f"Authorization: Bearer {token}", "-H", "Content-Type: application/json"),
            *("-d", json.dumps(body)),
        ],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    lines = [line for line in said.split("\n") if line]
    assert all(line.startswith("data: ") for line in lines)
    assert lines[-1] == "data: [DONE]"
    assert json.loads(lines[1].removeprefix("data: "))["choices"][0]["delta"]["content"] == LABEL


NODE = """\
import OpenAI from "openai";
const [url, key, model, text] = process.argv.slice(2);
const client = new OpenAI({ baseURL: url + "/v1", apiKey: key, maxRetries: 0 });
const messages = [{ role: "user", content: text }];
const done = await client.chat.completions.create({ model, messages });
let streamed = "";
for await (const chunk of await client.chat.completions.create({ model, messages, stream: true }))
  streamed += chunk.choices[0]?.delta?.content ?? "";
const response = await client.responses.create({ model, input: text });
const feedback = await client.post(`/tasks/${done.id}/feedback`, { body: { success: true } });
console.log(JSON.stringify({
  whole: done.choices[0].message.content, streamed, response: response.output_text,
  same: done.id === "chatcmpl-" + feedback.task_id,
}));
"""


def test_the_client_for_node(served: Served, token: str, tmp_path: Path) -> None:
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("npm is not installed")
    (tmp_path / "package.json").write_text('{"private": true, "type": "module"}')
    (tmp_path / "ask.mjs").write_text(NODE)
    install = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", "openai"]
    installed = subprocess.run(install, cwd=tmp_path, capture_output=True, text=True)
    assert installed.returncode == 0, installed.stderr
    said = subprocess.run(
        [node, "ask.mjs", served.url, token, MODEL, TEXT],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert said.returncode == 0, said.stderr
    expected = {"whole": LABEL, "streamed": LABEL, "response": LABEL, "same": True}
    assert json.loads(said.stdout) == expected


def test_langchain(served: Served, token: str) -> None:
    langchain_openai = pytest.importorskip("langchain_openai")
    chat = langchain_openai.ChatOpenAI(
        model=MODEL, base_url=f"{served.url}/v1", api_key=token, temperature=0.3, max_retries=0
    )
    done = chat.invoke(TEXT)
    assert done.content == LABEL
    assert done.response_metadata["id"].startswith("chatcmpl-")
    assert "".join(chunk.content for chunk in chat.stream(TEXT)) == LABEL
