"""Which role a route needs, declared at the route.

The dependencies are coroutines, though they wait for nothing: others are run on threads, and each
change of the thread costs as much as a task.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Annotated, Any, TypeAlias, cast

from fastapi import Depends, FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from tinyarms.core.roles import Role, may
from tinyarms.loop.api import TinyArms
from tinyarms.web.config_changes import ConfigChanges
from tinyarms.web.jobs import Jobs
from tinyarms.web.own_tasks import OwnTasks
from tinyarms.web.refusal import Refused
from tinyarms.web.security.caller import Caller
from tinyarms.web.security.hosts import SAFE
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


class RoleCheck:
    """A dependency of a route: who asks, if it has one of the roles. Raises `Refused`."""

    def __init__(self, *roles: Role) -> None:
        self.roles = frozenset(roles)
        """Any of them is enough; none: everybody may."""

    async def __call__(self, request: Request) -> Caller:
        caller = caller_of(request)
        if not may(caller.role, self.roles):
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
        request.state.caller = caller
        return caller


class OpenToAll(RoleCheck):
    """Marks a route that everybody may ask: it says nothing about the project."""

    async def __call__(self, request: Request) -> Caller:
        return Caller("view", None, "")


def require(*roles: Role) -> Any:
    """For a route: `caller: Annotated[Caller, require("view")]`, or in `dependencies=[…]`.

    Any of the roles is enough. Every route of the app has one, or `open_to_all()`; a test reads
    them by `roles_of`.
    """
    return Depends(RoleCheck(*roles))


def open_to_all() -> Any:
    """For a route that everybody may ask, such as `/healthz`."""
    return Depends(OpenToAll())


Viewer: TypeAlias = Annotated[Caller, require("view")]
Voter: TypeAlias = Annotated[Caller, require("vote", "application")]
Reporter: TypeAlias = Annotated[Caller, require("vote", "application")]
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


def caller_of(request: Request) -> Caller:
    """Who asks. Raises `Refused` without a token or a session."""
    service = service_of(request)
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme:
        found = service.arms.find_token(token.strip()) if scheme.lower() == "bearer" else None
        if found is not None:
            return Caller.of(found)
        raise _unknown("The token is unknown, revoked or expired.")
    session = request.cookies.get(COOKIE)
    caller = None if session is None else service.sessions.caller(session)
    if session is None or caller is None:
        raise _unknown("This needs a token or a session.")
    if caller.token_id is not None and not service.arms.is_valid_token(caller.token_id):
        service.sessions.close(session)
        raise _unknown("The token of this session is revoked or expired.")
    _check_own_page(request)
    return replace(caller, session=session)


def _check_own_page(request: Request) -> None:
    """A cookie comes along by itself, so a change needs proof that a page of this service asks."""
    headers = request.headers
    if request.method not in SAFE and not (
        headers.get("origin") or headers.get("sec-fetch-site") == "same-origin"
    ):
        raise Refused(403, "origin", "A change needs an Origin header beside the cookie.", "")


def _unknown(message: str) -> Refused:
    hint = "Make a token with: tinyarms serve token add. Send it as Authorization: Bearer TOKEN."
    return Refused(401, "token", message, hint, {"www-authenticate": "Bearer"})
