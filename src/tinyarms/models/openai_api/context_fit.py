"""Whether a call fits into the server's context: known before it is sent, where the server tells.

The size of the context is asked for once a day, and only for a call that may be too long. Between
the fewest and the most tokens that a text may have, the server's own tokenizer decides, if it has
one. A picture counts with the fewest tokens that any model has for it, because only the server
knows how many it has. A server that cuts texts in silence is noticed by its own count of their
tokens.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from tinyarms.core.errors import ModelRejected
from tinyarms.core.settings import ModelSettings
from tinyarms.models.openai_api.answer_json import answer_json
from tinyarms.models.openai_api.http_errors import Place
from tinyarms.models.openai_api.server_limits import ServerLimits
from tinyarms.skills.execution import ModelReply, ModelRequest
from tinyarms.skills.request_size import FEWEST_PICTURE_TOKENS, pictures_of, prompt_bytes

_ALWAYS_FITS = 1500
"""Bytes of a prompt and fewest tokens of its pictures for which nobody is asked: it fits into every
context in use."""
_MOST_BYTES_PER_TOKEN = 16
"""Most bytes of ordinary text in one token. A text with fewer tokens than this says was cut.
Lower: texts of long words count as cut. Higher: fewer cuts are noticed."""
_CUT = 0.5
"""A count below this share of what earlier texts let expect counts as a cut, in [0, 1]."""
_MOST_DIGITS = 9
"""Digits above which a size of a context is not believed."""
_COMPARED_BYTES = 400
"""Bytes of a prompt from which on its tokens say how many tokens other prompts have."""

PROPS = "/props"
"""Where llama.cpp says what it was started with."""

Ask = Callable[[str, Mapping[str, Any] | None], bytes | None]
"""Asks a path beside the base URL, by POST if there is a body; `None` if nothing usable comes."""


class ContextFit:
    """Checks the calls to one model of a server."""

    def __init__(
        self, settings: ModelSettings, limits: ServerLimits, place: Place, ask: Ask
    ) -> None:
        self._settings = settings
        self._limits = limits
        self._place = place
        self._ask = ask
        self._fewest_per_byte: float | None = None
        """The fewest tokens a byte among the calls so far."""
        self._has_said = False

    def check(self, sent: ModelRequest) -> None:
        """Raises `ModelRejected` if the request, as it is sent, does not fit."""
        of_pictures = FEWEST_PICTURE_TOKENS * len(list(pictures_of(sent)))
        size = prompt_bytes(sent)
        if size + of_pictures <= _ALWAYS_FITS:
            return
        context = self._settings.context_window or self._limits.context_tokens(self._read_context)
        if context is None or size + of_pictures + sent.max_tokens <= context:
            return
        tokens = size // _MOST_BYTES_PER_TOKEN + of_pictures
        if tokens + sent.max_tokens <= context:
            counted = self.count(sent)
            tokens = tokens if counted is None else counted + of_pictures
        if tokens + sent.max_tokens > context:
            raise ModelRejected(
                f"{self._place.where}: the prompt has {tokens:,} tokens or more, and the reply up "
                f"to {sent.max_tokens:,}; the model's context has {context:,}. Nothing was sent.",
                "Raise `context_window` of this model under `models:`, or shorten the input.",
                concerns="input",
            )

    def count(self, sent: ModelRequest) -> int | None:
        """The prompt's tokens by the server's tokenizer; `None`: it has none."""
        texts = "\n".join([sent.completion or "", *(turn.content for turn in sent.messages)])
        asked = {"content": texts, "model": self._settings.model, "prompt": texts}
        answer = _read(self._ask("/tokenize", asked))
        tokens = answer.get("count", answer.get("tokens"))
        if isinstance(tokens, list):
            return len(tokens)
        return tokens if isinstance(tokens, int) and not isinstance(tokens, bool) else None

    def notice_cut(self, sent: ModelRequest, reply: ModelReply) -> None:
        """Say once if the server has read fewer tokens than the prompt must have."""
        size = prompt_bytes(sent)
        if reply.tokens_estimated or size < _COMPARED_BYTES or any(pictures_of(sent)):
            return
        per_byte = reply.prompt_tokens / size
        expected = max(1 / _MOST_BYTES_PER_TOKEN, _CUT * (self._fewest_per_byte or 0.0))
        if per_byte >= expected:
            self._fewest_per_byte = min(per_byte, self._fewest_per_byte or per_byte)
        elif size > _ALWAYS_FITS and not self._has_said:
            self._has_said = True
            logging.getLogger("tinyarms").warning(
                "%s read only %d tokens of a prompt of %d bytes: it cuts long prompts in silence. "
                "Raise the context of the server, or `context_window` of this model.",
                self._place.where,
                reply.prompt_tokens,
                size,
            )

    def _read_context(self) -> int | None:
        model = self._settings.model
        return (
            _of_listed(_read(self._ask("/v1/models", None)), model)
            or _of_props(_read(self._ask(PROPS, None)))
            or _of_ollama(
                _read(self._ask("/api/ps", None)),
                lambda: _read(self._ask("/api/show", {"model": model})),
                model,
            )
        )


def slots_of_props(content: bytes | None) -> int | None:
    """From `/props` of llama.cpp: the calls that it takes at once; `None`: another server."""
    return _tokens(_read(content).get("total_slots"))


def _read(content: bytes | None) -> Mapping[str, Any]:
    try:
        data = answer_json(content or b"")
    except ValueError:
        return {}
    return data if isinstance(data, Mapping) else {}


def _of_listed(data: Mapping[str, Any], model: str) -> int | None:
    """From `/v1/models` of vLLM, LM Studio and gateways."""
    listed = data.get("data")
    entries = [e for e in listed if isinstance(e, Mapping)] if isinstance(listed, list) else []
    entry = next((e for e in entries if e.get("id") == model), None)
    if entry is None:
        entry = entries[0] if len(entries) == 1 else {}
    names = ("max_model_len", "loaded_context_length", "context_length", "context_window")
    return next((size for name in names if (size := _tokens(entry.get(name)))), None)


def _of_props(data: Mapping[str, Any]) -> int | None:
    """From `/props` of llama.cpp: the context of one slot."""
    settings = data.get("default_generation_settings")
    return _tokens(settings.get("n_ctx")) if isinstance(settings, Mapping) else None


def _of_ollama(
    running: Mapping[str, Any], show: Callable[[], Mapping[str, Any]], model: str
) -> int | None:
    """From `/api/ps`: what the loaded model has; else `num_ctx` of `/api/show`."""
    listed = running.get("models")
    for entry in listed if isinstance(listed, list) else []:
        is_it = isinstance(entry, Mapping) and model in (entry.get("name"), entry.get("model"))
        if is_it and (size := _tokens(entry.get("context_length"))):
            return size
    parameters = show().get("parameters")
    words = parameters.split() if isinstance(parameters, str) else []
    if "num_ctx" in words[:-1]:
        after = words[words.index("num_ctx") + 1]
        is_number = after.isascii() and after.isdigit() and len(after) <= _MOST_DIGITS
        return _tokens(int(after)) if is_number else None
    return None


def _tokens(value: Any) -> int | None:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if is_number and value > 0 else None
