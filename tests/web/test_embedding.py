"""What a page of another site can do with the widget: one task's feedback, or one ballot."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.loop.place import SKILL, contested, text
from tests.loop.steps import ask
from tests.web.conftest import ORIGIN, Web, data_of, page_token
from tinyarms.loop.testing.ballots import prepare_ballot

TASK = {"skill": SKILL, "inputs": {"text": text(7)}}


def in_a_page(web: Web, token: str, origin: str = ORIGIN) -> TestClient:
    """A browser that shows a page of another site with this token in it."""
    headers = {"origin": origin, "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors"}
    return web.client(authorization=f"Bearer {token}", **headers)


def test_a_token_for_a_task_takes_its_feedback_for_its_user(web: Web) -> None:
    shop = web.client("application")
    ids = [data_of(shop.post("/v1/tasks", json=TASK | {"user": "bo"}))["task_id"] for _ in "12"]
    made = data_of(shop.post(f"/v1/tasks/{ids[0]}/token", json={"user": "bo"}))
    assert made["expires_at"] and "bo" not in made["token"]
    page = in_a_page(web, made["token"])
    done = page.post(f"/v1/tasks/{ids[0]}/feedback", json={"success": True})
    assert data_of(done)["counted"] and done.headers["access-control-allow-origin"] == ORIGIN
    assert web.arms.stats(SKILL).n == 1
    for path in (f"tasks/{ids[1]}/feedback", f"ballots/{ids[0]}/vote", f"tasks/{ids[0]}/finish"):
        refused = page.post(f"/v1/{path}", json={"success": False, "choice": "A"})
        assert refused.status_code == 403, path
    assert page.get(f"/v1/ballots/{ids[0]}").status_code == 403
    assert web.arms.stats(SKILL).failures == 0


def test_an_answers_id_is_as_good_as_its_tasks(web: Web) -> None:
    id = "0" * 32
    shop = web.client("application")
    data_of(shop.post("/v1/tasks", json=TASK | {"task_id": id}))
    token = data_of(shop.post(f"/v1/tasks/chatcmpl-{id}/token", json={}))["token"]
    page = in_a_page(web, token)
    data_of(page.post(f"/v1/tasks/{id}/feedback", json={"success": False}))
    data_of(page.post(f"/v1/tasks/resp_{id}/feedback", json={"success": True}))


def test_a_token_for_a_ballot_reads_it_and_votes_once(testing_web: Web) -> None:
    web = testing_web
    ballot, other = ask(web.arms._context, 1), ask(web.arms._context, 2)
    shop = web.client("application")
    page = in_a_page(web, data_of(shop.post(f"/v1/ballots/{ballot.id}/token", json={}))["token"])
    shown = data_of(page.get(f"/v1/ballots/{ballot.id}"))["ballot"]
    assert shown["inputs"] == ballot.inputs
    outputs = {option.position: option.output for option in ballot.options}
    assert [option["output"] for option in shown["options"]] == [outputs[0], outputs[1]]
    assert [set(option) for option in shown["options"]] == [{"letter", "output"}] * 2
    assert not any(option.variant_id in str(shown) for option in ballot.options)
    for id in (other.id, "nothing"):
        assert page.get(f"/v1/ballots/{id}").status_code == 403
        assert page.post(f"/v1/ballots/{id}/vote", json={"choice": "A"}).status_code == 403
    key = {"idempotency-key": "1-2-3"}
    path = f"/v1/ballots/{ballot.id}/vote"
    votes = [page.post(path, json={"choice": "A"}, headers=key) for _ in range(3)]
    assert {data_of(vote)["votes"] for vote in votes} == {1}
    assert data_of(page.get(f"/v1/ballots/{ballot.id}"), 404)["kind"] == "not_found"
    assert shop.post(f"/v1/ballots/{ballot.id}/token", json={}).status_code == 404
    assert web.arms.results(SKILL).votes == 1


@pytest.mark.slow
def test_a_ballot_is_read_by_whom_it_was_made_for(testing_web: Web) -> None:
    web = testing_web
    inputs = {"text": text(contested(1))}
    ballot = prepare_ballot(web.arms._context, SKILL, inputs, "task-1", user="bo")
    path = f"/v1/ballots/{ballot.id}"
    shop = web.client("application")
    data_of(shop.get(path))
    data_of(shop.get(path, params={"user": "bo"}))
    data_of(web.client("vote", "bo").get(path))
    assert data_of(web.client("vote", "ada").get(path), 400)["detail"].endswith("another user.")
    assert shop.get(path, params={"user": "ada"}).status_code == 400
    assert shop.post(f"{path}/token", json={"user": "ada"}).status_code == 400
    assert web.client("view").get(path).status_code == 403


@pytest.mark.parametrize(
    "body", [{"success": True, "user": "ada"}, {"success": True, "feedback_id": "of another"}]
)
def test_a_page_names_neither_a_user_nor_an_id(web: Web, body: dict[str, Any]) -> None:
    page = in_a_page(web, page_token(web, "task", "t1", "bo"))
    assert data_of(page.post("/v1/tasks/t1/feedback", json=body), 400)["kind"] == "usage"


def test_a_page_of_another_origin_is_refused(web: Web) -> None:
    token = page_token(web, "task", "t1")
    for origin in (
        "https://evil.example.com",
        "null",
        f"{ORIGIN}.evil.example.com",
        "http:" + ORIGIN[6:],
    ):
        page = in_a_page(web, token, origin)
        answer = page.post("/v1/tasks/t1/feedback", json={"success": True})
        assert data_of(answer, 403)["kind"] == "origin"
        assert "access-control-allow-origin" not in answer.headers
        asks = {"access-control-request-method": "POST"}
        assert page.options("/v1/tasks/t1/feedback", headers=asks).status_code == 403


def test_a_page_needs_a_token_for_one_thing_and_no_cookie_will_do(web: Web) -> None:
    for role in ("application", "release"):
        page = in_a_page(web, web.arms.add_token(role, "ada").token)
        refused = data_of(page.post("/v1/tasks/t1/feedback", json={"success": True}), 403)
        assert "token for one task" in refused["detail"]
    # Another port of this machine is the same site to a cookie.
    client = web.client()
    token = web.arms.add_token("release", "ada").token
    assert client.post("/sign-in", data={"token": token}).status_code == 303
    headers = {"origin": ORIGIN, "sec-fetch-site": "same-site"}
    for request in (
        client.build_request("GET", "/v1/ballots/b1", headers=headers),
        client.build_request(
            "POST", "/v1/tasks/t1/feedback", headers=headers, json={"success": True}
        ),
    ):
        assert data_of(client.send(request), 403)["kind"] == "origin"


def test_only_applications_make_tokens(web: Web) -> None:
    for role in ("view", "vote", "run", "edit", "release"):
        client = web.client(role)
        assert client.post("/v1/tasks/t1/token", json={}).status_code == 403
        assert client.post("/v1/ballots/b1/token", json={}).status_code == 403


def test_a_revoked_application_leaves_no_tokens(web: Web) -> None:
    shop = web.arms.add_token("application", "shop")
    client = web.client(authorization=f"Bearer {shop.token}")
    page = in_a_page(web, data_of(client.post("/v1/tasks/t1/token", json={}))["token"])
    path, body = "/v1/tasks/t1/feedback", {"success": True}
    data_of(page.post(path, json=body))
    web.arms.revoke_token(shop.id)
    assert data_of(page.post(path, json=body), 401)["kind"] == "token"


def test_the_script_is_for_every_page(web: Web) -> None:
    loads = {
        "sec-fetch-site": "cross-site",
        "sec-fetch-mode": "no-cors",
        "sec-fetch-dest": "script",
    }
    answer = web.client(**loads).get("/widget.js")
    assert answer.status_code == 200 and "tinyarms" in answer.text
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert web.client(**loads, host="evil.example.com").get("/widget.js").status_code == 421


def test_an_application_reads_prompts(web: Web) -> None:
    shown = data_of(web.client("application").get(f"/v1/skills/{SKILL}/prompt"))
    assert shown["version"]["number"] == 1
