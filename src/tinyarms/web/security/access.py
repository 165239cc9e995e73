"""Which role a route needs, declared at the route.

The dependencies are coroutines, though they wait for nothing: others are run on threads, and each
change of the thread costs as much as a task.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Any, TypeAlias, cast

from fastapi import Depends, FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from tinyarms.core.errors import TinyArmsError
from tinyarms.core.roles import Role, may
from tinyarms.loop.api import TinyArms
from tinyarms.web.config_changes import ConfigChanges
from tinyarms.web.jobs import Jobs
from tinyarms.web.own_tasks import OwnTasks
from tinyarms.web.refusal import Refused
from tinyarms.web.security.caller import Caller, page_caller
from tinyarms.web.security.hosts import SAFE, Embedding, Route, is_own_origin
from tinyarms.web.security.limits import Rates
from tinyarms.web.security.sessions import COOKIE, Sessions
from tinyarms.web.settings import WebSettings


@dataclass(frozen=True)
class Service:
    """What all routes share; the app holds it as `app.state.service`."""

    arms: TinyArms
    settings: WebSettings
    sessions: Sessions
    rates: Rates
    jobs: Jobs
    own_tasks: OwnTasks
    config_changes: ConfigChanges


def service_of(request: Request) -> Service:
    """The service that a request has reached."""
    return cast("Service", request.app.state.service)


async def _arms(request: Request) -> TinyArms:
    service = service_of(request)
    if service.config_changes.is_due:
        await run_in_threadpool(service.config_changes.look)
    return service.arms


async def _jobs(request: Request) -> Jobs:
    return service_of(request).jobs


async def _tasks(request: Request) -> OwnTasks:
    return service_of(request).own_tasks


Arms: TypeAlias = Annotated[TinyArms, Depends(_arms)]
"""A route's parameter: the open project."""


OpenJobs: TypeAlias = Annotated[Jobs, Depends(_jobs)]
Tasks: TypeAlias = Annotated[OwnTasks, Depends(_tasks)]


EmbeddedIn: TypeAlias = Callable[[Request], tuple[str, str]]
"""From a request to the kind and id that a token for one task or ballot must have."""


class RoleCheck:
    """A dependency of a route: who asks, if it has one of the roles. Raises `Refused`."""

    def __init__(self, *roles: Role, embedded: EmbeddedIn | None = None) -> None:
        self.roles = frozenset(roles)
        """Any of them is enough; none: everybody may."""
        self.embedded = embedded
        """Which token for one task or ballot is enough too; `None`: none is."""

    async def __call__(self, request: Request) -> Caller:
        checked: tuple[RoleCheck, Caller] | None = getattr(request.state, "checked", None)
        if checked is not None and checked[0] is self:
            return checked[1]  # The request counts once.
        caller = caller_of(request)
        if caller.only is not None:
            if self.embedded is None or self.embedded(request) != (
                caller.only.kind,
                caller.only.id,
            ):
                raise Refused(
                    403,
                    "role",
                    f"This token is good for one {caller.only.kind} only, and not for this.",
                    "",
                )
        elif not may(caller.role, self.roles):
            names = " or ".join(sorted(self.roles))
            raise Refused(403, "role", f"This needs the role {names}.", f"Yours is {caller.role}.")
        wait = service_of(request).rates.wait_s(caller.key)
        if wait:
            raise Refused(
                429,
                "rate",
                "Too many requests.",
                "Wait as long as Retry-After says.",
                {"retry-after": str(math.ceil(wait))},
            )
        request.state.checked = (self, caller)
        return caller


class OpenToAll(RoleCheck):
    """Marks a route that everybody may ask: it says nothing about the project."""

    def __init__(self, is_widget: bool = False) -> None:
        super().__init__()
        self.is_widget = is_widget
        """Whether any page may load it as a script."""

    async def __call__(self, request: Request) -> Caller:
        return Caller("view", None, "")


def require(*roles: Role, embedded: EmbeddedIn | None = None) -> Any:
    """For a route: `caller: Annotated[Caller, require("view")]`, or in `dependencies=[…]`.

    Any of the roles is enough. `embedded`: the route is one that the widget uses, in the pages of
    `server.origins`, with a token for what this gives. Every route of the app has one, or
    `open_to_all()`; a test reads them by `checks_of`.
    """
    return Depends(RoleCheck(*roles, embedded=embedded))


