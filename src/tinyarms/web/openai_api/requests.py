"""Requests of both APIs, as far as tinyArms reads them, in one form."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

from tinyarms.core.ids import content_hash
from tinyarms.loop.serving.given_inputs import GivenInput
from tinyarms.loop.serving.plain_model import GivenTurn, PlainCall
from tinyarms.loop.serving.skill_form import SkillForm
from tinyarms.web.openai_api.errors import wrong

Content: TypeAlias = str | list[dict[str, Any]] | None
Tokens: TypeAlias = Annotated[int, Field(ge=1, le=1_000_000)]
Temperature: TypeAlias = Annotated[float, Field(ge=0, le=2)]
_ROLES: Mapping[str, Literal["system", "user", "assistant"]] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
}
_TEXTS = ("text", "input_text", "output_text")
_IMAGES = ("image_url", "input_image")


class Turn(BaseModel):
    """A message."""

    model_config = ConfigDict(extra="allow")

    role: Annotated[str, Field(max_length=100)]
    content: Content = None


class StreamOptions(BaseModel):
    """What a stream has beside the text."""

    model_config = ConfigDict(extra="allow")

    include_usage: bool | None = None


class ChatRequest(BaseModel):
    """`POST /v1/chat/completions`. Other fields are read as far as they matter."""

    model_config = ConfigDict(extra="allow")

    model: Annotated[str, Field(max_length=300)]
    messages: Annotated[list[Turn], Field(min_length=1, max_length=10_000)]
    stream: bool | None = None
    stream_options: StreamOptions | None = None
    max_tokens: Tokens | None = None
    max_completion_tokens: Tokens | None = None
    temperature: Temperature | None = None
    seed: Annotated[int, Field(ge=-(2**63), lt=2**63)] | None = None
    stop: str | Annotated[list[str], Field(max_length=16)] | None = None
    n: int | None = None
    response_format: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None
    user: Annotated[str, Field(max_length=255)] | None = None


class ResponseRequest(BaseModel):
    """`POST /v1/responses`. Other fields are read as far as they matter."""

    model_config = ConfigDict(extra="allow")

    model: Annotated[str, Field(max_length=300)]
    input: str | Annotated[list[Turn], Field(min_length=1, max_length=10_000)]
    instructions: str | None = None
    stream: bool | None = None
    max_output_tokens: Tokens | None = None
    temperature: Temperature | None = None
    text: dict[str, Any] | None = None
    metadata: dict[str, Any] | None = None
    user: Annotated[str, Field(max_length=255)] | None = None


@dataclass(frozen=True)
class Asked:
    """A request of either API."""

    model: str
    turns: tuple[GivenTurn, ...]
    format: Mapping[str, Any] | None
    """`type` and perhaps `schema` of what the answer should be; `None`: text."""
    metadata: Mapping[str, Any]
    user: str | None
    max_tokens: int | None = None
    temperature: float | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()

    def plain_call(self) -> PlainCall:
        """The call of a plain model."""
        format = self.format or {"type": "text"}
        schema = {"type": "object"} if format["type"] == "json_object" else format.get("schema")
        return PlainCall(
            turns=self.turns,
            max_tokens=self.max_tokens,
            temperature=self.temperature or 0.0,
            seed=self.seed or 0,
            stop=self.stop,
            schema=schema,
        )


def asked_by_chat(body: ChatRequest) -> Asked:
    """The request. Raises `Refused` for what no model here can do."""
    if body.n not in (None, 1):
        raise wrong("n", "One choice is given.", "Leave out n.")
    _refuse(body.model_extra, ("tools", "functions", "logprobs", "audio", "prediction"))
    stop = (body.stop,) if isinstance(body.stop, str) else tuple(body.stop or ())
    given = body.response_format
    format = None
    if given is not None:
        format = {"type": given.get("type"), **_mapping(given.get("json_schema"))}
    return Asked(
        model=body.model,
        turns=_turns(body.messages, "messages"),
        format=_format(format, "response_format"),
        metadata=body.metadata or {},
        user=body.user,
        max_tokens=body.max_completion_tokens or body.max_tokens,
        temperature=body.temperature,
        seed=body.seed,
        stop=stop,
    )


def asked_by_response(body: ResponseRequest) -> Asked:
    """The request. Raises `Refused` for what no model here can do."""
    _refuse(body.model_extra, ("tools", "previous_response_id", "conversation", "background"))
    given = [Turn(role="user", content=body.input)] if isinstance(body.input, str) else body.input
    first = [] if body.instructions is None else [Turn(role="system", content=body.instructions)]
    return Asked(
        model=body.model,
        turns=_turns([*first, *given], "input"),
        format=_format(_mapping((body.text or {}).get("format")) or None, "text.format"),
        metadata=body.metadata or {},
        user=body.user,
        max_tokens=body.max_output_tokens,
        temperature=body.temperature,
    )


def check_format(asked: Asked, form: SkillForm) -> None:
    """Raise `Refused` if the answer should be something else than the skill's contract says."""
    format = asked.format or {"type": "text"}
    schema = form.output.get("json_schema")
    if format["type"] == "text":
        return
    if schema is None:
        kind = next(name for name in form.output if name != "max_tokens")
        raise wrong(
            "response_format",
            f"The skill gives {kind}, not JSON.",
            "Leave out response_format: the skill's contract is kept anyway.",
        )
    wanted = format.get("schema")
    if wanted is not None and content_hash(wanted) != content_hash(schema):
        raise wrong(
            "response_format",
            "The skill's contract has another schema.",
            "Leave out response_format: the skill's contract is kept anyway.",
        )


