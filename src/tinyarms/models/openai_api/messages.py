"""Chat turns as servers take them, with their pictures in base64."""

from __future__ import annotations

import base64
from typing import Any

from tinyarms.skills.execution import PICTURE, Message, ModelRequest, SentPicture


def chat_turns(request: ModelRequest) -> list[dict[str, Any]]:
    """The turns of a request in the form of the OpenAI API.

    Raises `PictureError` if a picture is gone.
    """
    return [{"role": turn.role, "content": _content(turn)} for turn in request.messages]


def ollama_turns(request: ModelRequest) -> list[dict[str, Any]]:
    """The turns in the form of Ollama's own API, where pictures have no place in the text.

    Raises as `chat_turns`.
    """
    turns: list[dict[str, Any]] = []
    for turn in request.messages:
        data: dict[str, Any] = {"role": turn.role, "content": turn.content.replace(PICTURE, "")}
        if turn.pictures:
            data["images"] = [_base64(picture) for picture in turn.pictures]
        turns.append(data)
    return turns


def _content(turn: Message) -> str | list[dict[str, Any]]:
    """The text, or if the turn has pictures a list of texts and pictures in their order."""
    if not turn.pictures:
        return turn.content
    return [
        {"type": "text", "text": part} if isinstance(part, str) else _image(part)
        for part in turn.parts
    ]


def _image(picture: SentPicture) -> dict[str, Any]:
    url = f"data:{picture.media_type};base64,{_base64(picture)}"
    return {"type": "image_url", "image_url": {"url": url}}


def _base64(picture: SentPicture) -> str:
    return base64.b64encode(picture.load()).decode("ascii")