def open_to_all(*, is_widget: bool = False) -> Any:
    """For a route that everybody may ask, such as `/healthz`."""
    return Depends(OpenToAll(is_widget))


Viewer: TypeAlias = Annotated[Caller, require("view")]
Voter: TypeAlias = Annotated[Caller, require("vote", "application")]
Application: TypeAlias = Annotated[Caller, require("application")]
PromptReader: TypeAlias = Annotated[Caller, require("view", "application")]
Runner: TypeAlias = Annotated[Caller, require("run", "application")]
Spender: TypeAlias = Annotated[Caller, require("run")]
Editor: TypeAlias = Annotated[Caller, require("edit")]
Releaser: TypeAlias = Annotated[Caller, require("release")]


def checks_of(route: APIRoute) -> list[RoleCheck]:
    """The role checks of a route."""

    def found(dependant: Dependant) -> Iterator[RoleCheck]:
        if isinstance(dependant.call, RoleCheck):
            yield dependant.call
        for below in dependant.dependencies:
            yield from found(below)

    return list(found(route.dependant))


def routes_of(app: FastAPI) -> list[APIRoute]:
    """All routes of the app that answer requests; there are no others but static files."""
    return [route for route in app.routes if isinstance(route, APIRoute)]


def embedding_of(app: FastAPI) -> Embedding:
    """Which routes the widget uses, read from the app."""
    calls, scripts = list[Route](), list[Route]()
    for route in routes_of(app):
        for check in checks_of(route):
            if check.embedded is not None:
                calls.append((frozenset(route.methods or ()), route.path_regex))
            if isinstance(check, OpenToAll) and check.is_widget:
                scripts.append((frozenset(route.methods or ()), route.path_regex))
    return Embedding(tuple(calls), tuple(scripts))


def caller_of(request: Request) -> Caller:
    """Who asks. Raises `Refused` without a token or a session."""
    service = service_of(request)
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme:
        text = token.strip() if scheme.lower() == "bearer" else ""
        grant = service.arms.find_widget_token(text)
        if grant is not None:
            return page_caller(grant)
        found = service.arms.find_token(text)
        if found is None:
            raise _unknown("The token is unknown, revoked or expired.")
        _check_own_page(request)
        return Caller.of(found)
    session = request.cookies.get(COOKIE)
    caller = None if session is None else service.sessions.caller(session)
    if session is None or caller is None:
        raise _unknown("This needs a token or a session.")
    if caller.token_id is not None and not service.arms.is_valid_token(caller.token_id):
        service.sessions.close(session)
        raise _unknown("The token of this session is revoked or expired.")
    _check_own_page(request)
    _check_change(request)
    return replace(caller, session=session)


def is_still_known(request: Request) -> bool:
    """Whether the token or session of a request that goes on is neither revoked nor expired."""
    try:
        caller_of(request)
    except (Refused, TinyArmsError):
        return False
    return True


def _check_own_page(request: Request) -> None:
    """A page of another site has no token but one for a task or ballot, and no session."""
    origin = request.headers.get("origin")
    if origin is not None and not is_own_origin(origin, request.headers["host"]):
        raise Refused(
            403,
            "origin",
            "A page of another site needs a token for one task or ballot.",
            "Your server makes it: POST /v1/tasks/ID/token, or /v1/ballots/ID/token.",
        )


def _check_change(request: Request) -> None:
    """A cookie comes along by itself, so a change needs proof that a page of this service asks."""
    headers = request.headers
    if request.method not in SAFE and not (
        headers.get("origin") or headers.get("sec-fetch-site") == "same-origin"
    ):
        raise Refused(403, "origin", "A change needs an Origin header beside the cookie.", "")


def _unknown(message: str) -> Refused:
    hint = "Make a token with: tinyarms serve token add. Send it as Authorization: Bearer TOKEN."
    return Refused(401, "token", message, hint, {"www-authenticate": "Bearer"})
