from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.loop.place import SKILL, Place, expected, text
from tinyarms.core.errors import UsageError
from tinyarms.loop.project.listener import Estimate, Silent
from tinyarms.loop.project.model_settings import (
    settings_in_force,
    settings_without_effect,
    weights_name,
)
from tinyarms.loop.project.starter import pull_model
from tinyarms.loop.searching.request import SearchRequest
from tinyarms.loop.searching.run import evolve
from tinyarms.models.embedded.model import EmbeddedModel
from tinyarms.skills.execution import Message, ModelRequest
from tinyarms.store.project.config import Project, load_project

SEVERAL = "smollm2:360m-instruct"


def project(place: Place, writer: dict[str, Any], smollm2: str, more: str = "") -> Project:
    """The place's project with a model `writer`, and a `smollm2:` block."""
    place.edit_config(lambda config: config["models"].update(writer=writer))
    place.setting(f"{{smollm2: {smollm2}{more}}}")
    return load_project(place.root)


def test_the_writer_has_its_own_context_and_quantization(place: Place) -> None:
    writer = {"kind": "embedded", "model": SEVERAL}
    made = project(place, writer, "{model: writer, quantization: Q8_0, context_window: 4096}")
    held = settings_in_force(made, "writer")
    assert (held.model, held.context_window) == ("smollm2:360m-instruct-q8_0", 4096)
    assert settings_without_effect(made) == ()
    context = place.open()
    model = context.model("writer")
    assert isinstance(model, EmbeddedModel)
    assert model.name == "smollm2:360m-instruct-q8_0"
    assert model._gguf_path.name == "SmolLM2-360M-Instruct-Q8_0.gguf"
    assert model._settings.context_window == 4096


def test_where_nothing_is_written_an_embedded_model_has_no_fixed_context(place: Place) -> None:
    writer = {"kind": "embedded", "model": SEVERAL}
    made = project(place, writer, "{model: writer}")
    held = settings_in_force(made, "writer")
    assert (held.model, held.context_window) == ("smollm2:360m-instruct-q4_k_m", None)
    place.setting("{smollm2: {variants_per_evolution: 2}}")
    other = settings_in_force(load_project(place.root), "writer")
    assert (other.model, other.context_window) == ("smollm2:360m-instruct-q4_k_m", None)
    assert settings_without_effect(made) == settings_without_effect(load_project(place.root)) == ()


def test_only_the_writer_is_meant(place: Place) -> None:
    place.edit_config(
        lambda config: config["models"].update(other={"kind": "embedded", "model": SEVERAL})
    )
    writer = {"kind": "ollama", "model": "smollm2:360m-instruct-q8_0"}
    made = project(place, writer, "{model: writer, quantization: Q8_0, context_window: 4096}")
    other = settings_in_force(made, "other")
    assert (other.model, other.context_window) == ("smollm2:360m-instruct-q4_k_m", None)
    assert settings_in_force(made, "writer").context_window == 4096
    assert settings_in_force(made, "small") == made.models["small"]
    assert settings_without_effect(made) == ()


def test_what_the_model_says_itself_comes_first(place: Place) -> None:
    writer = {"kind": "embedded", "model": f"{SEVERAL}-q6_k", "context_window": 1024}
    made = project(place, writer, "{model: writer, quantization: Q8_0, context_window: 4096}")
    held = settings_in_force(made, "writer")
    assert (held.model, held.context_window) == (f"{SEVERAL}-q6_k", 1024)
    first, second = settings_without_effect(made)
    assert first.startswith(f"smollm2.quantization (Q8_0) has no effect: {SEVERAL}-q6_k is Q6_K.")
    assert second == (
        "smollm2.context_window (4096) has no effect: models.writer.context_window (1024) takes "
        "precedence. Remove one of the two."
    )


BOTH = "{model: writer, quantization: Q8_0, context_window: 4096}"


@pytest.mark.parametrize(
    ("writer", "smollm2", "more", "said"),
    [
        (
            {"kind": "embedded", "model": SEVERAL},
            "{quantization: Q8_0, context_window: 4096}",
            "",
            [
                "smollm2.quantization and smollm2.context_window have no effect: smollm2.model "
                "names no model. Name it, or remove them."
            ],
        ),
        (
            {"kind": "embedded", "model": SEVERAL},
            BOTH,
            ", evolution: {writer_model: small}",
            ["evolution.writer_model (small) is used instead of smollm2.model (writer)."],
        ),
        (
            {"kind": "embedded", "model": SEVERAL},
            "{model: nobody, context_window: 4096}",
            "",
            ["smollm2.context_window has no effect: config.yaml has no models.nobody."],
        ),
        (
            {"kind": "embedded", "model": "smollm2:135m"},
            "{model: writer, quantization: Q4_1, context_window: 9000}",
            "",
            [
                "smollm2.quantization (Q4_1) has no effect: smollm2:135m is Q8_0.",
                "smollm2:135m reads at most 8192 tokens. Write 8192 or less.",
            ],
        ),
        (
            {"kind": "embedded", "model": SEVERAL},
            "{model: writer, quantization: Q1}",
            "",
            ["comes in Q3_K_M, Q4_K_M, Q5_K_M, Q6_K, Q8_0. Write one of them."],
        ),
        (
            {"kind": "ollama", "model": "smollm2:360m"},
            BOTH,
            "",
            ["smollm2.quantization (Q8_0) has no effect: in Ollama the tag decides."],
        ),
        (
            {"kind": "ollama", "model": "smollm2:360m-instruct-q8_0", "context_window": 1024},
            BOTH,
            "",
            ["models.writer.context_window (1024) takes precedence"],
        ),
        (
            {"kind": "openai", "model": "m", "base_url": "http://127.0.0.1:1/v1"},
            BOTH,
            "",
            [
                "smollm2.quantization (Q8_0) has no effect: the server of models.writer decides",
                "Start it with the context that you want, and remove the setting.",
            ],
        ),
        (
            {"kind": "replay", "model": "m", "recording": "replies.jsonl"},
            BOTH,
            "",
            ["answers from a recording. Remove", "answers from a recording. Remove"],
        ),
        ({"kind": "embedded", "model": "smollm2:135m"}, "{model: writer}", "", []),
        (
            {"kind": "embedded", "model": "smollm2:135m"},
            "{model: writer, quantization: q8_0, context_window: 8192}",
            "",
            [],
        ),
    ],
)
def test_a_setting_in_vain_is_told_in_a_line(
    place: Place, writer: dict[str, Any], smollm2: str, more: str, said: list[str]
) -> None:
    warnings = settings_without_effect(project(place, writer, smollm2, more))
    assert len(warnings) == len(said)
    for warning, part in zip(warnings, said, strict=True):
        assert part in warning
        assert "\n" not in warning


