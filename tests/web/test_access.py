"""Tokens, sessions, sizes, rates, and what no answer and no request contains."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.loop.place import SKILL, Place, text
from tests.web.conftest import Web, data_of, ended
from tinyarms.core.errors import UsageError
from tinyarms.core.settings import Server
from tinyarms.loop.project.spools import FOLDER
from tinyarms.web.app import make_app
from tinyarms.web.problems import PROBLEM_JSON
from tinyarms.web.reference import described
from tinyarms.web.security.caller import Caller
from tinyarms.web.security.sessions import CODE_S, COOKIE, SESSION_S, Sessions
from tinyarms.web.settings import WebSettings

OWNER = Caller("release", None, "owner")


def test_a_token_is_stored_as_its_hash_and_can_be_revoked(web: Web) -> None:
    made = web.arms.add_token("view", "ada", days=1)
    stored = (web.arms.root / ".tinyarms/access/tokens.json").read_text()
    assert made.token not in stored and made.token.split("_", 2)[2] not in stored
    found = web.arms.find_token(made.token)
    assert found is not None and (found.name, found.role) == ("ada", "view")
    assert [token.id for token in web.arms.tokens()] == [made.id]
    client = web.client(authorization=f"Bearer {made.token}")
    data_of(client.get("/v1/skills"))
    web.arms.revoke_token(made.id)
    assert data_of(client.get("/v1/skills"), 401)["kind"] == "token"
    with pytest.raises(UsageError, match="no token"):
        web.arms.revoke_token(made.id)


def test_a_token_ends_after_its_days(web: Web) -> None:
    made = web.arms.add_token("view", "ada", days=1)
    moment: Any = web.arms._context.clock
    moment.pass_(hours=25)
    assert web.arms.find_token(made.token) is None


@pytest.mark.parametrize("name", ["", " ", "x" * 300])
def test_a_token_needs_a_name(web: Web, name: str) -> None:
    with pytest.raises(UsageError):
        web.arms.add_token("view", name)


def test_a_link_works_once_and_becomes_a_cookie(web: Web) -> None:
    client = web.client()
    code = web.app.state.service.sessions.new_code(OWNER)
    answer = client.get(f"/sign-in/{code}")
    cookie = answer.headers["set-cookie"].lower()
    assert answer.status_code == 303 and answer.headers["location"] == "/"
    assert "httponly" in cookie and "samesite=strict" in cookie and code not in cookie
    assert client.get("/v1/skills").status_code == 200
    assert web.client().get(f"/sign-in/{code}").status_code == 401
    own = {"origin": "http://127.0.0.1:8765"}
    assert client.post("/sign-out", headers=own).status_code == 303
    client.cookies.set(COOKIE, answer.cookies[COOKIE])
    assert client.get("/v1/skills").status_code == 401


def test_a_person_is_told_on_a_page_what_did_not_work(web: Web) -> None:
    page, program = web.client(accept="text/html"), web.client()
    code = web.app.state.service.sessions.new_code(OWNER)
    assert page.get(f"/sign-in/{code}").status_code == 303
    for client, is_page in ((page, True), (program, False)):
        client.cookies.clear()
        for answer, status, said in (
            (client.get(f"/sign-in/{code}"), 401, "This link was used"),
            (client.post("/sign-in", data={"token": "no"}), 401, "revoked or expired"),
            (client.get("/nothing"), 404, "Not Found"),
            (client.get("/skills//x"), 404, "Not Found"),
            (client.delete("/settings"), 405, "Method Not Allowed"),
        ):
            kind = "text/html; charset=utf-8" if is_page else PROBLEM_JSON
            assert (answer.status_code, answer.headers["content-type"]) == (status, kind)
            assert said in answer.text and ("<main" in answer.text) == is_page
        assert client.get("/v1/nothing").headers["content-type"] == PROBLEM_JSON
    assert 'type="password"' in page.get(f"/sign-in/{code}").text, "A token can be entered there."


def test_a_person_signs_in_with_a_token(web: Web) -> None:
    client, token = web.client(), web.arms.add_token("view", "ada").token
    assert "<script" not in client.get("/sign-in").text
    assert client.post("/sign-in", data={"token": "no"}).status_code == 401
    assert client.post("/sign-in", data={"token": token}).status_code == 303
    assert client.get("/v1/skills").status_code == 200


def test_codes_and_sessions_end() -> None:
    now = [0.0]
    sessions = Sessions(clock_s=lambda: now[0])
    late, code = sessions.new_code(OWNER), sessions.new_code(OWNER)
    session = sessions.redeem(code)
    assert session is not None and sessions.caller(session) == OWNER
    now[0] = CODE_S + 1
    assert sessions.redeem(late) is None
    now[0] = SESSION_S + 1
    assert sessions.caller(session) is None


def other(web: Web, **server: Any) -> TestClient:
    """The same project with other settings of the service."""
    settings = WebSettings(server=Server.model_validate(server))
    token = web.arms.add_token("release", "ada").token
    headers = {"authorization": f"Bearer {token}"}
    app = make_app(web.arms, settings)
    return web.closing.enter_context(TestClient(app, "http://127.0.0.1:8765", headers=headers))


def test_too_many_requests_wait(web: Web) -> None:
    client = other(web, requests_per_s=1)
    answers = [client.get("/v1/skills") for _ in range(4)]
    assert [answer.status_code for answer in answers][:2] == [200, 200]
    assert answers[-1].status_code == 429 and int(answers[-1].headers["retry-after"]) >= 1


def test_too_large_a_request_is_refused(web: Web) -> None:
    client = other(web, max_body_mb=0.001)
    body = json.dumps({"skill": SKILL, "inputs": {"text": "x" * 2000}})
    assert client.post("/v1/tasks", content=body).status_code == 413
    in_parts = client.post("/v1/tasks", content=iter([body[:900].encode(), body[900:].encode()]))
    assert in_parts.status_code == 413


def test_every_answer_forbids_scripts_in_pages(web: Web) -> None:
    for path in ("/healthz", "/sign-in", "/docs", "/v1/nothing"):
        policy = web.client("view").get(path).headers["content-security-policy"]
        assert "script-src 'self';" in policy and "unsafe" not in policy


FORBIDDEN = ("path", "file", "url", "address", "webhook", "env", "base_url", "scorer", "recording")


def test_no_request_has_a_field_for_a_path_or_an_address(web: Web) -> None:
    """The list is read from the description of the API, so a new route is covered."""
    document = described(web.app)
    names: set[str] = set()
    for path in document["paths"].values():
        for operation in path.values():
            names |= {parameter["name"] for parameter in operation.get("parameters", [])}
    for schema in document["components"]["schemas"].values():
        names |= set(schema.get("properties", {}))
    assert {"inputs", "prompts"} <= names
    assert not {name for name in names if any(word in name for word in FORBIDDEN)}


# YAML has many ways to spell a key.
DEMONSTRATIONS = ("demonstrations", r'"\u0064emonstrations"', r'? !!str "demonstr\x61tions"' + "\n")


def with_pictures(web: Web) -> None:
    inputs = {"text": {"type": "image"}}
    Place(web.arms.root).edit_config(lambda config: config["skills"][SKILL].update(inputs=inputs))
    web.arms.reread()


@pytest.mark.parametrize("key", DEMONSTRATIONS)
def test_a_prompt_with_pictures_names_no_file(web: Web, key: str) -> None:
    with_pictures(web)
    prompt = f"---\n{key}: [{{inputs: {{text: /tmp/a.png}}, output: good}}]\n---\nName it."
    with pytest.raises(UsageError, match="may name pictures"):
        web.arms.create_from_texts(SKILL, ["Say it.", prompt])
    with pytest.raises(UsageError, match="may name pictures"):
        web.arms.evaluate_text(SKILL, prompt)
    with pytest.raises(UsageError, match="may name pictures"):
        web.arms.compare_texts(SKILL, 1, prompt)


def test_a_row_with_pictures_names_no_file(web: Web) -> None:
    with_pictures(web)
    rows = {"rows": [{"inputs": {"text": "/etc/passwd"}, "expected": "good"}]}
    answer = web.client("edit").post(f"/v1/skills/{SKILL}/examples", json=rows)
    assert data_of(answer, 400)["hint"] == "Send a data URL."


PLACES = ("/etc/passwd", "file:///etc/passwd", "http://127.0.0.1:1/x.png", "../../config.yaml")


@pytest.mark.parametrize("place", PLACES)
def test_a_path_or_address_is_only_a_text(web: Web, place: str) -> None:
    client = web.client("release")
    task = {"skill": SKILL, "inputs": {"text": place}}
    assert client.post("/v1/tasks", json=task).status_code in (502, 503)  # not recorded
    job = data_of(client.post(f"/v1/skills/{SKILL}/variants", json={"prompts": [place]}), 202)
    assert ended(client, job)["state"] == "done"
    variants = data_of(client.get(f"/v1/skills/{SKILL}/results"))["variants"]
    assert [each["prompt"] for each in variants] == ["Good or bad?", place]
    for body in (task | {"scorer": "os:system"}, task | {"model": {"kind": "openai"}}):
        assert client.post("/v1/tasks", json=body).status_code == 422
    assert client.get(f"/v1/skills/{SKILL}/export/{place.replace('/', '%2F')}").status_code >= 400
    wrong = client.post(f"/v1/skills/{SKILL}/evolve", json={"writer": place})
    assert data_of(wrong, 400)["kind"] == "usage"


@pytest.mark.slow
def test_no_answer_contains_a_secret(web: Web) -> None:
    """The canaries are where a project keeps secrets: logins in addresses, webhooks, tokens."""
    root = web.arms.root
    config = (
        (root / "config.yaml")
        .read_text()
        .replace(
            "models:",
            "models:\n  other: {kind: openai, model: x, base_url: 'http://ada:CANARY1@h.example/v1',"
            " api_key_env: K}\n  many: {kind: openai, model: x, urls: ['http://a:CANARY2@h.example']}",
            1,
        )
    )
    (root / "config.yaml").write_text(config)
    (root / "config" / "constants.yaml").write_text(
        "prompt_evolution: {notifications: {webhook: 'https://h.example/CANARY3'}}\n"
    )
    web.arms._context.reload()
    clients = {role: web.client(role) for role in ("release", "application")}
    secrets = [client.headers["authorization"] for client in clients.values()]
    said = ""
    for route in web.app.routes:
        path = getattr(route, "path", "").replace("{skill}", SKILL).replace("{format}", "python")
        for client in clients.values():
            said += client.get(path).text + client.post(path, json={}).text
    data_of(clients["release"].get("/v1/settings"))
    assert "h.example" in said and "CANARY" not in said
    assert not any(secret.split()[1] in said for secret in secrets)


def test_the_figures_are_for_prometheus(web: Web) -> None:
    client = web.client("release")
    data_of(client.post("/v1/tasks", json={"skill": SKILL, "inputs": {"text": text(1)}}))
    client.get("/v1/anything-at-all")
    said = client.get("/metrics").text
    assert 'tinyarms_requests_total{method="POST",route="/v1/tasks",status="200"} 1.0' in said
    assert f'tinyarms_skill_version{{skill="{SKILL}"}} 1.0' in said
    assert "tinyarms_database_up 1.0" in said and "anything-at-all" not in said


def test_the_owners_link_approves_as_the_shell_does(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Place(web.arms.root)
    place.edit_config(lambda config: config["skills"][SKILL].update(approval="required"))
    own = {"origin": "http://127.0.0.1:8765"}
    client = web.client(**own)
    client.get(f"/sign-in/{web.app.state.service.sessions.new_code(OWNER)}")
    [waiting] = data_of(client.get("/v1/reviews"))["reviews"]
    monkeypatch.setattr("os.geteuid", lambda: 54_321)
    path, form = f"/v1/skills/{SKILL}/review", {"proposal": waiting["id"]}
    for answer in ("approve", "refuse"):
        refused = data_of(client.post(path, json={"answer": answer}), 409)
        assert "54321 may not approve or refuse" in refused["detail"]
        page = client.post(f"/skills/{SKILL}/{answer}", data=form)
        assert page.status_code == 409 and page.json()["kind"] == "approval_required"
    by_token = web.client("release", "ann").post(path, json={"answer": "approve"})
    assert data_of(by_token)["version"] == 1
    [version] = data_of(client.get(f"/v1/skills/{SKILL}/history"))["items"]
    assert version["approved_by"] == "ann"


def test_a_session_ends_with_the_token_that_opened_it(web: Web) -> None:
    moment: Any = web.arms._context.clock
    for days, end in ((None, "revoked"), (1, "expired")):
        made = web.arms.add_token("release", "eve", days=days)
        client = web.client()
        assert client.post("/sign-in", data={"token": made.token}).status_code == 303
        data_of(client.get("/v1/skills"))
        if end == "revoked":
            web.arms.revoke_token(made.id)
        else:
            moment.pass_(hours=25)
        assert data_of(client.get("/v1/skills"), 401)["kind"] == "token"


def kept_files(web: Web) -> list[str]:
    """The files of requests with an `Idempotency-Key`."""
    folder = web.arms.kept_answers.root / FOLDER / "answers"
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def test_what_the_role_forbids_writes_nothing_for_its_key(web: Web) -> None:
    task = {"skill": SKILL, "inputs": {"text": text(1)}}
    answer = web.client("view").post("/v1/tasks", json=task, headers={"idempotency-key": "k"})
    assert data_of(answer, 403)["kind"] == "role" and kept_files(web) == []


def test_answers_that_are_given_again_count_for_the_rate(web: Web) -> None:
    client = other(web, requests_per_s=1)  # so two at once
    task = {"skill": SKILL, "inputs": {"text": text(1)}}
    answers = [
        client.post("/v1/tasks", json=task, headers={"idempotency-key": key})
        for key in ("k", "k", "k", "l")
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 429, 429]
    assert "idempotent-replay" in answers[1].headers
    assert len(kept_files(web)) == 1
