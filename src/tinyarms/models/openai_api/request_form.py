"""How a request is put to a server: which features it uses, and its JSON body. Pure functions."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tinyarms.core.settings import ModelSettings
from tinyarms.models.openai_api.dialects import (
    JSON_OBJECT,
    Dialect,
    constraint_fields,
    extra_tokens,
)
from tinyarms.models.openai_api.messages import chat_turns, ollama_turns
from tinyarms.models.openai_api.picture_tokens import with_bounds
from tinyarms.models.openai_api.server_limits import Feature
from tinyarms.models.openai_api.wording import (
    completion_as_chat,
    with_format_in_words,
    without_system_role,
)
from tinyarms.skills.contract import Constraint
from tinyarms.skills.execution import ModelRequest

_TOP_LOGPROBS = 20
"""Alternatives requested for each token: the most that the API allows."""
_TOP_LOGPROBS_LLAMA = 500
"""Alternatives requested from llama.cpp, which allows more. Lower: a label that a tiny model finds
unlikely is not listed. Higher: longer replies."""
_FORMATS: Mapping[Dialect, tuple[Feature, ...]] = {
    "llama.cpp": ("grammar", "json_schema", "json_object"),
    "vllm": ("grammar", "json_schema", "json_object"),
    "ollama": ("json_schema", "json_object"),
    "openai": ("json_schema", "json_object"),
}
"""What enforces a contract, by dialect; each is used where the server refuses those before it."""


@dataclass
class Form:
    """The features that a request uses, and those that it does without."""

    lacks: Collection[Feature]
    sent: list[Feature] = field(default_factory=list)
    left_out: list[Feature] = field(default_factory=list)

    def uses(self, feature: Feature) -> bool:
        """Use a feature, if the server takes it."""
        takes = feature not in self.lacks
        (self.sent if takes else self.left_out).append(feature)
        return takes

    @property
    def name(self) -> str:
        """The features that are left out, separated by commas."""
        return ",".join(sorted(self.left_out))


@dataclass(frozen=True)
class Posting:
    """A request as it is posted to a server."""

    path: str
    """To be added to the base URL."""
    body: dict[str, Any]
    form: Form
    request: ModelRequest
    """The request in the words in which it is posted, with all tokens that its reply may have."""
    dialect: Dialect
    """The dialect in which it is posted."""
    answer_dialect: Dialect | None
    """The dialect whose form the answer has; `None` where only words ask for it."""
    to_ollama: bool = False
    """Whether it goes to Ollama's own API, which is beside the base URL."""

    @property
    def is_reworded(self) -> bool:
        """Whether a completion was turned into a chat."""
        return "completions" in self.form.left_out


def posting(
    request: ModelRequest, settings: ModelSettings, dialect: Dialect, lacks: Collection[Feature]
) -> Posting:
    """The request without the features that the server lacks."""
    request = with_bounds(request, settings.model)
    wants_context = settings.context_window is not None
    if dialect == "ollama" and (wants_context or request.completion is not None):
        return _to_ollama(request, settings, lacks)
    form = Form(lacks)
    if request.completion is not None and not form.uses("completions"):
        request = completion_as_chat(request)
    body: dict[str, Any] = {"model": settings.model}
    tokens = request.max_tokens + settings.reasoning_tokens
    answer_dialect: Dialect | None = dialect
    constraint = request.constraint
    if constraint is not None:
        request, fields, answer_dialect = _with_format(request, constraint, dialect, form)
        body |= fields
        if answer_dialect is not None:
            tokens += extra_tokens(answer_dialect, constraint)
    request = replace(request, max_tokens=tokens)
    if form.uses("max_tokens"):
        body["max_tokens"] = tokens
    elif form.uses("max_completion_tokens"):
        body["max_completion_tokens"] = tokens
    if form.uses("temperature"):
        body["temperature"] = request.temperature
    if form.uses("seed"):
        body["seed"] = request.seed
    if request.stop and form.uses("stop"):
        body["stop"] = list(request.stop)
    if dialect == "llama.cpp" and form.uses("cache_prompt"):
        body["cache_prompt"] = True
    if request.completion is not None:
        body["prompt"] = request.completion
        return Posting("/completions", body, form, request, dialect, answer_dialect)
    if any(turn.role == "system" for turn in request.messages) and not form.uses("system_role"):
        request = without_system_role(request)
    body["messages"] = chat_turns(request)
    if request.want_labels and form.uses("logprobs"):
        most = _TOP_LOGPROBS_LLAMA if dialect == "llama.cpp" else _TOP_LOGPROBS
        body |= {"logprobs": True, "top_logprobs": most}
    return Posting("/chat/completions", body, form, request, dialect, answer_dialect)


def _with_format(
    request: ModelRequest, constraint: Constraint, dialect: Dialect, form: Form
) -> tuple[ModelRequest, dict[str, Any], Dialect | None]:
    """The request, the fields that enforce its constraint, and the form of the answer."""
    for feature in _FORMATS[dialect]:
        if not form.uses(feature):
            continue
        if feature == "json_object":
            request = with_format_in_words(request, constraint, as_json=True)
            return request, dict(JSON_OBJECT), "openai"
        # What a server cannot do with a grammar, it may do as OpenAI does.
        speaks: Dialect = "openai" if "grammar" in form.left_out else dialect
        return request, constraint_fields(speaks, constraint), speaks
    return with_format_in_words(request, constraint, as_json=False), {}, None


def _to_ollama(
    request: ModelRequest, settings: ModelSettings, lacks: Collection[Feature]
) -> Posting:
    """A request to Ollama's own API, which can do two things that its /v1 cannot.

    /v1/completions puts the prompt into the chat template, and nothing under /v1 takes the
    size of the context.
    """
    form = Form(lacks)
    options: dict[str, Any] = {
        "num_predict": request.max_tokens + settings.reasoning_tokens,
        "temperature": request.temperature,
        "seed": request.seed,
        "stop": list(request.stop),
    }
    if settings.context_window is not None:
        options["num_ctx"] = settings.context_window
    body: dict[str, Any] = {"model": settings.model, "stream": False, "options": options}
    if request.constraint is not None and request.constraint.schema is not None:
        body["format"] = request.constraint.schema
        options["num_predict"] += extra_tokens("ollama", request.constraint)
    request = replace(request, max_tokens=options["num_predict"])
    if request.completion is not None:
        body |= {"prompt": request.completion, "raw": True}
        return Posting("/api/generate", body, form, request, "ollama", "ollama", to_ollama=True)
    body["messages"] = ollama_turns(request)
    if request.want_labels and form.uses("logprobs"):
        body |= {"logprobs": True, "top_logprobs": _TOP_LOGPROBS}
    return Posting("/api/chat", body, form, request, "ollama", "ollama", to_ollama=True)
