"""The one client: any server that speaks the OpenAI-compatible API."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx2

from tinyarms.core.errors import (
    BadReply,
    CallStopped,
    ConfigError,
    ModelBusy,
    ModelError,
    ModelTimeout,
    ModelUnavailable,
)
from tinyarms.core.settings import ModelSettings
from tinyarms.core.text import url_secrets, without_login
from tinyarms.models.addresses import OLLAMA_PORT, is_loopback, proxy_of
from tinyarms.models.openai_api.answer_json import answer_json
from tinyarms.models.openai_api.answer_text import NoText
from tinyarms.models.openai_api.breaker import Breaker
from tinyarms.models.openai_api.calls_at_once import CallsAtOnce
from tinyarms.models.openai_api.context_fit import PROPS, ContextFit, slots_of_props
from tinyarms.models.openai_api.http_errors import (
    Place,
    duration_text,
    error_within,
    http_error,
    is_loading,
    is_worth_a_retry,
    lost,
    no_json,
    no_text,
    refusal_of_pictures,
    wished_wait_s,
)
from tinyarms.models.openai_api.pace import Pace
from tinyarms.models.openai_api.reading import read_answer
from tinyarms.models.openai_api.refusals import REFUSALS, Narrowing, Refusal
from tinyarms.models.openai_api.request_form import Posting, posting
from tinyarms.models.openai_api.server_dialect import ServerDialect
from tinyarms.models.openai_api.server_limits import ServerLimits
from tinyarms.models.openai_api.server_memory import ServerMemory
from tinyarms.models.openai_api.transport import (
    MAX_RESPONSE_BYTES,
    Response,
    Stopped,
    TooLarge,
    Transport,
)
from tinyarms.skills.execution import ModelReply, ModelRequest
from tinyarms.skills.request_size import most_tokens

_USUAL_CONNECTIONS = 4
"""Connections that are kept open where nobody sets `slots`."""
_MAX_DOUBLINGS = 3
"""How often the wait between two tries doubles. Higher: a server that loads its model is asked less
often."""


class _Refused(Exception):
    """An answer that may refuse a feature of the request."""

    def __init__(self, refusal: Refusal, error: ModelError) -> None:
        super().__init__(error.message)
        self.refusal = refusal
        self.error = error


@dataclass
class _Call:
    """One call of `complete`: what ends it."""

    deadline_s: float
    """By the monotonic clock."""
    stopped: threading.Event
    number: int = 0
    """Its number at `Pace`."""

    @property
    def left_s(self) -> float:
        return self.deadline_s - time.monotonic()


class OpenAiModel:
    """A `LanguageModel` behind an OpenAI-compatible URL. Safe to use from several threads.

    A call that the server is too busy for (429), that fails in the server (5xx) or loses its
    connection is repeated up to `retries` times, after 0.5, 1, 2 … seconds or the time that the
    server names. What the server refuses is left out or replaced, and the call made again at once;
    later calls do without it from the start. All of that happens within `settings.timeout_s`
    seconds; the time that a call waits for the rate limits of `pace` does not count.

    `found_at`: the address whose findings hold for this server too, because it runs the same model.
    """

    def __init__(
        self,
        settings: ModelSettings,
        base_url: str,
        api_key: str | None,
        *,
        name: str,
        entry: str | None = None,
        retries: int = 3,
        breaker: Breaker | None = None,
        sleep: Callable[[float], None] | None = None,
        memory: ServerMemory | None = None,
        pace: Pace | None = None,
        found_at: str | None = None,
    ) -> None:
        self._name = name
        self._settings = settings
        self._base_url = base_url.rstrip("/")
        login = urlsplit(self._base_url)
        known_as = found_at or self._base_url
        self._limits = ServerLimits(known_as, settings.model, settings.capabilities, memory)
        self._dialect = ServerDialect(settings, self._limits)
        self._place = Place(
            entry=entry or name,
            model=settings.model,
            where=f"{name}: {without_login(self._base_url)}",
            from_ollama=self._dialect.now == "ollama" or login.port == OLLAMA_PORT,
            secrets=[s for s in (api_key, *url_secrets(self._base_url)) if s],
        )
        self._retries = retries
        self._breaker = breaker or Breaker()
        self._sleep = sleep
        self._pace = pace
        self._fit = ContextFit(settings, self._limits, self._place, self._ask_beside)
        self._at_once = CallsAtOnce(self._limits, settings.slots, self._read_slots)
        self._stopped = threading.Event()
        if not (api_key or "").isascii() or not (api_key or "").isprintable():
            raise ConfigError(
                f"models.{entry or name}: the server's key has characters that no key may have.",
                f"Check the environment variable {settings.api_key_env}.",
            )
        # The environment's proxies are for other machines.
        is_here = is_loopback(login.hostname)
        self._proxy = None if is_here else proxy_of(self._base_url)
        self._transport = Transport(
            {"Authorization": f"Bearer {api_key or 'none'}"},
            connections=settings.slots or _USUAL_CONNECTIONS,
            trust_env=not is_here,
            with_tls=not is_here or login.scheme == "https",
        )

    @property
    def name(self) -> str:
        """The model's name under `models:`."""
        return self._name

    @property
    def slots(self) -> int:
        """How many calls it may be given at once. Asks a llama.cpp server, once a day."""
        return self._at_once.number()

    def _read_slots(self) -> int | None:
        return slots_of_props(self._ask_beside(PROPS, None))

    def left_out(self, request: ModelRequest) -> str:
        """What this request would now be sent without, as `ModelReply.left_out` says it."""
        return self._posting(request).form.name

    def as_sent(self, request: ModelRequest) -> ModelRequest:
        """This request in the words in which it would now be sent, with all tokens of its reply."""
        return self._posting(request).request

    def prompt_tokens(self, request: ModelRequest) -> int | None:
        """The tokens of the prompt's texts by the server's tokenizer, without the chat template.

        `None`: it has no tokenizer. Raises `CallStopped`.
        """
        return self._fit.count(self.as_sent(request))

    def complete(self, request: ModelRequest) -> ModelReply:
        """Answer one request. Raises `ModelError`."""
        call = _Call(time.monotonic() + self._settings.timeout_s, self._stopped)
        with self._breaker.guard(self._name):
            self._fit.check(self.as_sent(request))
            self._await_place(call)
            try:
                form, data, reply = self._asked(request, call)
                while self._dialect.is_another(request, form, data, reply.text):
                    form, data, reply = self._asked(request, call)
            finally:
                self._at_once.end(id(call))
        self._fit.notice_cut(form.request, reply)
        if self._pace is not None:
            self._pace.ended(call.number, reply.prompt_tokens + reply.completion_tokens)
        return reply

    def _ask_beside(self, path: str, body: Mapping[str, Any] | None) -> bytes | None:
        """Ask what a server may say of itself; `None` if it does not."""
        url, wait_s = self._base_url.removesuffix("/v1") + path, min(5.0, self._settings.timeout_s)
        try:
            if body is None:
                response = self._transport.get(url, wait_s, self._stopped)
            else:
                response = self._transport.post(url, body, wait_s, self._stopped)
        except Stopped as error:
            raise self._failure(error) from error
        except Exception:  # the call itself will say what is wrong
            return None
        return response.content if response.status == 200 else None

    def _posting(self, request: ModelRequest) -> Posting:
        lacks = self._limits.lacking(request.constraint)
        return posting(request, self._settings, self._dialect.now, lacks)

    def _no_text(self, error: NoText, request: ModelRequest) -> ModelError:
        thinking = self._settings.reasoning_tokens
        return no_text(error.lack, request.max_tokens + thinking, thinking, self._place)

    def stop_calls(self) -> None:
        """End the calls in flight, in any thread: they raise `CallStopped`."""
        stopped, self._stopped = self._stopped, threading.Event()
        stopped.set()
        self._transport.stop_calls()

    def close(self) -> None:
        """End the calls in flight and close the connections."""
        self.stop_calls()
        self._transport.close()

    def _asked(self, request: ModelRequest, call: _Call) -> tuple[Posting, Any, ModelReply]:
        """How the request was posted, the answer's JSON, and what it says."""
        try:
            form, data, latency_ms = self._negotiated(request, call)
        except ModelError as error:
            if not any(turn.pictures for turn in request.messages):
                raise
            raise refusal_of_pictures(error, self._place) from error
        try:
            return form, data, read_answer(request, form, data, latency_ms)
        except NoText as error:
            raise self._no_text(error, request) from error
        except TypeError as error:
            raise BadReply(
                f"{self._place.where} sent no completion but {self._place.shorten(data)}.",
                f"Is it a server of the {self._dialect.now} kind?",
            ) from error

    def _negotiated(self, request: ModelRequest, call: _Call) -> tuple[Posting, Any, float]:
        """How the request was posted in the end, the answer's JSON, and its milliseconds."""
        narrowing = Narrowing(self._limits, request.constraint)
        known = narrowing.lacks
        refused: ModelError | None = None
        while True:
            form = posting(request, self._settings, self._dialect.now, narrowing.lacks)
            try:
                data, latency_ms = self._post(form, call)
            except _Refused as error:
                # While features are left out on suspicion, what the server said first counts.
                refused = error.error if refused is None or not narrowing.guesses else refused
                if not narrowing.refused(error.refusal, form.form.sent):
                    raise refused from error
                if not narrowing.is_bad_schema and self._dialect.has_refused(
                    narrowing.lacks - known
                ):
                    narrowing = Narrowing(self._limits, request.constraint)
            else:
                narrowing.accepted(form.form.sent)
                return form, data, latency_ms

    def _post(self, form: Posting, call: _Call) -> tuple[Any, float]:
        """The answer's JSON and the milliseconds that the successful try took."""
        base_url = self._base_url.removesuffix("/v1") if form.to_ollama else self._base_url
        attempt = 0
        while True:
            self._keep_pace(form, call)
            started = time.perf_counter()
            response: Response | None = None
            failure: ModelError
            try:
                response = self._transport.post(
                    base_url + form.path, form.body, call.left_s, call.stopped
                )
            except httpx2.TransportError as error:
                failure = lost(error, self._place, self._proxy)
            except Exception as error:
                raise self._failure(error) from error
            else:
                if response.status < 300:
                    data = self._json(response)
                    within = error_within(response, data)
                    if within is None:
                        return data, (time.perf_counter() - started) * 1000
                    response = within
                failure = http_error(response, self._place)
                self._at_once.refused(id(call), response)
                if response.status in REFUSALS:
                    text = response.content.decode("utf-8", "replace")
                    raise _Refused(Refusal(response.status, text), failure)
                if not is_worth_a_retry(response):
                    raise failure
            is_here_soon = response is not None and is_loading(response)
            if attempt >= self._retries and not is_here_soon:
                raise failure
            self._wait(response, attempt, failure, call)
            self._at_once.again(id(call))
            attempt += 1

    def _await_place(self, call: _Call) -> None:
        """Wait while the server has as many calls as it takes; the call has so much more time.

        Raises `CallStopped`.
        """
        waited_s = self._at_once.begin(id(call), call.stopped)
        if waited_s is None:
            raise self._failure(Stopped())
        call.deadline_s += waited_s

    def _keep_pace(self, form: Posting, call: _Call) -> None:
        """Wait for the rate limits; the call has so much more time. Raises `CallStopped`."""
        if self._pace is None:
            return
        number, waited_s = self._pace.begin(most_tokens(form.request), call.stopped)
        call.deadline_s += waited_s
        if number is None:
            raise self._failure(Stopped())
        call.number = number

    def _wait(
        self, response: Response | None, attempt: int, failure: ModelError, call: _Call
    ) -> None:
        """Wait before the next try. Raises `failure` where that would take too long."""
        wished_s = None if response is None else wished_wait_s(response)
        wait_s = 0.5 * 2 ** min(attempt, _MAX_DOUBLINGS) if wished_s is None else wished_s
        if wait_s >= call.left_s:
            if wished_s is None:
                raise failure
            raise ModelBusy(
                f"{failure.message} It asks to wait {duration_text(wished_s)}.",
                f"Try again after that, or raise `timeout_s` of models.{self._place.entry}.",
                concerns="server",
            )
        if self._sleep is not None:
            self._sleep(wait_s)
        elif call.stopped.wait(wait_s):
            raise self._failure(Stopped())

    def _json(self, response: Response) -> Any:
        try:
            return answer_json(response.content)
        except ValueError as error:
            said = self._place.shorten(no_json(response.content, error))
            raise BadReply(
                f"{self._place.where} sent no usable JSON ({said}).",
                "Is it an OpenAI-compatible server, and does `base_url` end in /v1?",
            ) from error

    def _failure(self, error: Exception) -> Exception:
        """The error to raise for one without an answer. What is not expected stays as it is."""
        where = self._place.where
        if isinstance(error, TimeoutError):
            return ModelTimeout(
                f"{where} gave no answer within {self._settings.timeout_s:g} s.",
                f"Raise `timeout_s` of models.{self._place.entry}, or use a smaller model.",
            )
        if isinstance(error, Stopped):
            return CallStopped(f"{where}: the call was stopped.")
        if isinstance(error, TooLarge):
            return BadReply(
                f"{where} sent more than {MAX_RESPONSE_BYTES // 2**20} MiB.",
                "Is it an OpenAI-compatible server?",
            )
        if isinstance(error, httpx2.RequestError):  # an encoding or redirects that lead nowhere
            return BadReply(
                f"{where} sent an answer that cannot be read ({self._place.shorten(error)}).",
                "Is it an OpenAI-compatible server?",
            )
        if isinstance(error, (httpx2.InvalidURL, ImportError, OSError, ValueError)):
            return ModelUnavailable(
                f"{where} cannot be asked ({self._place.shorten(error)}).",
                f"The call goes through {self._proxy}. Correct or remove that variable."
                if self._proxy
                else "Check `base_url`, and the variables SSL_CERT_FILE and SSL_CERT_DIR.",
            )
        return error
