"""A running service takes in what somebody writes into the project's files."""

from __future__ import annotations

import pytest

from tests.loop.place import SKILL, Place, text
from tests.web.conftest import Web, data_of
from tinyarms.web import config_changes


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config_changes, "EVERY_S", 0.0)


@pytest.mark.slow
def test_a_skill_that_is_added_is_served_and_shown(web: Web) -> None:
    client = web.client("release", accept="text/html")
    assert client.get("/v1/skills/second/stats").status_code == 404
    Place(web.arms.root).edit_config(
        lambda config: config["skills"].update(second={**config["skills"][SKILL]})
    )
    assert "second" in data_of(client.get("/v1/skills"))["skills"]
    assert data_of(client.get("/v1/skills/second/stats"))["skill"] == "second"
    assert "/skills/second" in client.get("/").text


@pytest.mark.slow
def test_a_broken_file_is_told_and_the_service_goes_on(web: Web) -> None:
    client = web.client("release", accept="text/html")
    file = web.arms.root / "config.yaml"
    whole = file.read_text()
    file.write_text("models: [")
    assert data_of(client.get(f"/v1/skills/{SKILL}/stats"))["skill"] == SKILL
    page = client.get("/").text
    assert "config.yaml" in page and "goes on with what it read before" in page
    file.write_text(whole)
    assert "goes on with what it read before" not in client.get("/").text


def test_a_mistake_in_the_project_is_not_the_callers_and_passes(web: Web) -> None:
    """So a client sends its request again later, and loses nothing."""
    client = web.client("release")
    file = web.arms.root / "config.yaml"
    whole = file.read_text()
    Place(web.arms.root).edit_config(lambda config: config["skills"][SKILL].update(outptu="x"))
    task = {"skill": SKILL, "inputs": {"text": text(1)}}
    chat = {"model": f"skill:{SKILL}", "messages": [{"role": "user", "content": text(1)}]}
    for answer in (
        client.get(f"/v1/skills/{SKILL}/stats"),
        client.get(f"/skills/{SKILL}"),
        client.post("/v1/tasks", json=task),
    ):
        assert int(answer.headers["retry-after"]) > 0
        problem = data_of(answer, 503)
        assert problem["kind"] == "config" and "Did you mean output?" in problem["hint"]
        assert "config.yaml, line" in problem["detail"] and "outptu" in problem["detail"]
    error = data_of(client.post("/v1/chat/completions", json=chat), 503)["error"]
    assert error["code"] == "config" and "line" in error["message"]
    file.write_text(whole)
    data_of(client.post("/v1/tasks", json=task))
