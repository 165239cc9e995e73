"""Answers in the shapes of both APIs, whole and as streams of server-sent events."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

DONE = "data: [DONE]\n\n"
"""Ends a stream of chat completions."""
CHAT_ID, RESPONSE_ID = "chatcmpl-", "resp_"
"""Begin the ids of answers; what follows is the task's id."""


@dataclass(frozen=True)
class Answered:
    """What was answered, for either API."""

    id: str
    """The task's id."""
    model: str
    text: str
    created: int
    """Seconds since 1970."""
    prompt_tokens: int
    completion_tokens: int
    metadata: Mapping[str, Any]
    is_task: bool = False
    """Whether it is a task of a skill, which feedback can be given on."""


def chat_completion(answered: Answered) -> dict[str, Any]:
    """The object `chat.completion`."""
    message = {"role": "assistant", "content": answered.text, "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    return _chat(answered, "chat.completion") | {"choices": [choice], "usage": _usage(answered)}


def chat_chunks(answered: Answered, with_usage: bool) -> Iterator[str]:
    """The objects `chat.completion.chunk`, as events.

    The text is one of them: a skill's contract is checked on the whole output.
    """
    more = {"usage": None} if with_usage else {}
    deltas: list[tuple[dict[str, Any], str | None]] = [
        ({"role": "assistant", "content": "", "refusal": None}, None),
        ({"content": answered.text}, None),
        ({}, "stop"),
    ]
    for delta, reason in deltas:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        yield _event(_chat(answered, "chat.completion.chunk") | {"choices": [choice]} | more)
    if with_usage:
        last = {"choices": [], "usage": _usage(answered)}
        yield _event(_chat(answered, "chat.completion.chunk") | last)
    yield DONE


def response(answered: Answered, status: str = "completed") -> dict[str, Any]:
    """The object `response`."""
    is_done = status == "completed"
    return {
        "id": f"{RESPONSE_ID}{answered.id}",
        "object": "response",
        "created_at": answered.created,
        "status": status,
        "background": False,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "max_output_tokens": None,
        "metadata": {str(k): v for k, v in answered.metadata.items() if isinstance(v, str)},
        "model": answered.model,
        "output": [_item(answered)] if is_done else [],
        "parallel_tool_calls": False,
        "previous_response_id": None,
        "store": False,
        "temperature": None,
        "text": {"format": {"type": "text"}},
        "tool_choice": "auto",
        "tools": [],
        "top_p": None,
        "truncation": "disabled",
        "usage": _response_usage(answered) if is_done else None,
    }


def response_events(answered: Answered) -> Iterator[str]:
    """The events of a response, in the order of the Responses API."""
    place = {"output_index": 0, "content_index": 0, "item_id": _item_id(answered)}
    begun = response(answered, "in_progress")
    steps: list[tuple[str, dict[str, Any]]] = [
        ("response.created", {"response": begun}),
        ("response.in_progress", {"response": begun}),
        ("response.output_item.added", {"output_index": 0, "item": _item(answered, "in_progress")}),
        ("response.content_part.added", {**place, "part": _text("")}),
        ("response.output_text.delta", {**place, "delta": answered.text, "logprobs": []}),
        ("response.output_text.done", {**place, "text": answered.text, "logprobs": []}),
        ("response.content_part.done", {**place, "part": _text(answered.text)}),
        ("response.output_item.done", {"output_index": 0, "item": _item(answered)}),
        ("response.completed", {"response": response(answered)}),
    ]
    for number, (kind, data) in enumerate(steps):
        yield f"event: {kind}\n{_event({'type': kind, 'sequence_number': number, **data})}"


def _chat(answered: Answered, kind: str) -> dict[str, Any]:
    return {
        "id": f"{CHAT_ID}{answered.id}",
        "object": kind,
        "created": answered.created,
        "model": answered.model,
        "service_tier": None,
        "system_fingerprint": None,
    }


def _item(answered: Answered, status: str = "completed") -> dict[str, Any]:
    return {
        "id": _item_id(answered),
        "type": "message",
        "role": "assistant",
        "status": status,
        "content": [_text(answered.text)] if status == "completed" else [],
    }


def _item_id(answered: Answered) -> str:
    return f"msg_{answered.id}"


def _text(text: str) -> dict[str, Any]:
    return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}


def _usage(answered: Answered) -> dict[str, Any]:
    return {
        "prompt_tokens": answered.prompt_tokens,
        "completion_tokens": answered.completion_tokens,
        "total_tokens": answered.prompt_tokens + answered.completion_tokens,
    }


def _response_usage(answered: Answered) -> dict[str, Any]:
    return {
        "input_tokens": answered.prompt_tokens,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": answered.completion_tokens,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": answered.prompt_tokens + answered.completion_tokens,
    }


def _event(data: dict[str, Any]) -> str:
    return f"data: {json.dumps(data)}\n\n"
