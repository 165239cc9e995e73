"""Every route refuses whoever may not ask. The routes are read from the app."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

import pytest
from fastapi.routing import APIRoute
from httpx import Response
from starlette.routing import Route

from tests.loop.place import Place
from tests.web.conftest import ORIGIN, Web, page_token
from tinyarms.core.roles import ROLES, may
from tinyarms.web.security.access import OpenToAll, checks_of, routes_of
from tinyarms.web.security.caller import Caller
from tinyarms.web.settings import LOOPBACK

OWNER = Caller("release", None, "owner")
FOREIGN = "https://evil.example.com"


def asked(web: Web) -> Iterator[tuple[APIRoute, str, str]]:
    """Each route with each method and a path of it; HEAD is answered as GET, without a body."""
    for route in routes_of(web.app):
        for method in sorted(route.methods - {"HEAD"}):
            for name in ("feeling", "nothing-of-this-name"):
                yield route, method, re.sub(r"{[^}]*}", name, route.path)


def kind_of(answer: Response) -> str:
    """The kind of a refusal, of a problem or of an error of the OpenAI API."""
    body = answer.json()
    return str(body["error"]["code"] if "error" in body else body["kind"])


def is_open(route: APIRoute) -> bool:
    return any(isinstance(check, OpenToAll) for check in checks_of(route))


def test_every_route_says_which_role_it_needs(web: Web) -> None:
    assert all(isinstance(route, Route) for route in web.app.routes), "A mount has no role."
    for route in routes_of(web.app):
        [check] = checks_of(route)
        assert isinstance(check, OpenToAll) != bool(check.roles), route.path


@pytest.mark.slow
def test_foreign_hosts_are_refused(web: Web) -> None:
    for host in ("evil.example.com", "127.0.0.1.evil.example.com", "", "a@127.0.0.1"):
        client = web.client("release", host=host)
        for _, method, path in asked(web):
            answer = client.request(method, path)
            assert (answer.status_code, kind_of(answer)) == (421, "host"), path


def test_names_of_this_machine_are_taken(web: Web) -> None:
    for name in LOOPBACK:
        assert web.client(host=f"{name}:9999").get("/healthz").status_code == 200


@pytest.mark.slow
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": FOREIGN},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:3000"},  # another port is another site
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"},
    ],
    ids=str,
)
def test_foreign_pages_are_refused(web: Web, headers: dict[str, str]) -> None:
    client = web.client("release", **headers)
    for _, method, path in asked(web):
        answer = client.request(method, path)
        assert (answer.status_code, kind_of(answer)) == (403, "origin"), (method, path)


WIDGET = {
    ("GET", "/widget.js"),
    ("POST", "/v1/tasks/{task_id}/feedback"),
    ("GET", "/v1/ballots/{ballot_id}"),
    ("POST", "/v1/ballots/{ballot_id}/vote"),
}
"""All that pages of `server.origins` may ask for."""


@pytest.mark.slow
def test_pages_of_the_settings_get_only_what_the_widget_needs(web: Web) -> None:
    client = web.client("release", origin=ORIGIN, **{"sec-fetch-site": "cross-site"})
    allowed = set()
    for route, method, path in asked(web):
        asks = {"access-control-request-method": method}
        for answer in (client.request(method, path), client.options(path, headers=asks)):
            if "access-control-allow-origin" in answer.headers:
                assert answer.headers["access-control-allow-origin"] == ORIGIN
                allowed.add((method, route.path_format))
            else:
                assert (answer.status_code, kind_of(answer)) == (403, "origin"), (method, path)
    assert allowed == WIDGET


@pytest.mark.slow
def test_a_page_of_any_site_may_load_the_script_and_nothing_else(web: Web) -> None:
    loads = {"sec-fetch-mode": "no-cors", "sec-fetch-dest": "script"}
    client = web.client("release", **{"sec-fetch-site": "cross-site"}, **loads)
    for _, method, path in asked(web):
        status = client.request(method, path).status_code
        assert (status == 200) == (path == "/widget.js") and status in (200, 403), (method, path)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["task", "ballot"])
def test_a_token_for_one_task_or_ballot_opens_nothing_else(
    web: Web, kind: Literal["task", "ballot"]
) -> None:
    token = page_token(web, kind, "one-of-its-own")
    own = ("/v1/tasks/one-of-its-own/feedback",)
    if kind == "ballot":
        own = ("/v1/ballots/one-of-its-own", "/v1/ballots/one-of-its-own/vote")
    for headers in ({}, {"origin": ORIGIN, "sec-fetch-site": "cross-site"}):
        client = web.client(authorization=f"Bearer {token}", **headers)
        for route, method, path in asked(web):
            if not is_open(route):
                for each in (path, re.sub(r"{[^}]*}", "one-of-its-own", route.path)):
                    answer = client.request(method, each)
                    is_refused = answer.status_code == 403
                    assert is_refused != (each in own), (method, each, answer.text)
        assert client.post("/sign-in", data={"token": token}).status_code in (401, 403)


@pytest.mark.slow
def test_without_a_token_or_with_a_wrong_one_nobody_gets_anything(web: Web) -> None:
    for client in (web.client(), web.client(authorization="Bearer ta_00000000_x")):
        for route, method, path in asked(web):
            if not is_open(route):
                answer = client.request(method, path)
                assert (answer.status_code, kind_of(answer)) == (401, "token"), path


@pytest.mark.slow
def test_a_wrong_role_is_refused(web: Web) -> None:
    refused = 0
    for role in ROLES:
        client = web.client(role)
        for route, method, path in asked(web):
            [check] = checks_of(route)
            if not is_open(route) and not may(role, check.roles):
                answer = client.request(method, path)
                assert (answer.status_code, kind_of(answer)) == (403, "role"), (role, path)
                refused += 1
    assert refused


@pytest.mark.slow
def test_a_cookie_alone_changes_nothing(web: Web) -> None:
    client = web.client()
    link = web.app.state.service.sessions.new_code(OWNER)
    assert client.get(f"/sign-in/{link}").status_code == 303
    assert client.get("/openapi.json").status_code == 200
    for route, method, path in asked(web):
        if not is_open(route) and method != "GET":
            assert client.request(method, path).status_code == 403, (method, path)


@pytest.mark.slow
def test_head_is_answered_as_get(web: Web) -> None:
    page = {"accept": "text/html"}
    strangers = (
        {"host": "evil.example.com"},
        {"origin": FOREIGN},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"},
    )
    clients = [web.client("release", **page), web.client("vote", **page), web.client(**page)]
    clients += [web.client("release", **headers) for headers in strangers]
    statuses = set()
    for route in routes_of(web.app):
        if "HEAD" in route.methods:
            path = re.sub(r"{[^}]*}", "feeling", route.path)
            for client in clients:
                got, head = client.get(path), client.head(path)
                assert head.status_code == got.status_code and head.content == b"", path
                assert head.headers.get("content-type") == got.headers.get("content-type")
                statuses.add(head.status_code)
    assert statuses >= {200, 303, 403, 421}
    for path in ("/", "/skills/feeling", "/settings"):
        assert clients[0].head(path).status_code == 200
    for path in ("/healthz", "/assets/style.css"):
        assert web.client().head(path).status_code == 200


def test_head_leads_to_where_a_prompt_is_approved_as_get_does(web: Web) -> None:
    Place(web.arms.root).edit_config(
        lambda config: config["skills"]["feeling"].update(approval="required")
    )
    web.arms.reread()
    client = web.client("release", accept="text/html")
    for answer in (client.get("/skills/feeling"), client.head("/skills/feeling")):
        assert (answer.status_code, answer.headers["location"]) == (303, "/skills/feeling/test")


def test_a_wrong_method_is_told_which_are_right(web: Web) -> None:
    answer = web.client("release").delete("/v1/tasks")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
