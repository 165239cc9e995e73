from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.models.conftest import Server, chat
from tinyarms.core.errors import ConfigError, ModelUnavailable, UsageError
from tinyarms.core.settings import ModelSettings
from tinyarms.models.recording import RecordingModel
from tinyarms.models.registry import is_local, make_model
from tinyarms.skills.execution import Message, ModelRequest

HELLO = ModelRequest(messages=(Message("user", "Hello"),))


def test_an_openai_compatible_server_with_a_key(server: Server, tmp_path: Path) -> None:
    server.answers = [chat("Hi")]
    settings = ModelSettings(
        kind="openai", model="m", base_url=server.url, api_key_env="MY_KEY", server="vllm"
    )
    model = make_model("big", settings, tmp_path, {"MY_KEY": "k1"})
    assert (model.name, model.complete(HELLO).text) == ("big", "Hi")
    model.close()
    assert server.keys == ["Bearer k1"]


def test_ollama_needs_no_url(tmp_path: Path) -> None:
    model = make_model("local", ModelSettings(kind="ollama", model="m"), tmp_path, {})
    assert model.name == "local"
    model.close()


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"kind": "embedded"}, True),
        ({"kind": "replay"}, True),
        ({"kind": "ollama"}, True),
        ({"kind": "ollama", "base_url": "http://gpu.lan:11434/v1"}, False),
        ({"kind": "openai", "base_url": "http://127.0.0.1:8000/v1"}, True),
        ({"kind": "openai", "base_url": "http://[::1]:8000/v1"}, True),
        ({"kind": "openai", "base_url": "https://127.0.0.1.example.org/v1"}, False),
        ({"kind": "openai"}, False),
    ],
)
def test_which_models_are_on_this_machine(settings: dict[str, str], expected: bool) -> None:
    assert is_local(ModelSettings.model_validate({"model": "m", **settings}), {}) is expected


def test_a_recording_is_found_in_the_project(server: Server, tmp_path: Path) -> None:
    server.answers = [chat("Hi")]
    live = make_model(
        "small", ModelSettings(kind="openai", model="m", base_url=server.url), tmp_path, {}
    )
    RecordingModel(live, tmp_path / "replies.jsonl").complete(HELLO)
    live.close()
    settings = ModelSettings(kind="replay", model="m", recording="replies.jsonl")
    replay = make_model("small", settings, tmp_path, {})
    assert replay.complete(HELLO).text == "Hi"
    replay.close()


def test_missing_weights_are_noticed_at_the_first_request(tmp_path: Path) -> None:
    settings = ModelSettings(kind="embedded", model="smollm2:135m")
    model = make_model("small", settings, tmp_path, {"TINYARMS_MODELS": str(tmp_path)})
    with pytest.raises(ModelUnavailable, match="tinyarms model pull smollm2:135m"):
        model.complete(HELLO)
    model.close()


def test_an_embedded_model_must_be_known(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="knows no model 'gpt-9'"):
        make_model("small", ModelSettings(kind="embedded", model="gpt-9"), tmp_path, {})


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (ModelSettings(kind="openai", model="m"), "models.small has no `base_url`"),
        (ModelSettings(kind="replay", model="m"), "models.small has no `recording`"),
        (
            ModelSettings(kind="openai", model="m", base_url="http://x/v1", api_key_env="NO_KEY"),
            "NO_KEY is not set",
        ),
    ],
)
def test_incomplete_settings(tmp_path: Path, settings: ModelSettings, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        make_model("small", settings, tmp_path, {"NO_KEY": ""})


@pytest.mark.slow
def test_naming_the_registry_does_not_load_the_http_client() -> None:
    code = "import sys, tinyarms.models.registry; sys.exit('httpx2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
