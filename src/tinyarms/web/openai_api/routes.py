"""`/v1/chat/completions`, `/v1/responses` and `/v1/models`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response, StreamingResponse

from tinyarms.core.ids import new_id
from tinyarms.loop.api import TinyArms
from tinyarms.web.openai_api import PREFIX
from tinyarms.web.openai_api.errors import wrong
from tinyarms.web.openai_api.requests import (
    Asked,
    ChatRequest,
    ResponseRequest,
    asked_by_chat,
    asked_by_response,
    check_format,
    inputs_of,
)
from tinyarms.web.openai_api.shapes import (
    Answered,
    chat_chunks,
    chat_completion,
    response,
    response_events,
)
from tinyarms.web.refusal import Refused
from tinyarms.web.repeats import CountsOnce, RequestId
from tinyarms.web.rest.parameters import AnyId
from tinyarms.web.rest.tasks import task_header
from tinyarms.web.security.access import Arms, Runner, require
from tinyarms.web.security.caller import Caller

router = APIRouter(prefix="/v1", tags=["openai"], route_class=CountsOnce)

_STREAMS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}
}


@router.post("/chat/completions", responses=_STREAMS)
def chat_completions(caller: Runner, arms: Arms, id: RequestId, body: ChatRequest) -> Response:
    """Run a skill (`model: "skill:NAME"`), or call a model of the project by its name.

    A skill's inputs are the last message of the user: a JSON object, or for a skill with one input
    its text; or they are in `metadata.inputs`. The skill has its own prompt and sampling.
    """
    answered = _answered(arms, caller, asked_by_chat(body), id)
    if not body.stream:
        return JSONResponse(chat_completion(answered), headers=_headers(answered))
    options = body.stream_options
    with_usage = options is not None and bool(options.include_usage)
    return _stream(chat_chunks(answered, with_usage), answered)


@router.post("/responses", responses=_STREAMS)
def responses(caller: Runner, arms: Arms, id: RequestId, body: ResponseRequest) -> Response:
    """The same for clients of the Responses API. Nothing is kept for a later response."""
    answered = _answered(arms, caller, asked_by_response(body), id)
    if not body.stream:
        return JSONResponse(response(answered), headers=_headers(answered))
    return _stream(response_events(answered), answered)


@router.get("/models", dependencies=[require("view", "run", "application")])
def models(arms: Arms) -> Response:
    """The skills as `skill:NAME`, then the models of the project."""
    return JSONResponse({"object": "list", "data": [_model(name) for name in _names(arms)]})


@router.get("/models/{model}", dependencies=[require("view", "run", "application")])
def model(arms: Arms, model: AnyId) -> Response:
    """One of them."""
    if model not in _names(arms):
        raise _unknown(arms)
    return JSONResponse(_model(model))


def _answered(arms: TinyArms, caller: Caller, asked: Asked, id: str | None) -> Answered:
    if not asked.model.startswith(PREFIX):
        if asked.model not in arms.models:
            raise _unknown(arms)
        reply = arms.complete(asked.model, asked.plain_call())
        return Answered(
            id=id or new_id(),
            model=asked.model,
            text=reply.text,
            created=int(arms.now().timestamp()),
            prompt_tokens=reply.prompt_tokens,
            completion_tokens=reply.completion_tokens,
            metadata=asked.metadata,
        )
    skill = asked.model.removeprefix(PREFIX)
    if skill not in arms.skills:
        raise _unknown(arms)
    form = arms.skill_form(skill)
    check_format(asked, form)
    # Clients send `user` by themselves; it is believed from an application only.
    user = asked.user if caller.role == "application" else caller.user
    result = arms.run(skill, inputs_of(asked, form), task_id=id, user=user)
    arms.settle()
    if result.output is None:
        raise Refused(
            422,
            "contract_violation",
            f"The model's output broke the skill's contract: {result.violation}",
            f"The task is stored as {result.task_id}.",
            task_header(result.task_id),
        )
    return Answered(
        id=result.task_id,
        model=asked.model,
        text=result.output,
        created=int(arms.now().timestamp()),
        prompt_tokens=result.prompt_tokens or 0,
        completion_tokens=result.completion_tokens or 0,
        metadata=asked.metadata,
        is_task=True,
    )


def _names(arms: TinyArms) -> list[str]:
    return [*(f"{PREFIX}{name}" for name in arms.skills), *arms.models]


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "tinyarms"}


def _unknown(arms: TinyArms) -> Refused:
    names = ", ".join(_names(arms))
    return wrong("model", "There is no such model.", f"There are: {names}.", 404)


def _headers(answered: Answered) -> dict[str, str]:
    return task_header(answered.id) if answered.is_task else {}


def _stream(lines: Iterator[str], answered: Answered) -> StreamingResponse:
    return StreamingResponse(lines, media_type="text/event-stream", headers=_headers(answered))