def test_a_quantization_that_there_is_not_does_not_become_another(place: Place) -> None:
    project(place, {"kind": "embedded", "model": SEVERAL}, "{model: writer, quantization: Q1}")
    with pytest.raises(UsageError, match="knows no model 'smollm2:360m-instruct-q1'"):
        place.open().model("writer")


class Notes(Silent):
    def __init__(self) -> None:
        self.heard: list[str] = []

    def note(self, text: str) -> None:
        self.heard.append(text)


class StopsBeforeTheSearch(Notes):
    def estimate(self, _: Estimate) -> None:
        raise KeyboardInterrupt


@pytest.mark.slow
def test_a_search_says_it(place: Place) -> None:
    place.setting("{smollm2: {model: small, context_window: 4096}}")
    rows = [
        {"inputs": {"text": text(n)}, "expected": expected(n), "split": split}
        for n, split in enumerate(("search", "selection", "test"))
    ]
    (place.root / "examples.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    notes = StopsBeforeTheSearch()
    with pytest.raises(KeyboardInterrupt):
        evolve(place.open(), SearchRequest(skill=SKILL), notes)
    assert notes.heard == [
        "smollm2.context_window (4096) has no effect: models.small answers from a recording. "
        "Remove the setting."
    ]


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=http.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{http.server_port}"
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


@pytest.mark.slow
def test_the_context_reaches_ollama(place: Place) -> None:
    seen: list[tuple[str, Any]] = []

    class Ollama(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen.append(
                (self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            )
            body = json.dumps({"message": {"role": "assistant", "content": "Hi"}}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with serving(Ollama) as url:
        writer = {"kind": "ollama", "model": "smollm2:360m", "base_url": f"{url}/v1"}
        project(place, writer, "{model: writer, context_window: 4096}")
        request = ModelRequest(messages=(Message("user", "Hello"),))
        assert place.open().model("writer").complete(request).text == "Hi"
    [(path, body)] = seen
    assert (path, body["options"]["num_ctx"]) == ("/api/chat", 4096)


@pytest.mark.slow
def test_the_pulled_file_is_the_one_that_the_project_runs(place: Place, tmp_path: Path) -> None:
    asked: list[str] = []

    class Hub(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", "4")
            self.send_header("ETag", '"0"')
            self.send_header("X-Repo-Commit", "a" * 40)
            self.end_headers()

        def do_GET(self) -> None:
            self.do_HEAD()
            self.wfile.write(b"GGUF")

        def log_message(self, format: str, *args: object) -> None:
            pass

    project(place, {"kind": "embedded", "model": SEVERAL}, "{model: writer, quantization: Q8_0}")
    with serving(Hub) as url:
        environ = {"HF_ENDPOINT": url, "TINYARMS_MODELS": str(tmp_path / "models")}
        name = weights_name(SEVERAL, place.root, environ)
        path = pull_model(name, lambda done, total: None, environ)
    file = "SmolLM2-360M-Instruct-Q8_0.gguf"
    # The second time by the commit that the hub named, which is pinned.
    folder = "/bartowski/SmolLM2-360M-Instruct-GGUF/resolve"
    assert set(asked) == {f"{folder}/main/{file}", f"{folder}/{'a' * 40}/{file}"}
    assert path.name == file
    model = place.open().model("writer")
    assert isinstance(model, EmbeddedModel)
    assert model._gguf_path.name == file


def test_outside_a_project_the_default_is_pulled(tmp_path: Path) -> None:
    assert weights_name(SEVERAL, tmp_path, {}) == f"{SEVERAL}-q4_k_m"
    assert weights_name(f"{SEVERAL}-q8_0", tmp_path, {}) == f"{SEVERAL}-q8_0"
    assert weights_name("smollm2:135m", tmp_path, {}) == "smollm2:135m"
    with pytest.raises(UsageError):
        weights_name("gpt-9", tmp_path, {})
