"""A running service takes in what somebody writes into the project's files."""

from __future__ import annotations

import pytest

from tests.loop.place import SKILL, Place
from tests.web.conftest import Web, data_of
from tinyarms.web import config_changes


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config_changes, "EVERY_S", 0.0)


def test_a_skill_that_is_added_is_served_and_shown(web: Web) -> None:
    client = web.client("release", accept="text/html")
    assert client.get("/v1/skills/second/stats").status_code == 404
    Place(web.arms.root).edit_config(
        lambda config: config["skills"].update(second={**config["skills"][SKILL]})
    )
    assert "second" in data_of(client.get("/v1/skills"))["skills"]
    assert data_of(client.get("/v1/skills/second/stats"))["skill"] == "second"
    assert "/skills/second" in client.get("/").text


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
