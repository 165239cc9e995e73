"""The one client: any server that speaks the OpenAI-compatible API."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import openai

from tinyarms.core.errors import (
    BadReply,
    ModelBusy,
    ModelError,
    ModelRejected,
    ModelTimeout,
    ModelUnavailable,
)
from tinyarms.core.settings import ModelSettings
from tinyarms.core.text import one_line, shorten, without_login
from tinyarms.models.base import LOOPBACK
from tinyarms.models.openai_api.breaker import Breaker
from tinyarms.models.openai_api.dialects import (
    Dialect,
    constraint_fields,
    extra_tokens,
    opening,
    unwrap,
)
from tinyarms.models.openai_api.label_logprobs import Position, label_logprobs, unquoted
from tinyarms.skills.execution import ModelReply, ModelRequest

_DIALECT_OF_KIND: dict[str, Dialect] = {
    "embedded": "llama.cpp",
    "ollama": "ollama",
    "openai": "openai",
}
_TOP_LOGPROBS = 20
"""Alternatives requested for each token: the API's maximum."""
_TOP_LOGPROBS_LLAMA = 500
"""Alternatives requested from llama.cpp, which allows more. Lower: labels that a tiny model finds
unlikely are not listed. Higher: longer replies."""
_NEVER = -100.0
"""Log-probabilities, in nats, at or below this count as not listed. llama.cpp writes the logarithm
of 0 as the smallest number, which would spoil every sum."""
_LONGEST_WAIT_S = 30.0
"""Longest wait before a retry, in seconds, even if the server asks for more. Higher: a busy server
gets more time, and the caller waits longer."""
_TOO_LONG = re.compile(
    r"context.{0,20}(size|length|window)|(prompt|input|request)[^.]{0,40} too (long|large)"
    r"|(exceeds?|reduce)[^.]{0,60}(tokens|length)|too many (input )?tokens",
    re.IGNORECASE,
)
"""How servers say that a request does not fit into the model's context."""


