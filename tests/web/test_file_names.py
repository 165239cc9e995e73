"""Callers elsewhere are told which file of the project is wrong, and not where the project lies."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from tests.loop.place import SKILL, Place, text
from tests.web.conftest import Web
from tests.web.test_hostile_requests import GIVEN, operations, with_text
from tinyarms.web.security.access import routes_of

pytestmark = pytest.mark.slow


def in_place(root: Path, old: str, new: str) -> None:
    content = root.read_text()
    assert old in content
    root.write_text(content.replace(old, new))


def _break_config(root: Path) -> None:
    in_place(root / "config.yaml", "skills:", "skills: [")


def _break_skill(root: Path) -> None:
    Place(root).edit_config(lambda config: config["skills"][SKILL].update(scorer="exakt"))


def _break_model(root: Path) -> None:
    Place(root).edit_config(lambda config: config["skills"][SKILL].update(model="nobody"))


def _own_scorer_is_missing(root: Path) -> None:
    Place(root).edit_config(lambda config: config["skills"][SKILL].update(scorer="no_file:score"))


def _break_constants(root: Path) -> None:
    Place(root).setting("{evolution: {variants: many}}")


def _break_prompt(root: Path) -> None:
    for file in (root / "skills").glob("*.md"):
        file.write_text("---\nversion: [\n---\n{{nothing_of_this_name}}")


def _prompt_is_missing(root: Path) -> None:
    for file in (root / "skills").glob("*.md"):
        file.unlink()


def _break_examples(root: Path) -> None:
    for file in root.rglob("*.jsonl"):
        if "examples" in file.name or file.parent.name == "examples":
            file.write_text('{"inputs": \n')


def _examples_are_missing(root: Path) -> None:
    for file in root.rglob("*.jsonl"):
        if "examples" in file.name or file.parent.name == "examples":
            file.unlink()


def _break_tokens(root: Path) -> None:
    (root / ".tinyarms/access/tokens.json").write_text("{")


def _damage_database(root: Path) -> None:
    (root / "tinyarms.db").write_bytes(b"no database" * 1000)


def _recording_is_missing(root: Path) -> None:
    (root / "replies.jsonl").unlink()


WRONG: Mapping[str, tuple[Callable[[Path], None], str]] = {
    "config": (_break_config, "config.yaml"),
    "skill": (_break_skill, "config.yaml, line"),
    "model": (_break_model, "config.yaml, line"),
    "scorer": (_own_scorer_is_missing, "no_file"),
    "constants": (_break_constants, "config/constants.yaml"),
    "prompt": (_break_prompt, "skills/feeling"),
    "no prompt": (_prompt_is_missing, "skills/feeling"),
    "examples": (_break_examples, "examples"),
    "no examples": (_examples_are_missing, "examples"),
    "tokens": (_break_tokens, ".tinyarms/access/tokens.json"),
    "database": (_damage_database, "tinyarms.db"),
    "recording": (_recording_is_missing, "replies.jsonl"),
}
"""What is wrong, and what an answer then names."""


@dataclass(frozen=True)
class Callers:
    """Those who ask; made before anything is broken."""

    browser: TestClient
    program: TestClient
    application: TestClient


def answers(web: Web, callers: Callers) -> Iterator[str]:
    """What every route answers, and what became of the jobs that it began."""
    for route in routes_of(web.app):
        path = route.path.replace("{skill}", SKILL).replace("{format}", "markdown")
        path = re.sub(r"{[^}]*}", "x", path)
        if "GET" in (route.methods or ()):
            for client in (callers.browser, callers.program, callers.application):
                yield said(client.get(path))
    for method, path, schema in operations(web):
        uses = "/tasks" in path or "completions" in path
        client = callers.application if uses else callers.program
        if schema is None or "anyOf" in schema:
            yield said(client.request(method, path))
        else:
            required = {name: GIVEN.get(name, "x") for name in schema.get("required", ())}
            for body in (required, *with_text(schema, text(1))):
                yield said(client.request(method, path, json=body))
    for job in web.app.state.service.jobs.all():
        job.wait(60)
        yield said(callers.program.get(f"/v1/jobs/{job.id}"))
        yield said(callers.program.get(f"/v1/jobs/{job.id}/events"))


def said(answer: Response) -> str:
    return f"{answer.request.method} {answer.request.url} {answer.headers} {answer.text}"


@pytest.mark.parametrize("wrong", WRONG)
def test_no_answer_says_where_the_project_lies(web: Web, wrong: str) -> None:
    callers = Callers(
        web.client("release", accept="text/html"), web.client("release"), web.client("application")
    )
    spoil, file = WRONG[wrong]
    spoil(web.arms.root)
    web.app.state.service.config_changes.clock_s = lambda: 1e12
    said_in_all = list(answers(web, callers))
    assert len(said_in_all) > 200
    assert [each for each in said_in_all if str(web.arms.root) in each] == []
    assert any(file in each for each in said_in_all), "No answer tells what is wrong."


def test_texts_of_users_stay_as_they_are(web: Web) -> None:
    expected = f"{web.arms.root}/config.yaml"
    rows = [{"inputs": {"text": expected}, "expected": "good"}]
    client = web.client("release")
    assert client.post(f"/v1/skills/{SKILL}/examples", json={"rows": rows}).status_code == 200
    assert expected in client.get(f"/v1/skills/{SKILL}/examples?contains=config.yaml").text
