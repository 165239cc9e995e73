"""How a page is answered: whole, or only its part that changes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from tinyarms.core.errors import ApprovalRequired, TinyArmsError
from tinyarms.core.roles import Role, may
from tinyarms.loop.api import TinyArms
from tinyarms.web.assets.rendering import render
from tinyarms.web.problems import refusal_of
from tinyarms.web.refusal import Refused
from tinyarms.web.security.access import service_of
from tinyarms.web.security.caller import Caller
from tinyarms.web.security.hosts import SAFE

NOTES = {
    "voted": "Your answer is stored.",
    "promoted": "The variant is in production.",
    "approved": "The prompt is in production.",
    "refused": "The prompt in production stays.",
    "rolled-back": "The earlier text is in production again.",
    "cancelled": "The session is cancelled. The prompt in production stays.",
    "added": "The example is added.",
    "reviewed": "Your review is stored.",
    "begun": "It has begun. This page follows it.",
    "stopping": "It ends at its next step. What it has found stays, and it can go on later.",
}
"""What a page says after something was done, by the word in its address."""

TABS = (
    ("", "Skill"),
    ("/examples", "Examples"),
    ("/evolution", "Evolution"),
    ("/test", "Test"),
    ("/history", "History"),
)


FORM_S = 5.0
"""Seconds that what a form does waits for the database, before the person is told to try again.
Higher: fewer forms fail while others write much, and people wait longer."""


class PageRoute(APIRoute):
    """Answers errors with a page if a browser asks; programs get the problem of all routes. A page
    that cannot be shown because a prompt waits for approval leads to where it is approved. A form
    waits for the database no longer than `FORM_S`."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        if not SAFE.issuperset(options.get("methods") or SAFE):
            endpoint = _within_a_moment(endpoint)
        super().__init__(path, endpoint, **options)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_for_people(request: Request) -> Response:
            try:
                return await handle(request)
            except ApprovalRequired as error:
                if not is_browser(request):
                    raise
                skill = request.path_params.get("skill")
                if request.method not in SAFE or request.url.path.endswith("/test"):
                    return error_page(refusal_of(error), skill)
                return RedirectResponse(f"/skills/{skill}/test", 303)
            except (TinyArmsError, Refused, RequestValidationError, HTTPException) as error:
                if not is_browser(request):
                    raise
                return error_page(refusal_of(error))

        return handle_for_people


def _within_a_moment(endpoint: Callable[..., Response]) -> Callable[..., Response]:
    """The endpoint of a form, which is impatient."""

    @wraps(endpoint)
    def handle(*, arms: TinyArms, **values: Any) -> Response:
        with arms.impatient(FORM_S):
            return endpoint(arms=arms, **values)

    return handle


def is_browser(request: Request) -> bool:
    """Whether a person waits for the answer in a browser."""
    return "text/html" in request.headers.get("accept", "")


def page_for_people(request: Request, refused: Refused) -> Response | None:
    """The page of an error, wherever it is outside of the API; `None` for a program."""
    if request.url.path.startswith("/v1/") or not is_browser(request):
        return None
    return error_page(refused)


def error_page(refused: Refused, skill: str | None = None) -> Response:
    """The page of an error. `skill`: whose prompts a person has to approve first, if that is
    what is wrong."""
    if refused.status == 401:
        return RedirectResponse("/sign-in", 303)
    inner = render("error.html", refused=refused, skill=skill)
    page = render("base.html", content=inner, title="Not done", live=None, **_nowhere())
    return HTMLResponse(page, refused.status, dict(refused.headers))


def _nowhere() -> dict[str, Any]:
    return {"skill": None, "tabs": (), "here": "", "charts": False, "note": "", "signed_in": False}


def can(caller: Caller) -> Callable[[Role], bool]:
    """Whether the caller may do what a role may do, for a template."""
    return lambda role: may(caller.role, frozenset({role}))


def show(
    request: Request,
    caller: Caller,
    template: str,
    title: str,
    *,
    skill: str | None = None,
    every_s: int | None = None,
    charts: bool = False,
    **facts: Any,
) -> Response:
    """A page. `every_s`: how often it looks for news; then only what changes is sent again."""
    inner = render(
        template, can=can(caller), caller=caller, skill=skill, root=_root(request), **facts
    )
    seen = hashlib.sha256(inner.encode()).hexdigest()[:16]
    live = None
    if every_s is not None:
        query = [(k, v) for k, v in request.query_params.multi_items() if k not in ("seen", "note")]
        live = {
            "path": request.url.path + (f"?{urlencode(query)}" if query else ""),
            "every": every_s,
            "seen": seen,
        }
    if request.headers.get("hx-request") == "true" and live is not None:
        if request.query_params.get("seen") == seen:
            return Response(status_code=204)
        return HTMLResponse(render("live.html", content=inner, live=live))
    base = f"/skills/{skill}"
    page = render(
        "base.html",
        content=inner,
        title=title,
        live=live,
        skill=skill,
        tabs=tuple((base + end, name) for end, name in TABS) if skill else (),
        here=request.url.path,
        charts=charts,
        note=NOTES.get(request.query_params.get("note", ""), ""),
        signed_in=caller.session is not None,
    )
    return HTMLResponse(page)


def back(path: str, note: str) -> Response:
    """The answer to a form: the page to go to, and what it says there."""
    return RedirectResponse(f"{path}?note={note}", 303)


def _root(request: Request) -> str:
    return service_of(request).arms.root.name
