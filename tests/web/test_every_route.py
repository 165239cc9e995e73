"""Every route refuses whoever may not ask. The routes are read from the app."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from fastapi.routing import APIRoute
from httpx import Response
from starlette.routing import Route

from tests.web.conftest import Web
from tinyarms.core.roles import ROLES, may
from tinyarms.web.security.access import OpenToAll, checks_of, routes_of
from tinyarms.web.security.caller import Caller
from tinyarms.web.settings import LOOPBACK

OWNER = Caller("release", None, "owner")
FOREIGN = "https://evil.example.com"


def asked(web: Web) -> Iterator[tuple[APIRoute, str, str]]:
    """Each route with each method and a path of it."""
    for route in routes_of(web.app):
        for method in sorted(route.methods):
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
