"""Tasks: run by the service or by the caller, and how they went."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.convertors import register_url_convertor

from tinyarms.web.answers import answer
from tinyarms.web.repeats import CountsOnce, RequestId
from tinyarms.web.rest.bodies import Begin, Feedback, Finish, ForUser, Run, given
from tinyarms.web.rest.parameters import AnyId, AnyText, known_skill
from tinyarms.web.security.access import Application, Arms, Runner, Tasks, require
from tinyarms.web.security.caller import Caller

router = APIRouter(prefix="/v1", tags=["tasks"], route_class=CountsOnce)

register_url_convertor("any", AnyText())

TASK_HEADER = "x-tinyarms-task"
"""Names the task of an answer, for its feedback."""
_ANSWER_ID = re.compile(r"(?:chatcmpl-|resp_)([0-9a-f]{32})")
"""The ids of answers of the OpenAI API, which contain that of their task."""


def task_header(task_id: str) -> dict[str, str]:
    """The header that names a task; what no header can hold of its id is percent-encoded."""
    return {TASK_HEADER: quote(task_id, safe="")}


@router.post("/tasks")
def run(caller: Runner, arms: Arms, id: RequestId, body: Run) -> Response:
    """Run a skill once with the prompt in production.

    `output` is null if the model broke the skill's contract; `violation` then says how.
    """
    result = arms.run(
        known_skill(arms, body.skill),
        given(body.inputs),
        task_id=body.task_id or id,
        user=caller.acts_for(body.user),
        expected=body.expected,
        explain=body.explain,
    )
    arms.settle()
    return answer(result, headers=task_header(result.task_id))


@router.post("/tasks/begin")
def begin(caller: Runner, arms: Arms, tasks: Tasks, id: RequestId, body: Begin) -> Response:
    """The messages to send to a model of your own, and the task's id. Then finish the task."""
    skill, user = known_skill(arms, body.skill), caller.acts_for(body.user)
    task = tasks.begin(skill, body.task_id or id, user)
    messages = task.messages(**given(body.inputs))
    begun = {"task_id": task.id, "prompt_version": task.version.number, "messages": messages}
    return answer(begun, headers=task_header(task.id))


@router.post("/tasks/{task_id:any}/finish")
def finish(
    caller: Runner, arms: Arms, tasks: Tasks, id: RequestId, task_id: AnyId, body: Finish
) -> Response:
    """Store what your model answered."""
    task = tasks.end(known_skill(arms, body.skill), task_id, caller.acts_for(body.user))
    result = task.finish(given(body.inputs), body.output, body.latency_ms, expected=body.expected)
    arms.settle()
    return answer(result, headers=task_header(result.task_id))


@router.post("/tasks/{task_id:any}/token")
def token(caller: Application, arms: Arms, task_id: AnyId, body: ForUser) -> Response:
    """A token for a page, with which it may give feedback on this task, for a day."""
    by = caller.token_id or ""
    return answer(arms.add_widget_token("task", _task_of(task_id), by=by, user=body.user))


def _its_task(request: Request) -> tuple[str, str]:
    return "task", _task_of(request.path_params["task_id"])


@router.post("/tasks/{task_id:any}/feedback")
def feedback(
    caller: Annotated[Caller, require("vote", "application", embedded=_its_task)],
    arms: Arms,
    id: RequestId,
    task_id: AnyId,
    body: Feedback,
) -> Response:
    """Report that a task was a success or a failure, or its right output."""
    result = arms.feedback(
        _task_of(task_id),
        success=body.success,
        correction=body.correction,
        feedback_id=caller.id_of(body.feedback_id, id),
        user=caller.acts_for(body.user),
    )
    return answer(result, headers=task_header(result.task_id))


def _task_of(id: str) -> str:
    """The task's id, of one or of an answer's id."""
    found = _ANSWER_ID.fullmatch(id)
    return id if found is None else found[1]
