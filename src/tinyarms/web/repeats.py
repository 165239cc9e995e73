"""A request that is sent again with the same `Idempotency-Key` counts once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine, Iterator
from typing import Annotated, Any, TypeAlias

from fastapi import Depends, Request
from fastapi.dependencies.models import Dependant
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from tinyarms.core.ids import derived_id
from tinyarms.loop.project.kept_answers import Attempt, KeptAnswer
from tinyarms.web.problems import refusal_of
from tinyarms.web.refusal import Refused
from tinyarms.web.routes import Handle, LightRoute
from tinyarms.web.security.access import caller_of, checks_of, service_of
from tinyarms.web.strict_json import strictly

HEADER = "idempotency-key"
LONGEST_KEY = 200
_KEPT = ("location", "x-tinyarms-task")
"""Headers that are kept with an answer."""
_LONGEST_KEPT = 1_000_000
"""Most bytes of an answer that is kept."""


async def request_id(request: Request) -> str | None:
    """An id for what the request makes, the same whenever it is sent again with its key."""
    key = request.headers.get(HEADER)
    if key is None or request.method != "POST":
        return None
    return derived_id("request", caller_of(request).key, request.url.path, key)


RequestId: TypeAlias = Annotated[str | None, Depends(request_id)]
"""A route that makes nothing but what has this id may be carried out twice, and counts once."""


class CountsOnce(LightRoute):
    """A route whose answers are kept by the caller's `Idempotency-Key`."""

    def get_route_handler(self) -> Handle:
        handle = super().get_route_handler()
        may_repeat = request_id in _calls(self.dependant)
        checks = checks_of(self)

        async def handle_once(request: Request) -> Response:
            key = request.headers.get(HEADER)
            if key is None or request.method != "POST":
                return await handle(request)
            # Before anything is written; an answer that is given again counts as a request too.
            for check in checks:
                await check(request)
            if not 0 < len(key) <= LONGEST_KEY or not key.isprintable():
                raise Refused(
                    400,
                    "usage",
                    f"Idempotency-Key has 1 to {LONGEST_KEY} printable characters.",
                    "Send a random one with each new request.",
                )
            caller = caller_of(request)
            # Whatever name the service is asked for by, it is the same request.
            where = f"{request.url.path}?{request.url.query}"
            asked = f"{where} {hashlib.sha256(await request.body()).hexdigest()}"
            answers = service_of(request).arms.kept_answers
            attempt = await run_in_threadpool(
                answers.attempt, caller.key, f"{request.url.path} {key}", asked
            )
            with attempt:
                return await _carried_out(attempt, may_repeat, lambda: handle(request))

        return strictly(handle_once)


async def _carried_out(
    attempt: Attempt, may_repeat: bool, handle: Callable[[], Coroutine[Any, Any, Response]]
) -> Response:
    if attempt.answer is not None:
        headers = {**attempt.answer.headers, "idempotent-replay": "true"}
        return Response(attempt.answer.body, attempt.answer.status, headers, "application/json")
    if attempt.state == "other":
        raise Refused(
            422, "usage", "This Idempotency-Key was used for another request.", "Send a new one."
        )
    if attempt.state == "busy":
        raise Refused(
            409,
            "conflict",
            "The same request is being carried out.",
            "Send it again after Retry-After.",
            {"retry-after": "1"},
        )
    if attempt.state == "interrupted" and not may_repeat:
        raise Refused(
            409,
            "conflict",
            "The service was killed during this request, which may have been carried out.",
            "Look at the skill's history; to ask again, send a new Idempotency-Key.",
        )
    try:
        answer = await handle()
    except Exception as error:
        # Nothing was done, so the caller may correct the request, or try again.
        if refusal_of(error).kind != "internal":
            attempt.drop()
        raise
    body = getattr(answer, "body", None)
    if isinstance(body, bytes) and answer.status_code < 400 and len(body) <= _LONGEST_KEPT:
        headers = {name: answer.headers[name] for name in _KEPT if name in answer.headers}
        kept = KeptAnswer(answer.status_code, body.decode(), headers)
        await run_in_threadpool(attempt.keep, kept)
    else:
        attempt.drop()
    return answer


def _calls(dependant: Dependant) -> Iterator[object]:
    yield dependant.call
    for below in dependant.dependencies:
        yield from _calls(below)
