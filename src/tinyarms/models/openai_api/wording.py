"""Requests in other words, for servers that do not take a feature: pure functions."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from tinyarms.models.openai_api.dialects import as_object, is_plain_text
from tinyarms.skills.contract import Constraint
from tinyarms.skills.execution import Message, ModelRequest

_FENCED = re.compile(r"\s*```[a-z]*[ \t]*\n(.*?)\n?\s*```\s*", re.DOTALL)


def completion_as_chat(request: ModelRequest) -> ModelRequest:
    """A completion as one message: worked examples, and the line that is to be ended.

    Without `stop`: a model that chats may begin with an empty line or an announcement, and
    `completion_of` cuts the reply itself.
    """
    assert request.completion is not None
    label = _last_label(request.completion)
    which = f" It begins with {label!r}; write only what follows." if label else ""
    instruction = (
        "The text below ends in the middle. Write what completes its last line, in the manner of "
        f"what stands before it.{which} One line, and nothing else: no heading, no quotation "
        "marks, no explanation."
    )
    content = f"{instruction}\n\n{request.completion}"
    return replace(request, completion=None, messages=(Message("user", content),), stop=())


def completion_of(request: ModelRequest, text: str) -> str:
    """The continuation in a chat's reply to `completion_as_chat` of the request.

    Without an announcement (a first line that ends with a colon), the line's label again, and
    all from the request's `stop` on.
    """
    lines = [line.replace("**", "").strip() for line in _unfenced(text).splitlines()]
    lines = [line for line in lines if line]
    if len(lines) > 1 and lines[0].endswith(":"):
        lines = lines[1:]
    label = _last_label(request.completion or "")
    if lines and label and lines[0].lower().startswith(label.lower()):
        lines[0] = lines[0][len(label) :].strip()
        lines = lines if lines[0] else lines[1:]
    continuation = "\n".join(lines)
    for stop in request.stop:
        continuation = continuation.partition(stop)[0]
    return continuation


def without_system_role(request: ModelRequest) -> ModelRequest:
    """System messages at the beginning of the first message of the user."""
    systems = [turn.content for turn in request.messages if turn.role == "system"]
    others = [turn for turn in request.messages if turn.role != "system"]
    return _with_first_words(replace(request, messages=tuple(others)), "\n\n".join(systems))


def with_format_in_words(
    request: ModelRequest, constraint: Constraint, as_json: bool
) -> ModelRequest:
    """What the output must look like, said at the beginning of the first message.

    `as_json`: a label or a word is wanted in JSON too, as `dialects.unwrap` takes it out.
    """
    if not is_plain_text(constraint) or as_json:
        schema = as_object(constraint.schema) if is_plain_text(constraint) else constraint.schema
        shown = json.dumps(schema, ensure_ascii=False)
        words = f"Answer with JSON that keeps this JSON schema, and with nothing else: {shown}"
    elif constraint.choices:
        words = f"Answer with one of these, and with nothing else: {', '.join(constraint.choices)}"
    else:
        words = (
            "Answer with text that matches this regular expression, and with nothing else: "
            f"{constraint.regex}"
        )
    if request.completion is not None:
        return replace(request, completion=f"{words}\n\n{request.completion}")
    return _with_first_words(request, words)


def answer_of(text: str) -> str:
    """A reply without the code fence around it."""
    match = _FENCED.fullmatch(text)
    return match.group(1).strip() if match else text


def _with_first_words(request: ModelRequest, words: str) -> ModelRequest:
    if not words:
        return request
    if not request.messages:
        return replace(request, messages=(Message("user", words),))
    first, *others = request.messages
    first = replace(first, content=f"{words}\n\n{first.content}")
    return replace(request, messages=(first, *others))


def _last_label(completion: str) -> str:
    """`Instruction:` or `4.` where the last line is only that; else nothing."""
    last = completion.rpartition("\n")[2].strip()
    return last if last.endswith(":") or re.fullmatch(r"\d+\.", last) else ""


def _unfenced(text: str) -> str:
    match = _FENCED.fullmatch(text)
    return match.group(1) if match else text