class OpenAiModel:
    """A `LanguageModel` behind an OpenAI-compatible URL. Safe to use from several threads.

    If the server is busy (429), fails (5xx) or loses the connection, the call is repeated up to
    `retries` times, after 0.5, 1, 2 … seconds or the time that the server names. A call that timed
    out is not repeated: the caller has already waited `settings.timeout_s` seconds. After a server
    has refused a request because of log-probabilities, later requests do not ask for them.
    """

    def __init__(
        self,
        settings: ModelSettings,
        base_url: str,
        api_key: str | None,
        *,
        name: str,
        retries: int = 3,
        breaker: Breaker | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._name = name
        self._settings = settings
        self._dialect: Dialect = settings.server or _DIALECT_OF_KIND[settings.kind]
        self._base_url = base_url.rstrip("/")
        self._where = f"{name}: {without_login(self._base_url)}"
        login = urlsplit(self._base_url)
        self._secrets = [s for s in (api_key, login.password) if s]
        self._retries = retries
        self._breaker = breaker or Breaker()
        self._sleep = sleep
        self._gives_logprobs = True
        self._client = openai.OpenAI(
            base_url=self._base_url,
            api_key=api_key or "none",
            max_retries=0,
            timeout=settings.timeout_s,
            http_client=_direct_client(self._base_url, settings.timeout_s),
        )

    @property
    def name(self) -> str:
        """The model's name under `models:`."""
        return self._name

    @property
    def slots(self) -> int:
        """How many calls it accepts at once."""
        return self._settings.slots or 1

    def complete(self, request: ModelRequest) -> ModelReply:
        """Answer one request. Raises `ModelError`."""
        with self._breaker.guard(self._name):
            try:
                data, latency_ms = self._post(*self._body(request))
            except ModelRejected as error:
                if not request.want_labels or "logprobs" not in error.message:
                    raise
                self._gives_logprobs = False
                data, latency_ms = self._post(*self._body(request))
            try:
                return self._read(request, data, latency_ms)
            except (AttributeError, KeyError, IndexError, TypeError, ValueError) as error:
                raise BadReply(
                    f"{self._where} sent no completion but {self._shorten(data)}.",
                    f"Is it a server of the {self._dialect} kind?",
                ) from error

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _body(self, request: ModelRequest) -> tuple[str, dict[str, Any]]:
        wants_context = self._settings.context_window is not None
        if self._dialect == "ollama" and (wants_context or request.completion is not None):
            return self._ollama_body(request)
        body: dict[str, Any] = {
            "model": self._settings.model,
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
            "seed": request.seed,
        }
        if request.stop:
            body["stop"] = list(request.stop)
        if self._dialect == "llama.cpp":
            body["cache_prompt"] = True
        if request.constraint is not None:
            body |= constraint_fields(self._dialect, request.constraint)
            body["max_tokens"] += extra_tokens(self._dialect, request.constraint)
        if request.completion is not None:
            return "/completions", body | {"prompt": request.completion}
        body["messages"] = _messages(request)
        if request.want_labels and self._gives_logprobs:
            llama = self._dialect == "llama.cpp"
            body |= {
                "logprobs": True,
                "top_logprobs": _TOP_LOGPROBS_LLAMA if llama else _TOP_LOGPROBS,
            }
        return "/chat/completions", body

    def _ollama_body(self, request: ModelRequest) -> tuple[str, dict[str, Any]]:
        """A request to Ollama's native API, which can do two things that its /v1 cannot.

        /v1/completions puts the prompt into the chat template, and no endpoint under /v1 accepts
        the context size.
        """
        options: dict[str, Any] = {
            "num_predict": request.max_tokens,
            "temperature": request.temperature,
            "seed": request.seed,
            "stop": list(request.stop),
        }
        if self._settings.context_window is not None:
            options["num_ctx"] = self._settings.context_window
        body: dict[str, Any] = {
            "model": self._settings.model,
            "stream": False,
            "options": options,
        }
        if request.constraint is not None:
            body["format"] = request.constraint.schema
            options["num_predict"] += extra_tokens("ollama", request.constraint)
        api = f"{self._base_url.removesuffix('/v1')}/api"
        if request.completion is not None:
            return f"{api}/generate", body | {"prompt": request.completion, "raw": True}
        body["messages"] = _messages(request)
        if request.want_labels and self._gives_logprobs:
            body |= {"logprobs": True, "top_logprobs": _TOP_LOGPROBS}
        return f"{api}/chat", body

    def _post(self, path: str, body: dict[str, Any]) -> tuple[Any, float]:
        """The reply's JSON and the milliseconds that the successful try took."""
        attempt = 0
        while True:
            started = time.perf_counter()
            try:
                data = self._client.post(path, cast_to=object, body=body)
                return data, (time.perf_counter() - started) * 1000
            except openai.APIError as error:
                failure = self._failure(error)
                if attempt == self._retries or not _worth_a_retry(error):
                    raise failure from error
                self._sleep(_wait_s(error, attempt))
                attempt += 1
            except ValueError as error:
                raise BadReply(
                    f"{self._where} sent broken JSON ({error}).",
                    "Is it an OpenAI-compatible server?",
                ) from error

    def _failure(self, error: openai.APIError) -> ModelError:
        where = self._where
        if isinstance(error, openai.APITimeoutError):
            return ModelTimeout(
                f"{where} gave no answer within {self._settings.timeout_s:g} s.",
                f"Raise `timeout_s` of models.{self._name}, or use a smaller model.",
            )
        if not isinstance(error, openai.APIStatusError):
            cause = error.__cause__ or error
            return ModelUnavailable(
                f"{where} cannot be reached ({self._shorten(cause)}).", "Is the server running?"
            )
        status = error.status_code
        message = f"{where} said {status}: {self._shorten(_reason(error)).rstrip('.')}."
        if status in (429, 503):
            return ModelBusy(message, "Try again later, or make fewer calls at once (`slots`).")
        if status >= 500:
            return ModelUnavailable(message, "Look at the server's log.", concerns="call")
        if status == 404:
            return ModelUnavailable(message, self._missing_hint())
        if status in (401, 403):
            hint = f"Check `api_key_env` of models.{self._name}."
            return ModelRejected(message, hint, concerns="server")
        if status == 413 or _TOO_LONG.search(message):
            hint = "Raise `context_window` of this model under `models:`, or shorten the input."
            return ModelRejected(message, hint, concerns="input")
        return ModelRejected(message, "Asking again will not help: the request itself is refused.")

    def _shorten(self, value: object) -> str:
        """A server's message in one line, without the API key."""
        text = one_line(str(value))
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return shorten(text, 200)

    def _missing_hint(self) -> str:
        model = self._settings.model
        if self._dialect == "ollama":
            return f"Get the model with: ollama pull {model}"
        return f"Does the server have the model {model!r}, and does `base_url` end in /v1?"

    def _read(self, request: ModelRequest, data: Any, latency_ms: float) -> ModelReply:
        if "choices" not in data:  # Ollama's own API
            chat = "message" in data
            text = data["message"]["content"] if chat else data["response"]
            answer = _positions(data.get("logprobs")) if request.want_labels else []
            usage = {
                "prompt_tokens": data.get("prompt_eval_count"),
                "completion_tokens": data.get("eval_count"),
            }
        else:
            choice = data["choices"][0]
            text = choice["text"] if "text" in choice else choice["message"]["content"]
            tokens = (choice.get("logprobs") or {}).get("content")
            answer = _positions(tokens) if request.want_labels else []
            usage = data.get("usage") or {}
        if not isinstance(text, str):
            raise TypeError("the answer is no text")
        timings = data.get("timings") or {}
        if request.constraint is not None:
            before = opening(self._dialect, request.constraint, text)
            answer = unquoted(answer, before) if before else answer
            text = unwrap(self._dialect, request.constraint, text)
        return ModelReply(
            text=text,
            prompt_tokens=int(usage.get("prompt_tokens") or 0),
            completion_tokens=int(usage.get("completion_tokens") or 0),
            latency_ms=latency_ms,
            cached_tokens=_cached_tokens(data, usage),
            label_logprobs=label_logprobs(request.want_labels, answer),
            prompt_ms=_milliseconds(timings, "prompt_ms"),
            generation_ms=_milliseconds(timings, "predicted_ms"),
        )


def _direct_client(base_url: str, timeout_s: float) -> openai.DefaultHttpxClient | None:
    """A client for a server on this machine, which ignores proxy variables."""
    if urlsplit(base_url).hostname not in LOOPBACK:
        return None
    return openai.DefaultHttpxClient(trust_env=False, timeout=timeout_s)


def _worth_a_retry(error: openai.APIError) -> bool:
    if isinstance(error, openai.APITimeoutError):
        return False
    if isinstance(error, openai.APIStatusError):
        return error.status_code == 429 or error.status_code >= 500
    return isinstance(error, openai.APIConnectionError)


def _wait_s(error: openai.APIError, attempt: int) -> float:
    header: str | None = None
    if isinstance(error, openai.APIStatusError):
        header = error.response.headers.get("retry-after")
    try:
        wait = float(header) if header else 0.5 * 2**attempt
    except ValueError:  # the header may also be a date
        wait = 0.5 * 2**attempt
    return min(max(0.0, wait), _LONGEST_WAIT_S)


def _reason(error: openai.APIStatusError) -> object:
    body = error.body
    if isinstance(body, dict):
        return body.get("message") or body.get("error") or body
    return error.message


def _messages(request: ModelRequest) -> list[dict[str, str]]:
    return [{"role": turn.role, "content": turn.content} for turn in request.messages]


def _positions(content: Any) -> list[Position]:
    """The generated tokens with their alternatives; none if the server sent none."""
    return [_position(token) for token in content or []]


def _position(token: Any) -> Position:
    alternatives = token.get("top_logprobs") or []
    if not alternatives:
        return Position(token.get("token", ""), ())
    # A grammar may force an unlikely token, which is then not listed.
    listed = {t["token"]: t["logprob"] for t in (token, *reversed(alternatives))}
    values = [(text, float(value)) for text, value in listed.items() if value is not None]
    return Position(token["token"], [(text, value) for text, value in values if value > _NEVER])


def _cached_tokens(data: Any, usage: Any) -> int:
    details = usage.get("prompt_tokens_details") or {}
    timings = data.get("timings") or {}
    return int(details.get("cached_tokens") or timings.get("cache_n") or 0)


def _milliseconds(timings: Any, name: str) -> float | None:
    """One of llama.cpp's timings; `None` from other servers."""
    return None if timings.get(name) is None else float(timings[name])
