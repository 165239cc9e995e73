"""From the bytes of an HTTP answer to its JSON. Pure functions.

An event stream counts as the answer that its events add up to, because some servers stream although
nobody asked them to.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

_EXACT_DIGITS = 18
"""Integers with more digits are read as floating-point numbers: Python refuses very long ones."""
_DATA = "data:"
_END = "[DONE]"


def answer_json(content: bytes) -> Any:
    """The JSON of an answer.

    Raises `ValueError` if it is neither JSON nor a complete stream of JSON.
    """
    try:
        return _parsed(content)
    except (ValueError, RecursionError) as error:
        events = _events(content.decode("utf-8", "replace"))
        if not events:
            raise ValueError(str(error)) from error
        return _joined(events)


def _parsed(content: bytes | str) -> Any:
    try:
        return json.loads(content, parse_int=_integer)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _EXACT_DIGITS else float(digits)


def _events(text: str) -> list[Any]:
    """The events of a stream: server-sent ones, or a JSON object a line. Raises `ValueError`."""
    lines = [line.strip() for line in text.split("\n")]
    if not any(line.startswith(_DATA) for line in lines):
        if not all(line.startswith("{") and line.endswith("}") for line in lines if line):
            return []
        return [_parsed(line) for line in lines if line]
    data = [line.removeprefix(_DATA).strip() for line in lines if line.startswith(_DATA)]
    is_ended = _END in data
    events = [_parsed(part) for part in data if part and part != _END]
    return [*events, {"done": True}] if is_ended else events


def _joined(events: Sequence[Any]) -> Any:
    """The answer that the events add up to. Raises `ValueError` if the end is missing."""
    objects = [event for event in events if isinstance(event, Mapping)]
    for event in objects:
        if event.get("error") or _is_whole(event):
            return event
    choices = [choice for event in objects if (choice := _first_choice(event)) is not None]
    first = min(map(choice_number, choices), default=0)
    choices = [choice for choice in choices if choice_number(choice) == first]
    ends = [choice.get("finish_reason") for choice in choices if choice.get("finish_reason")]
    if not ends and not any(event.get("done") for event in objects):
        raise ValueError("it is a stream of events that was cut off")
    if not choices:
        return _joined_ollama(objects)
    parts = [choice.get("delta") or {"content": choice.get("text")} for choice in choices]
    usages = [event["usage"] for event in objects if event.get("usage")]
    thoughts = [part.get("reasoning_content") or part.get("reasoning") for part in parts]
    message = {"content": _text(part.get("content") for part in parts)}
    if any(thoughts):
        message["reasoning_content"] = _text(thoughts)
    choice = {"message": message, "finish_reason": ends[-1] if ends else None}
    return {"choices": [choice], "usage": usages[-1] if usages else None}


def _joined_ollama(events: Sequence[Mapping[str, Any]]) -> Any:
    """The last event of Ollama's own API with the text of all."""
    last = {key: value for event in events for key, value in event.items()}
    if "response" in last:
        return {**last, "response": _text(event.get("response") for event in events)}
    if "message" not in last:
        raise ValueError("it is a stream of events without an answer")
    messages = [event["message"] for event in events if isinstance(event.get("message"), Mapping)]
    content = _text(message.get("content") for message in messages)
    return {**last, "message": {**messages[-1], "content": content}}


def _is_whole(event: Mapping[str, Any]) -> bool:
    choice = _first_choice(event)
    return choice is not None and isinstance(choice.get("message"), Mapping)


def _first_choice(event: Mapping[str, Any]) -> Mapping[str, Any] | None:
    choices = event.get("choices")
    if isinstance(choices, list) and choices and isinstance(choices[0], Mapping):
        return choices[0]
    return None


def choice_number(choice: Mapping[str, Any]) -> int:
    """Its place among the answers to one request; 0 if it says none."""
    index = choice.get("index")
    return index if isinstance(index, int) else 0


def _text(parts: Any) -> str:
    return "".join(part for part in parts if isinstance(part, str))
