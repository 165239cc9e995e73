"""Errors as `application/problem+json` (RFC 9457), made of the one error tree."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from tinyarms.core import errors
from tinyarms.core.text import one_line, visible
from tinyarms.web.refusal import Refused

PROBLEM_JSON = "application/problem+json"
RETRY_AFTER_S = 5
"""Seconds after which a caller may try again what the service could not do. Higher: callers wait
longer after an outage."""

STATUS: tuple[tuple[type[errors.TinyArmsError], int], ...] = (
    (errors.UsageError, 400),
    (errors.PromptError, 422),
    (errors.ExampleError, 422),
    (errors.ImportRefused, 422),
    (errors.ContractViolation, 422),
    (errors.NotScored, 422),
    (errors.NotEvolvable, 409),
    (errors.ExperimentError, 409),
    (errors.ApprovalRequired, 409),
    (errors.LeaseHeld, 409),
    (errors.ConflictError, 409),
    (errors.ModelTimeout, 504),
    (errors.ModelRejected, 502),
    (errors.BadReply, 502),
    (errors.ModelError, 503),
    (errors.StoreError, 503),
    # The project's mistake, and not the caller's: once it is mended, the same request succeeds.
    (errors.ConfigError, 503),
    (errors.ServiceError, 503),
    (errors.TinyArmsError, 500),
)
"""The HTTP status of each kind of error: the first class that fits."""


def status_of(error: errors.TinyArmsError) -> int:
    """The HTTP status of an error of the tree."""
    return next(status for kind, status in STATUS if isinstance(error, kind))


def refusal_of(error: Exception) -> Refused:
    """What a caller is told of an error: one line, and what to do; nothing of the machine."""
    match error:
        case Refused():
            return error
        case errors.TinyArmsError():
            status = status_of(error)
            headers = {"retry-after": str(RETRY_AFTER_S)} if status == 503 else {}
            skill = error.skill if isinstance(error, errors.ConfigError) else None
            return Refused(status, error.kind, error.message, error.hint, headers, skill=skill)
        case RequestValidationError():
            return Refused(422, "usage", _what_is_wrong(error), "See /docs.")
        case HTTPException():
            kind = {404: "not_found", 413: "size"}.get(error.status_code, "usage")
            allowed = error.headers or {}
            said = f"{error.detail.removesuffix('.')}."
            return Refused(error.status_code, kind, said, "See /docs.", allowed)
    return Refused(
        500,
        "internal",
        "This is a mistake in tinyArms, and not yours.",
        "The service's log shows where; please report it.",
    )


def problem(refused: Refused) -> JSONResponse:
    """The answer to a request that is refused."""
    body: dict[str, Any] = {
        "type": f"urn:tinyarms:error:{refused.kind}",
        "title": refused.kind.replace("_", " "),
        "status": refused.status,
        "detail": one_line(refused.message),
        "hint": one_line(refused.hint),
        "kind": refused.kind,
    }
    if refused.skill is not None:
        body["skill"] = refused.skill
    return JSONResponse(body, refused.status, dict(refused.headers), PROBLEM_JSON)


Shape = Callable[[str, Refused], dict[str, Any] | None]
"""From the path of a request and what it is refused with, to the body of the answer; `None`: a
problem."""


def answer_errors(
    app: FastAPI, shape: Shape, page: Callable[[Request, Refused], Response | None]
) -> None:
    """Let the app answer each error of a route with a problem, in another shape, or with a page."""

    def handle(request: Request, error: Exception) -> Response:
        refused = refusal_of(error)
        if refused.kind == "internal":
            log = logging.getLogger("tinyarms.web")
            log.error("%s %s", request.method, visible(request.url.path), exc_info=error)
        if (shown := page(request, refused)) is not None:
            return shown
        body = shape(request.url.path, refused)
        if body is None:
            return problem(refused)
        return JSONResponse(body, refused.status, dict(refused.headers))

    kinds = (errors.TinyArmsError, Refused, RequestValidationError, HTTPException, Exception)
    for kind in kinds:
        app.add_exception_handler(kind, handle)


def _what_is_wrong(error: RequestValidationError) -> str:
    first = error.errors()[0]
    place = ".".join(map(str, first.get("loc", ())))
    return f"{place}: {first.get('msg', 'is wrong')}."
