"""Routes that cost little beside what they do."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, TypeAlias

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.responses import Response
from fastapi.routing import APIRoute

Handle: TypeAlias = Callable[[Request], Coroutine[Any, Any, Response]]
_ASKED = "asked_at_once"
"""The parameter with what the simple dependencies gave."""


class LightRoute(APIRoute):
    """A route whose simple dependencies, which need nothing but the request, are asked in one go.

    FastAPI takes as long for each of them as for a route without any. They come in their order,
    before the others and before the body is validated.
    """

    def get_route_handler(self) -> Handle:
        declared = self.dependant
        self.dependant = _at_once(declared)
        try:
            return super().get_route_handler()
        finally:
            self.dependant = declared  # From which roles and the description are read.


def _at_once(declared: Dependant) -> Dependant:
    simple = [each for each in declared.dependencies if _is_simple(each)]
    if len(simple) < 2 or declared.call is None:
        return declared
    calls = [(each.name, each.call, each.request_param_name or "") for each in simple]

    async def ask(request: Request) -> dict[str, Any]:
        found = dict[str, Any]()
        for name, call, parameter in calls:
            value = await call(**{parameter: request})  # type: ignore[misc]
            if name is not None:
                found[name] = value
        return found

    together = replace(
        simple[0], call=ask, name=_ASKED, request_param_name="request", use_cache=False
    )
    others = [each for each in declared.dependencies if each not in simple]
    return replace(declared, call=_with_asked(declared.call), dependencies=[together, *others])


def _is_simple(one: Dependant) -> bool:
    """Whether it is a coroutine of the request alone."""
    call = one.call
    method = getattr(call, "__call__", None)  # noqa: B004 - of an object that is called
    is_coroutine = iscoroutinefunction(call) or iscoroutinefunction(method)
    others = (one.dependencies, one.path_params, one.query_params, one.header_params)
    more = (one.cookie_params, one.body_params, one.response_param_name)
    most = (one.background_tasks_param_name, one.security_scopes_param_name)
    return is_coroutine and one.request_param_name is not None and not any(others + more + most)


def _with_asked(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    """The endpoint, which gets what was asked at once as its parameters."""
    if iscoroutinefunction(endpoint):

        @wraps(endpoint)
        async def run_here(**values: Any) -> Any:
            return await endpoint(**values.pop(_ASKED), **values)

        return run_here

    @wraps(endpoint)
    def run(**values: Any) -> Any:
        return endpoint(**values.pop(_ASKED), **values)

    return run