def inputs_of(asked: Asked, form: SkillForm) -> dict[str, GivenInput]:
    """The skill's inputs: `metadata.inputs`, or the last message of the user.

    That message is a JSON object of the inputs, or for a skill with one input that input itself.
    Pictures are its picture parts, in the order of the skill's picture inputs. Raises `Refused`.
    """
    turn = next((turn for turn in reversed(asked.turns) if turn.role == "user"), None)
    parts = () if turn is None else turn.parts
    images = [part for part in parts if isinstance(part, bytes)]
    text = "\n".join(part for part in parts if isinstance(part, str))
    if len(images) > len(form.pictures):
        raise wrong("messages", f"The skill takes {len(form.pictures)} pictures.", "")
    inputs: dict[str, GivenInput] = dict(zip(form.pictures, images, strict=False))
    if "inputs" in asked.metadata:
        given = _texts(asked.metadata["inputs"])
        if given is None:
            raise wrong(
                "metadata",
                "metadata.inputs is no JSON object of texts.",
                f'Send {{"{form.inputs[0]}": "…"}}.',
            )
        return {**inputs, **given}
    given = _texts(text)
    if given is not None and given.keys() <= set(form.inputs):
        return {**inputs, **given}
    open_inputs = [name for name in form.inputs if name not in inputs]
    needed = [name for name in open_inputs if name not in form.optional]
    one = needed if len(needed) == 1 else open_inputs
    if len(one) == 1 and text.strip():
        return {**inputs, one[0]: text}
    if not text.strip() and inputs:
        return inputs
    raise wrong(
        "messages",
        f"The skill has the inputs {', '.join(form.inputs)}.",
        "Send them as a JSON object in the last message of the user, or in metadata.inputs.",
    )


def _texts(value: object) -> dict[str, str] | None:
    """A JSON object of texts; `None` if it is none."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return None
    if not isinstance(value, dict) or not value:
        return None
    return value if all(isinstance(text, str) for text in value.values()) else None


def _turns(messages: Sequence[Turn], param: str) -> tuple[GivenTurn, ...]:
    turns = []
    for message in messages:
        role = _ROLES.get(message.role)
        if role is None:
            raise wrong(param, "The role of a message is unknown here.", "Use user or system.")
        turns.append(GivenTurn(role, tuple(_parts(message.content, param))))
    return tuple(turns)


def _parts(content: Content, param: str) -> list[str | bytes]:
    if content is None or isinstance(content, str):
        return [content or ""]
    parts: list[str | bytes] = []
    for part in content:
        if part.get("type") in _TEXTS and isinstance(part.get("text"), str):
            parts.append(part["text"])
        elif part.get("type") in _IMAGES:
            parts.append(_image(part.get("image_url"), param))
        else:
            raise wrong(param, "A part of a message is neither text nor a picture.", "")
    return parts


def _image(given: object, param: str) -> bytes:
    """The bytes of a data URL. An address is not fetched: it may be one of this machine."""
    url = given.get("url") if isinstance(given, dict) else given
    head, comma, data = url.partition(",") if isinstance(url, str) else ("", "", "")
    if not comma or not head.startswith("data:") or not head.endswith(";base64"):
        raise wrong(param, "A picture is no data URL.", "Send data:image/png;base64,…")
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise wrong(param, "A picture is not base64.", "Encode it again.") from error


def _format(given: Mapping[str, Any] | None, param: str) -> Mapping[str, Any] | None:
    if given is None:
        return None
    if given.get("type") not in ("text", "json_object", "json_schema"):
        raise wrong(param, "This format is unknown.", "Use text, json_object or json_schema.")
    if given["type"] == "json_schema" and not isinstance(given.get("schema"), dict):
        raise wrong(param, "A json_schema needs a schema.", "")
    return given


def _refuse(extra: Mapping[str, Any] | None, params: Sequence[str]) -> None:
    for param in params:
        if (extra or {}).get(param):
            raise wrong(param, f"{param} is not supported.", f"Leave out {param}.")


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
