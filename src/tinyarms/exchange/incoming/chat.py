"""Chats of other tools as inputs and answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from tinyarms.exchange.incoming.records import Turn
from tinyarms.exchange.tables.table import Json, as_text

_ROLES: Mapping[str, Literal["system", "user", "assistant"]] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "ai": "assistant",
    "model": "assistant",
    "gpt": "assistant",
}


def turns_of(value: Json) -> tuple[Turn, ...] | None:
    """The messages of a chat; `None` if the value is none.

    The forms are those of OpenAI (`role` and `content`), LangChain (`type` and `content`, or `data`
    around it, or `kwargs`), ShareGPT (`from` and `value`) and pairs of role and text. Parts of a
    content that are no text are left out.

    Examples
    --------
    >>> from tinyarms.exchange.incoming.chat import turns_of
    >>> turns_of([{"type": "human", "data": {"content": "2+2?"}}])
    (Turn(role='user', text='2+2?'),)
    """
    if isinstance(value, Mapping) and isinstance(value.get("messages"), list):
        value = value["messages"]
    if not isinstance(value, list) or not value:
        return None
    turns = [_turn(message) for message in value]
    return tuple(turn for turn in turns if turn) if all(turns) else None


def _turn(message: Json) -> Turn | None:
    if isinstance(message, Sequence) and not isinstance(message, str) and len(message) == 2:
        role, content = message
    elif isinstance(message, Mapping) and isinstance(message.get("kwargs"), Mapping):
        # LangChain's own form: `id` ends with the class, such as HumanMessage.
        path, content = message.get("id"), message["kwargs"].get("content")
        last = path[-1] if isinstance(path, list) and path else None
        role = last.partition("Message")[0] if isinstance(last, str) else None
    elif isinstance(message, Mapping):
        role = message.get("role", message.get("type", message.get("from")))
        data = message.get("data")
        text = message.get("content", message.get("value"))
        content = data.get("content") if isinstance(data, Mapping) else text
    else:
        return None
    name = _ROLES.get(role.casefold()) if isinstance(role, str) else None
    said = _content(content)
    return None if name is None or said is None else Turn(name, said)


def _content(content: Json) -> str | None:
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return None
    parts = [part.get("text") if isinstance(part, Mapping) else part for part in content]
    return "\n".join(part for part in parts if isinstance(part, str))


def chat_inputs(turns: Sequence[Turn]) -> dict[str, str]:
    """A chat as inputs: `system`, and `message`, the one user's text or the whole conversation.

    Examples
    --------
    >>> from tinyarms.exchange.incoming.chat import chat_inputs
    >>> from tinyarms.exchange.incoming.records import Turn
    >>> chat_inputs([Turn("system", "Be brief."), Turn("user", "2+2?")])
    {'system': 'Be brief.', 'message': '2+2?'}
    """
    system = "\n\n".join(turn.text for turn in turns if turn.role == "system")
    rest = [turn for turn in turns if turn.role != "system"]
    if len(rest) == 1 and rest[0].role == "user":
        message = rest[0].text
    else:
        message = "\n\n".join(f"{turn.role.capitalize()}: {turn.text}" for turn in rest)
    return {"system": system, "message": message} if system else {"message": message}


def _first(items: Json) -> Mapping[str, Json] | None:
    """The first object of a list, or of a list of lists."""
    while isinstance(items, list) and items:
        items = items[0]
    has_text = isinstance(items, Mapping) and ("message" in items or "text" in items)
    return items if has_text else None


def answer_of(value: Json) -> Json:
    """The right answer in what a tool stores as an output.

    Of an answer of OpenAI's API it is the message of the first choice, of LangChain's generations
    the first. An object with one field is that field's value, a message is its text, and of a chat
    it is the last message. Numbers and truth values become texts.

    Examples
    --------
    >>> from tinyarms.exchange.incoming.chat import answer_of
    >>> answer_of({"team": "billing"}), answer_of({"answer": True}), answer_of({"answer": None})
    ('billing', 'true', None)
    >>> answer_of({"generation": {"type": "ai", "data": {"content": "4"}}})
    '4'
    >>> answer_of({"answer": "Lima", "confidence": 0.9})
    {'answer': 'Lima', 'confidence': 0.9}
    """
    if isinstance(value, str):  # by far the most frequent
        return value
    turns = turns_of(value)
    if turns:
        return turns[-1].text
    if isinstance(value, Mapping):
        turn = _turn(value)
        if turn is not None:
            return turn.text
        for key in ("choices", "generations"):
            first = _first(value.get(key))
            if first is not None:
                return answer_of(first.get("message", first.get("text")))
        if len(value) == 1:
            return answer_of(next(iter(value.values())))
        return dict(value) or None
    return value if isinstance(value, list) else as_text(value)
