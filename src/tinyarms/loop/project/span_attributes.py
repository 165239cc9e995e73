"""The attributes of spans of tasks and outcomes, by the conventions for generative AI.

https://opentelemetry.io/docs/specs/semconv/gen-ai/
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from tinyarms.core.errors import TinyArmsError
from tinyarms.core.privacy.finder import MaskKind
from tinyarms.core.privacy.masking import mask
from tinyarms.skills.execution import PICTURE, Message
from tinyarms.skills.picture import all_for_people
from tinyarms.store.db.records import TaskRecord

if TYPE_CHECKING:
    from opentelemetry.trace import Span

EVALUATION = "gen_ai.evaluation.result"
"""Name of the event, or of the span, of an outcome."""
TEXTS_VARIABLE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
"""Setting of the environment by which texts are sent too, as the conventions ask for."""
_WITH_TEXTS = ("true", "1", "span_only", "span_and_event")
_T = TypeVar("_T")


def wants_texts(environ: Mapping[str, str]) -> bool:
    """Whether the environment asks for the texts of tasks in spans."""
    return environ.get(TEXTS_VARIABLE, "").strip().lower() in _WITH_TEXTS


def set_violated(span: Span) -> None:
    """Say that a task's output violates its contract, without the output."""
    from opentelemetry.trace import Status, StatusCode

    span.set_status(Status(StatusCode.ERROR, "the output violates the contract"))


def set_failed(span: Span, error: BaseException) -> None:
    """Say that a task failed. Its message may quote a text, so that only its type is sent."""
    from opentelemetry.trace import Status, StatusCode

    name = type(error).__name__
    span.set_attribute("error.type", name)
    is_ours = isinstance(error, TinyArmsError)
    span.set_status(Status(StatusCode.ERROR, "no model answered" if is_ours else name))


def span_attributes(
    task: TaskRecord, masks: Collection[MaskKind] | None, messages: Sequence[Message] = ()
) -> dict[str, str | int]:
    """The attributes of a task's span.

    `masks`: the kinds of private data that are masked in its texts; `None`: texts are left out.
    `messages`: the turns that were sent; empty: its inputs stand for them.
    """
    known: dict[str, str | int | None] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "tinyarms",
        "gen_ai.request.model": task.model,
        "gen_ai.usage.input_tokens": task.prompt_tokens,
        "gen_ai.usage.output_tokens": task.completion_tokens,
        "error.type": None if task.violation is None else "contract_violation",
        **task_ids(task),
    }
    if masks is not None:
        shown = json.dumps(all_for_people(task.inputs), ensure_ascii=False)
        turns = [(turn.role, turn.content.replace(PICTURE, "[picture]")) for turn in messages]
        known["gen_ai.input.messages"] = _messages(turns or [("user", shown)], masks)
        if task.output is not None:
            known["gen_ai.output.messages"] = _messages([("assistant", task.output)], masks)
    return present(known)


def evaluation_attributes(task: TaskRecord) -> dict[str, str | float]:
    """The attributes of a task's outcome."""
    return {
        "gen_ai.evaluation.name": "task_success",
        "gen_ai.evaluation.score.value": 1.0 if task.success else 0.0,
        "gen_ai.evaluation.score.label": "pass" if task.success else "fail",
        "gen_ai.evaluation.explanation": f"by {task.outcome_source or 'feedback'}",
    }


def nanoseconds(moment: datetime) -> int:
    """The time since 1970, as spans have it."""
    return int(moment.timestamp() * 1e6) * 1000


def task_ids(task: TaskRecord) -> dict[str, str | int | None]:
    """What tells which task it is. `gen_ai.response.id` is the key of both, the task and its
    outcome, where their spans are not in one trace."""
    return {
        "gen_ai.prompt.name": task.skill,
        "gen_ai.response.id": task.id,
        "tinyarms.task.id": task.id,
        "tinyarms.prompt.version": task.prompt_version,
        "tinyarms.variant.id": task.variant_id,
    }


def present(attributes: Mapping[str, _T | None]) -> dict[str, _T]:
    """The attributes without those that are `None`."""
    return {key: value for key, value in attributes.items() if value is not None}


def _messages(turns: Sequence[tuple[str, str]], masks: Collection[MaskKind]) -> str:
    messages = [
        {"role": role, "parts": [{"type": "text", "content": mask(text, masks).text}]}
        for role, text in turns
    ]
    return json.dumps(messages, ensure_ascii=False)
