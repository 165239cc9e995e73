from __future__ import annotations

from pathlib import Path

import pytest

from tests.models.conftest import Server, chat, refusal
from tinyarms.core.settings import Capabilities, ModelSettings
from tinyarms.models.findings import findings_of
from tinyarms.models.openai_api.server_memory import forget_servers
from tinyarms.models.registry import make_model
from tinyarms.skills.execution import Message, ModelRequest


def test_what_a_call_finds_out_is_known_to_later_processes(server: Server, tmp_path: Path) -> None:
    def rule(path: str, body: dict[str, object]) -> object:
        return refusal(400, "Unknown field: seed") if "seed" in body else chat("Hi")

    server.rule = rule  # type: ignore[assignment]
    server.pages = {"/v1/models": {"data": [{"id": "tiny", "max_model_len": 4096}]}}
    settings = ModelSettings(
        kind="openai",
        model="tiny",
        base_url=server.url.replace("http://", "http://ada:secret@"),
        capabilities=Capabilities(logprobs=False),
        slots=3,
    )
    environ = {"TINYARMS_CACHE": str(tmp_path)}
    before = findings_of(settings, environ)
    assert {f.name: f.is_taken for f in before.features if f.source != "not_known"} == {
        "logprobs": False
    }
    model = make_model("tiny", settings, tmp_path, environ)
    model.complete(ModelRequest(messages=(Message("user", "Hello " * 500),)))
    model.close()
    forget_servers()
    after = findings_of(settings, environ)
    assert (after.context_tokens, after.calls_at_once) == (4096, 3)
    assert "secret" not in str(after)
    taken = {f.name: f.is_taken for f in after.features if f.source == "found_out"}
    assert taken == {"seed": False, "max_tokens": True, "temperature": True}
    assert all(0 <= f.age_s < 60 for f in after.features if f.age_s is not None)


@pytest.mark.slow
def test_a_model_without_a_server_has_no_findings() -> None:
    found = findings_of(ModelSettings(kind="embedded", model="smollm2:135m"), {})
    assert (found.address, found.features) == (None, ())
