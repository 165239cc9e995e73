"""REST answers with the facade's own facts, counts repeated requests once, and names mistakes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import httpx
import pytest

from tests.loop.place import BETTER, SKILL, V1, WORSE, answer, contested, text
from tests.web.conftest import Web, data_of, ended
from tests.web.served import serving
from tinyarms.core.errors import TinyArmsError
from tinyarms.core.plain import plain
from tinyarms.loop.api import TinyArms
from tinyarms.skills.prompt_file import format_prompt_file
from tinyarms.web.problems import status_of

TASK = {"skill": SKILL, "inputs": {"text": text(7)}}


def test_a_task_and_its_feedback(web: Web) -> None:
    client = web.client("application")
    done = client.post("/v1/tasks", json=TASK | {"user": "bo"})
    task = data_of(done)
    assert (task["output"], task["prompt_version"]) == (answer(V1, 7), 1)
    assert done.headers["x-tinyarms-task"] == task["task_id"]
    path = f"/v1/tasks/{task['task_id']}/feedback"
    result = data_of(client.post(path, json={"correction": "good"}))
    assert (result["known"], result["skill"]) == (True, SKILL)


def test_an_id_may_have_any_letters(web: Web) -> None:
    client = web.client("application")
    done = client.post("/v1/tasks", json=TASK | {"task_id": "\u4efb\u52a1 1"})
    assert data_of(done)["task_id"] == "\u4efb\u52a1 1"
    assert unquote(done.headers["x-tinyarms-task"]) == "\u4efb\u52a1 1"


def test_a_task_of_the_callers_own_model(web: Web) -> None:
    client = web.client("application")
    begun = data_of(client.post("/v1/tasks/begin", json=TASK))
    assert V1.text in begun["messages"][0]["content"]
    path = f"/v1/tasks/{begun['task_id']}/finish"
    done = data_of(client.post(path, json=TASK | {"output": "GOOD", "latency_ms": 12}))
    assert (done["output"], done["latency_ms"], done["prompt_version"]) == ("good", 12, 1)
    broken = data_of(client.post(path, json=TASK | {"output": "perhaps"}))
    assert broken["output"] is None and "perhaps" in broken["violation"]


QUESTIONS: dict[str, Callable[[TinyArms], Any]] = {
    "stats": lambda arms: arms.stats(SKILL),
    "results": lambda arms: arms.results(SKILL),
    "failures": lambda arms: arms.failures(SKILL),
    "examples/splits": lambda arms: arms.example_splits(SKILL),
    "examples": lambda arms: arms.show_examples(SKILL, most=50),
}


@pytest.mark.slow
@pytest.mark.parametrize("path", QUESTIONS)
def test_the_facts_are_those_of_the_facade(testing_web: Web, path: str) -> None:
    shown = data_of(testing_web.client("view").get(f"/v1/skills/{SKILL}/{path}"))
    assert shown.pop("schema") == "tinyarms/1"
    assert shown == plain(QUESTIONS[path](testing_web.arms))


def test_the_whole_story(testing_web: Web) -> None:
    web = testing_web
    application, release = web.client("application"), web.client("release")
    for number in range(10):
        inputs = {"text": text(contested(number))}
        data_of(application.post("/v1/tasks", json=TASK | {"inputs": inputs}))
    web.arms._context.finish_background()
    waiting = data_of(application.get("/v1/ballot", params={"skill": SKILL, "user": "bo"}))
    ballot = waiting["ballot"]
    voted = data_of(
        application.post(f"/v1/ballots/{ballot['id']}/vote", json={"choice": "A", "user": "bo"})
    )
    assert voted["accepted"] and voted["votes"] == 1
    promoted = data_of(release.post(f"/v1/skills/{SKILL}/promote", json={"variant": "A"}))
    assert promoted["version"] == 2 and web.arms.show(SKILL).prompt == BETTER
    gone = data_of(application.get("/v1/ballot", params={"skill": SKILL, "user": "bo"}))
    assert gone["ballot"] is None and "No live test is open" in gone["why_not_asked"]
    data_of(release.post(f"/v1/skills/{SKILL}/rollback", json={}))
    first = data_of(release.get(f"/v1/skills/{SKILL}/history", params={"limit": 2}))
    rest = data_of(
        release.get(f"/v1/skills/{SKILL}/history", params={"limit": 2, "cursor": first["next"]})
    )
    assert [len(first["items"]), len(rest["items"]), rest["next"]] == [2, 1, None]
    assert first["items"] + rest["items"] == plain(web.arms.history(SKILL))


@pytest.mark.slow
def test_a_request_sent_ten_times_counts_once(web: Web) -> None:
    client = web.client("application")
    task = data_of(client.post("/v1/tasks", json=TASK))["task_id"]
    path, key = f"/v1/tasks/{task}/feedback", {"idempotency-key": "k1"}
    answers = [client.post(path, json={"success": True}, headers=key) for _ in range(10)]
    assert len({answer.text for answer in answers}) == 1
    assert web.arms.stats(SKILL).n == 1
    renamed = client.post(path, json={"success": True}, headers={**key, "host": "localhost:8765"})
    assert renamed.text == answers[0].text
    other = client.post(path, json={"success": False}, headers=key)
    assert other.status_code == 422 and "another request" in other.text
    for _ in range(3):
        data_of(client.post("/v1/tasks", json=TASK, headers=key))
    assert len({data_of(client.post("/v1/tasks", json=TASK, headers=key))["task_id"]}) == 1


def test_a_mistake_is_a_problem_with_a_remedy(web: Web) -> None:
    client = web.client("release")
    unknown = client.get("/v1/skills/feelin/stats")
    assert unknown.headers["content-type"] == "application/problem+json"
    problem = data_of(unknown, 404)
    assert problem["kind"] == "not_found" and "feeling" in problem["hint"] + problem["detail"]
    wrong = data_of(client.post("/v1/tasks", json={"skill": SKILL, "inputs": {"txt": "x"}}), 400)
    assert (wrong["kind"], wrong["hint"]) == ("usage", "Its inputs are: text.")
    assert data_of(client.post("/v1/tasks", json=TASK | {"path": "/etc/passwd"}), 422)["hint"]
    assert data_of(client.post("/v1/tasks", content=b"{"), 422)["kind"] == "usage"
    assert data_of(client.get(f"/v1/skills/{SKILL}/history?cursor=%00"), 400)
    assert data_of(client.get("/v1/nothing"), 404)["kind"] == "not_found"
    assert data_of(client.post(f"/v1/skills/{SKILL}/promote", json={"variant": "A"}), 409)
    missing = client.post("/v1/tasks", json=TASK | {"inputs": {"text": "not recorded"}})
    assert missing.status_code in (502, 503)


def test_only_an_application_names_other_users(web: Web) -> None:
    named = TASK | {"user": "bo"}
    assert data_of(web.client("run", "ada").post("/v1/tasks", json=named), 400)["kind"] == "usage"
    own = web.client("run", "bo").post("/v1/tasks", json=named)
    assert own.status_code == 200


@pytest.mark.slow
def test_a_search_is_a_job_that_is_watched(web: Web) -> None:
    client = web.client("edit")
    began = client.post(f"/v1/skills/{SKILL}/evaluate", json={"split": "search"})
    job = data_of(began, 202)
    assert began.headers["location"] == f"/v1/jobs/{job['id']}"
    with client.stream("GET", f"/v1/jobs/{job['id']}/events") as stream:
        said = "".join(stream.iter_text())
    events = [event.split("\n") for event in said.strip().split("\n\n")]
    assert events[-1][1] == "event: done"
    result = json.loads(events[-1][2].removeprefix("data: "))
    again = plain(web.arms.evaluate(SKILL, split="search"))
    assert result == again | {"calls": 10, "stored_replies": 0}
    assert data_of(client.get(f"/v1/jobs/{job['id']}"))["state"] == "done"
    with client.stream(
        "GET", f"/v1/jobs/{job['id']}/events", headers={"last-event-id": str(len(events) - 1)}
    ) as stream:
        assert "".join(stream.iter_text()).count("event: ") == 1
    assert data_of(client.get("/v1/jobs/none"), 404)


@pytest.mark.slow
def test_a_forecast_and_a_check_for_a_drop_hold_up_no_request(web: Web) -> None:
    client, viewer = web.client("run"), web.client("view")
    for path, body, expected in (
        (f"/v1/skills/{SKILL}/forecast", {"votes": 20}, lambda: web.arms.simulate(SKILL, 20)),
        ("/v1/monitor/check", {"skills": [SKILL]}, lambda: {"skills": web.arms.monitor([SKILL])}),
    ):
        job = data_of(client.post(path, json=body), 202)
        done = ended(viewer, job)
        assert (done["state"], done["result"]) == ("done", plain(expected()))
    assert data_of(client.post(f"/v1/skills/{SKILL}/forecast", json={"votes": 0}), 422)
    assert data_of(client.post("/v1/monitor/check", json={"skills": ["no"]}), 404)


@pytest.mark.slow
def test_a_prompt_may_be_given_as_text(web: Web) -> None:
    client = web.client("edit")
    body = {"prompt": format_prompt_file(WORSE), "split": "search"}
    job = data_of(client.post(f"/v1/skills/{SKILL}/evaluate", json=body), 202)
    done = ended(client, job)
    assert done["result"]["prompt"]["name"] == "prompt.md"
    same = [format_prompt_file(V1)]
    job = data_of(client.post(f"/v1/skills/{SKILL}/variants", json={"prompts": same}), 202)
    failed = ended(client, job)
    assert failed["error"]["message"].startswith("A.md is the same as")


def test_examples_are_added_by_their_contents(web: Web) -> None:
    client = web.client("edit")
    rows = [{"inputs": {"text": "new"}, "expected": "good"}, {"inputs": {"text": "n"}}]
    path = f"/v1/skills/{SKILL}/examples"
    assert data_of(client.post(path, json={"rows": rows}), 422)["kind"] == "example"
    assert data_of(client.post(path, json={"rows": rows[:1]}))["added"] == 1
    found = data_of(client.get(path, params={"contains": "new"}))
    assert [row["inputs"] for row in found["examples"]] == [{"text": "new"}]


def test_an_export_is_a_file(web: Web) -> None:
    file = web.client("view").get(f"/v1/skills/{SKILL}/export/markdown")
    assert V1.text in file.text and "feeling" in file.headers["content-disposition"]
    assert web.client("view").get(f"/v1/skills/{SKILL}/export/nothing").status_code == 400


def test_the_description_names_every_route(web: Web) -> None:
    paths = data_of(web.client("view").get("/openapi.json"))["paths"]
    assert f"{'/v1/skills/{skill}/stats'}" in paths and "/v1/chat/completions" in paths
    page = web.client("view").get("/docs")
    assert "<script>" not in page.text and "http" not in page.text.replace("<!doctype html>", "")
    assert web.client().get("/docs/swagger-ui-bundle.js").status_code == 200


def test_no_error_that_callers_can_cause_counts_as_one_of_the_service() -> None:
    def below(kind: type[TinyArmsError]) -> list[type[TinyArmsError]]:
        return [found for each in kind.__subclasses__() for found in (each, *below(each))]

    internal = {kind for kind in below(TinyArmsError) if status_of(kind("so", "do")) == 500}
    assert {kind.__name__ for kind in internal if kind.__module__ == "tinyarms.core.errors"} == {
        "ServiceAway",
    }


HOSTILE_IDS = (
    "a/b", "/", "//", "../x", "a/feedback", "a/finish", "?q=1", "#x", "100%", "%2F", "%252F",
    "a b", "a+b", "a\\b", "a\nb", "é/ü", "\u4efb\u52a1", "🦾", ";a=b", "begin", "&", "x" * 255,
    "<script>", "'\"", "\t", "a:b@c", "[1]",
)  # fmt: skip


# The client for tests decodes a path twice; the real server below does not.
@pytest.mark.slow
@pytest.mark.parametrize("id", [id for id in HOSTILE_IDS if unquote(id) == id])
def test_a_task_of_any_id_is_reported_on(web: Web, id: str) -> None:
    client = web.client("application", "shop")
    task = f"/v1/tasks/{quote(id, safe='')}"
    begun = client.post("/v1/tasks/begin", json=TASK | {"task_id": id})
    assert data_of(begun)["task_id"] == id
    done = data_of(client.post(f"{task}/finish", json=TASK | {"output": "good"}))
    assert done["task_id"] == id
    told = data_of(client.post(f"{task}/feedback", json={"success": True}))
    assert (told["task_id"], told["known"]) == (id, True)
    token = data_of(client.post(f"{task}/token", json={"user": "bo"}))["token"]
    page = web.client(authorization=f"Bearer {token}")
    assert page.post(f"{task}/feedback", json={"success": False}).status_code == 200
    other = quote(f"{id}2"[-255:], safe="")
    assert page.post(f"/v1/tasks/{other}/feedback", json={"success": True}).status_code == 403


@pytest.mark.slow
def test_a_real_server_takes_any_id_too(new_web_project: Path, tmp_path: Path) -> None:
    root = Path(shutil.copytree(new_web_project, tmp_path / "project"))
    with serving(root, anew=True) as served:
        headers = {"authorization": f"Bearer {served.token('application')}"}
        with httpx.Client(base_url=served.url, headers=headers) as client:
            for id in HOSTILE_IDS:
                data_of(client.post("/v1/tasks", json=TASK | {"task_id": id}))
                path = f"/v1/tasks/{quote(id, safe='')}/feedback"
                told = data_of(client.post(path, json={"success": True}))
                assert (told["task_id"], told["known"]) == (id, True)
            figures = httpx.get(
                f"{served.url}/metrics",
                headers={"authorization": f"Bearer {served.token('view')}"},
            ).text
    assert 'route="/v1/tasks/{task_id}/feedback"' in figures
