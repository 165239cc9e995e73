"""A model that is named without an entry under `models:` is looked for elsewhere."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.store.project.test_config import MODELS, SKILL, write
from tinyarms.core.errors import ConfigError, UsageError
from tinyarms.loop.project.config_files import settings_of
from tinyarms.loop.project.loading import load, usable_project
from tinyarms.loop.project.starter import settings_of_tag

NOWHERE = {"OLLAMA_HOST": "http://127.0.0.1:9"}
WRITER = "prompt_evolution: {smollm2: {model: %s}}\n"


class _Ollama(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        content = json.dumps({"models": [{"name": "qwen3:0.6b"}, {"name": "own:latest"}]}).encode()
        self.send_response(200 if self.path == "/api/tags" else 404)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def ollama() -> Iterator[dict[str, str]]:
    server = HTTPServer(("127.0.0.1", 0), _Ollama)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield {"OLLAMA_HOST": f"http://127.0.0.1:{server.server_port}"}
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_tag_is_looked_for_in_ollama(ollama: dict[str, str]) -> None:
    assert settings_of_tag("own", ollama).kind == "ollama"
    assert settings_of_tag("ollama:later", ollama).model == "later"
    with pytest.raises(UsageError, match="Ollama does not have it") as refused:
        settings_of_tag("qwen3:0.6", ollama)
    assert "Did you mean qwen3:0.6b?" in refused.value.hint


def test_a_model_of_the_catalog_needs_no_entry(tmp_path: Path) -> None:
    tag = "smollm2:360m-instruct-q4_k_m"
    project = load(write(tmp_path, MODELS + SKILL, WRITER % f'"{tag}"'), NOWHERE)
    assert (project.models[tag].kind, project.models[tag].model) == ("embedded", tag)
    assert project.undeclared == (tag,)
    [line, *_] = settings_of(project).warnings
    assert f"`{tag}: {{kind: embedded, model: {tag}}}`" in line
    assert "models:\n  tiny" in (tmp_path / "config.yaml").read_text()


def test_a_model_in_ollama_needs_no_entry(tmp_path: Path, ollama: dict[str, str]) -> None:
    config = MODELS + SKILL.replace("model: tiny", "model: qwen3:0.6b")
    project = load(write(tmp_path, config, WRITER % "own"), ollama)
    assert {name: project.models[name].kind for name in project.undeclared} == {
        "qwen3:0.6b": "ollama",
        "own": "ollama",
    }
    assert project.unusable == {}


def test_a_model_that_is_nowhere_is_refused_with_the_lines_to_add(tmp_path: Path) -> None:
    config = MODELS + SKILL.replace("model: tiny", "model: tinny")
    project, [error] = usable_project(write(tmp_path, config), NOWHERE)
    assert list(project.unusable) == ["file-naming"]
    for part in (
        "config.yaml, line 9: skills.file-naming.model: there is no models.tinny",
        "Did you mean tiny?",
        "add below `models:` in config.yaml, indented: `tinny: {kind: ollama, model: tinny}`.",
    ):
        assert part in str(error)


@pytest.mark.slow
def test_a_writer_that_is_nowhere_stops_only_the_search(tmp_path: Path) -> None:
    root = write(tmp_path, MODELS + SKILL, WRITER % "gone")
    project = load(root, NOWHERE)
    assert list(project.skills) == ["file-naming"]
    [error] = usable_project(root, NOWHERE)[1]
    assert "constants.yaml, line 1: prompt_evolution.smollm2.model: there is no" in str(error)
    write(root, MODELS + SKILL, "prompt_evolution: {evolution: {writer_model: gone}}\n")
    with pytest.raises(ConfigError, match="writer_model: there is no models"):
        load(root, NOWHERE)
