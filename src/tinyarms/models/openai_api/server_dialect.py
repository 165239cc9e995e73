"""Which server it is, where the settings do not say: llama.cpp shows it in its replies.

A server that is called `openai` and is llama.cpp's own takes grammars and lists many alternatives
to a token. Small models answer better with a grammar than inside JSON. A gateway in front of it may
pass on llama.cpp's answers and refuse or ignore its fields; then it is asked as OpenAI is.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from tinyarms.core.settings import ModelSettings
from tinyarms.models.openai_api.dialects import Dialect
from tinyarms.models.openai_api.request_form import Posting
from tinyarms.models.openai_api.server_limits import Feature, ServerLimits
from tinyarms.models.openai_api.usage import milliseconds
from tinyarms.skills.execution import ModelRequest

_OF_KIND: Mapping[str, Dialect] = {"embedded": "llama.cpp", "ollama": "ollama", "openai": "openai"}
_OWN_FIELDS: frozenset[Feature] = frozenset({"grammar", "logprobs", "cache_prompt"})
"""Features whose fields llama.cpp takes in another form than OpenAI."""


class ServerDialect:
    """The dialect in which a server is asked. Safe to use from several threads."""

    def __init__(self, settings: ModelSettings, limits: ServerLimits) -> None:
        self._limits = limits
        self._default: Dialect = settings.server or _OF_KIND[settings.kind]
        self._is_fixed = settings.server is not None or settings.kind != "openai"

    @property
    def now(self) -> Dialect:
        """As set by hand, or as the server's replies show it, or that of the model's kind."""
        return self._default if self._is_fixed else self._limits.dialect or self._default

    def has_refused(self, lacks: Collection[Feature]) -> bool:
        """Whether to ask in the default dialect, after a refusal that costs these features."""
        if self.now == self._default or not _OWN_FIELDS.intersection(lacks):
            return False
        self._limits.learn_dialect(self._default)
        return True

    def is_another(
        self, request: ModelRequest, sent: Posting, data: Mapping[str, Any], text: str
    ) -> bool:
        """Whether the request is to be asked again, because the dialect of `sent` is wrong.

        `data`: the JSON of the answer; `text`: what it says.
        """
        if self._is_fixed:
            return False
        if self._limits.dialect is None and _is_of_llama_cpp(data):
            self._limits.learn_dialect("llama.cpp")
        elif "grammar" in sent.form.sent and not _is_a_choice(request, text):
            self._limits.learn_dialect(self._default)
        return sent.dialect != self.now and request.constraint is not None


def _is_of_llama_cpp(data: Mapping[str, Any]) -> bool:
    return None not in (milliseconds(data, "prompt_ms"), milliseconds(data, "predicted_ms"))


def _is_a_choice(request: ModelRequest, text: str) -> bool:
    """Also true of one that was cut off, and where the request names no choices."""
    choices = request.constraint.choices if request.constraint else None
    return not choices or any(choice.startswith(text.strip()) for choice in choices)
