"""The text of an answer, without the model's thoughts. Pure functions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tinyarms.core.text import storable

_MAX_TEXT = 200_000
"""Most characters of a reply. A server that sends more ignores `max_tokens`. Lower: long texts are
refused. Higher: such a server fills the database."""
_THOUGHTS = re.compile(
    r"\s*(?:"
    r"<(think|thinking|thought|reasoning|reflection)>.*?</\1>"
    r"|◁think▷.*?◁/think▷"
    r"|(?:<\|start\|>assistant)?<\|channel\|>(?:analysis|commentary).*?<\|end\|>"
    r")\s*",
    re.DOTALL | re.IGNORECASE,
)
"""Thoughts at the beginning of a text, as the templates of reasoning models mark them."""
_OPENED = re.compile(
    r"\s*(?:<(?:think|thinking|thought|reasoning|reflection)>|◁think▷"
    r"|(?:<\|start\|>assistant)?<\|channel\|>(?:analysis|commentary))",
    re.IGNORECASE,
)
_CLOSED = re.compile(r".*(?:</think(?:ing)?>|◁/think▷)\s*", re.DOTALL | re.IGNORECASE)
"""The end of thoughts whose beginning stands in the prompt."""
_FINAL = re.compile(r"\s*(?:<\|start\|>assistant)?<\|channel\|>final<\|message\|>")
_AFTER_FINAL = re.compile(r"<\|(?:return|end)\|>\s*$")
_THOUGHT_FIELDS = ("reasoning_content", "reasoning", "thinking")
_THOUGHT_PARTS = frozenset({"thinking", "reasoning"})

_BROKEN_OFF = frozenset({"error", "abort", "aborted", "cancelled", "canceled"})
"""How servers say that they ended a text in its middle."""

Lack = Literal["thoughts_only", "tool_call", "filtered", "broken_off", "no_text", "too_long"]
"""Why an answer has no text: the tokens were spent on thoughts, it calls a tool, a content filter
held it back, the server broke it off, it has none, or far too much."""


class NoText(Exception):
    """The server's answer has no text that could be a reply."""

    def __init__(self, lack: Lack) -> None:
        super().__init__(lack)
        self.lack = lack


@dataclass(frozen=True)
class AnswerText:
    """What the model said."""

    text: str
    skipped: int = 0
    """Characters of thoughts at the beginning of what the server sent as text."""
    thoughts: str = ""
    """Thoughts that the server sent beside the text, for an estimate of their tokens."""


def answer_text(answer: Mapping[str, Any], is_chat: bool) -> AnswerText:
    """The text of one of OpenAI's `choices`, or of an answer of Ollama's own API.

    Raises `NoText`, and `TypeError` if the answer has no such form.
    """
    message = _message(answer)
    content, thoughts = _content(message), _thoughts(message)
    finish = answer.get("finish_reason") or answer.get("done_reason")
    if finish == "content_filter":
        raise NoText("filtered")
    if isinstance(finish, str) and finish.lower() in _BROKEN_OFF:
        raise NoText("broken_off")
    if content is None:
        content = message.get("refusal") if isinstance(message.get("refusal"), str) else None
    if content is not None and len(content) > _MAX_TEXT:
        raise NoText("too_long")
    text, skipped = _without_thoughts(content or "") if is_chat else (content, 0)
    if text is None or (is_chat and not text.strip()):
        has_thought = bool(thoughts or skipped) or text is None
        if is_chat and (has_thought or finish == "length"):
            raise NoText("thoughts_only")
        if message.get("tool_calls") or message.get("function_call"):
            raise NoText("tool_call")
        if content is None:
            raise NoText("no_text")
    return AnswerText(storable(text or ""), skipped, thoughts)


def _message(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """The answer's message; a completion's text counts as one."""
    for key in ("text", "response"):
        if isinstance(answer.get(key), str):
            return {"content": answer[key]}
    message = answer.get("message")
    if not isinstance(message, Mapping):
        raise TypeError("the answer has no message")
    return message


def _content(message: Mapping[str, Any]) -> str | None:
    content = message.get("content")
    if content is None or isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise TypeError("the answer is no text")
    parts = [_part_text(part) for part in content if not _is_thought(part)]
    texts = [text for text in parts if text is not None]
    if not texts and any(not _is_thought(part) for part in content):
        raise TypeError("the answer has no part that is text")
    return "".join(texts) if texts else None


def _thoughts(message: Mapping[str, Any]) -> str:
    beside = [message.get(field) for field in _THOUGHT_FIELDS]
    content = message.get("content")
    parts = content if isinstance(content, list) else []
    beside += [str(part) for part in parts if _is_thought(part)]
    return max((text for text in beside if isinstance(text, str)), key=len, default="")


def _part_text(part: Any) -> str | None:
    text = part.get("text") if isinstance(part, Mapping) else part
    return text if isinstance(text, str) else None


def _is_thought(part: Any) -> bool:
    return isinstance(part, Mapping) and part.get("type") in _THOUGHT_PARTS


def _without_thoughts(text: str) -> tuple[str | None, int]:
    """The text after the thoughts, and how many characters stood before it.

    `None` instead of the text if the thoughts do not end.
    """
    start = 0
    while match := _THOUGHTS.match(text, start):
        start = match.end()
    if _OPENED.match(text, start):
        return None, 0
    if match := _CLOSED.match(text, start):
        start = match.end()
    if match := _FINAL.match(text, start):
        start = match.end()
    return _AFTER_FINAL.sub("", text[start:]) if start else text, start
