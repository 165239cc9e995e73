"""What an HTTP answer that is no reply means: the error to raise, and how long to wait."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Collection
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2

from tinyarms.core.errors import (
    BadReply,
    ModelBusy,
    ModelError,
    ModelRejected,
    ModelUnavailable,
)
from tinyarms.core.text import counted, one_line, shorten, visible, without_login
from tinyarms.models.openai_api.answer_text import Lack
from tinyarms.models.openai_api.refusals import TOO_LONG
from tinyarms.models.openai_api.transport import Response

UNKNOWN_ERROR = 415
"""The status given to an error without one inside a 200: it may name a feature that is refused, and
says nothing else."""
_BUSY = re.compile(
    r"overload|\bbusy\b|rate.?limit|too many requests|try again|capacity|unavailable|time.?out",
    re.IGNORECASE,
)
"""How an error without a status says that the same call may succeed soon."""
_NO_MONEY = re.compile(
    r"insufficient[ _]?(quota|credits?|balance|funds)|credit balance|out of credits"
    r"|payment required|billing[ _](hard[ _])?limit",
    re.IGNORECASE,
)
"""How servers say that an account has to be paid for."""
_TOO_LONG_STATUSES = frozenset({400, 413, 422, 500})
"""Statuses of an answer that may say that the request is too long."""
_WEB_PAGE = re.compile(r"\s*<(!doctype|html|head|body|\?xml)\b", re.IGNORECASE)
_TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_LOADING = re.compile(r"\bload(ing)?\b.{0,40}\bmodel|\bmodel\b.{0,40}\bload", re.IGNORECASE)
_READ_BYTES = 2000
"""Bytes of an answer that are read to see what it is. Higher: a title further down is found."""
_HUNG_UP = "Server disconnected"
"""How the HTTP client says that a server closed the connection before it sent anything."""
_ENCODED = re.compile(r"[A-Za-z0-9+/]{64,}={0,2}")
"""Base64 of any length worth hiding, and no word of any language."""
_PICTURES = re.compile(
    r"\bimages?\b|image_url|\bvision\b|multi-?modal|mmproj|content parts?\b"
    r"|content.{0,40}(must|should|to) be a (valid )?str",
    re.IGNORECASE,
)
"""How servers say that they, or the model, take no pictures."""


@dataclass(frozen=True)
class Place:
    """Where a call goes, as messages name it."""

    entry: str
    """The model's key under `models:`."""
    model: str
    where: str
    """Name and address."""
    from_ollama: bool
    secrets: Collection[str]
    """What no message may show."""

    def shorten(self, value: object) -> str:
        """What a server said, in one line, without the key that it was sent."""
        # A server may quote the request with the pictures in it.
        text = _ENCODED.sub("…", one_line(visible(str(value))))
        for secret in self.secrets:
            text = text.replace(secret, "***")
        return shorten(text, 200)


def http_error(response: Response, place: Place) -> ModelError:
    """The error for an answer whose status is not 2xx."""
    status = response.status
    said = place.shorten(_reason(response)).rstrip(".")
    if status == UNKNOWN_ERROR:
        return BadReply(f"{place.where} said: {said}.", "Look into the server's log.")
    message = f"{place.where} said {status}: {said}."
    if 300 <= status < 400:
        return _redirected(response, place)
    if _wants_money(response):
        hint = "Add credit to the account, or name another model. Then run the same again."
        return ModelRejected(message, hint, concerns="server")
    if is_too_long(response):
        hint = "Raise `context_window` of this model under `models:`, or shorten the input."
        return ModelRejected(message, hint, concerns="input")
    if is_loading(response):
        hint = f"Wait until it has loaded the model, or raise `timeout_s` of models.{place.entry}."
        return ModelBusy(message, hint)
    if status in (429, 503, 529):
        return ModelBusy(message, _busy_hint(response))
    if status == 501:
        return ModelRejected(message, "Asking again will not help: the server cannot do this.")
    if status >= 500:
        return ModelUnavailable(message, "Look into the server's log.", concerns="call")
    if status in (404, 405, 410):
        return ModelUnavailable(message, _missing_hint(place))
    if status == 407:
        hint = "A proxy wants a login: write it into HTTPS_PROXY, or name the server in NO_PROXY."
        return ModelRejected(message, hint, concerns="server")
    if status in (401, 403):
        hint = f"Check `api_key_env` of models.{place.entry}."
        return ModelRejected(message, hint, concerns="server")
    return ModelRejected(message, "Asking again will not help: the request itself is refused.")


def error_within(response: Response, data: Any) -> Response | None:
    """The answer that a server should have given in place of a 200 with an error inside.

    `None` if there is no error inside.
    """
    item = data[0] if isinstance(data, list) and data else data
    if not isinstance(item, dict):
        return None
    choices = item.get("choices")
    if not item.get("error"):
        if isinstance(choices, list) and choices and isinstance(choices[0], dict):
            item = choices[0]
            if "error" not in item:
                return None
        elif "choices" in item:
            return None
    error = item.get("error") or (item if item.get("object") == "error" else item.get("detail"))
    if not error:
        return None
    content = json.dumps(item, default=str).encode()
    parts = error if isinstance(error, dict) else item
    codes = [parts.get(key) for key in ("code", "status", "status_code")]
    for code in codes:
        if str(code).isascii() and str(code).isdigit() and 400 <= int(str(code)[:4]) < 600:
            return Response(int(str(code)[:4]), response.headers, content)
    status = 503 if _BUSY.search(str(error)) else UNKNOWN_ERROR
    return Response(status, response.headers, content)


def no_text(lack: Lack, tokens: int, reasoning_tokens: int, place: Place) -> ModelError:
    """The error for an answer without a text.

    `tokens`: the most that the request allows; `reasoning_tokens`: the part of them for thoughts.
    """
    setting = f"models.{place.entry}.reasoning_tokens"
    if lack == "thoughts_only":
        more = max(2000, 2 * reasoning_tokens)
        return BadReply(
            f"{place.where} thought, and spent its tokens before it gave an answer. A call may "
            f"take {tokens} tokens (`max_tokens`), {reasoning_tokens} of them for thoughts.",
            f"Set `{setting}` in config.yaml, for example to {more}.",
            concerns="call" if reasoning_tokens else "server",
        )
    if lack == "filtered":
        return ModelRejected(
            f"{place.where} gave no answer: its content filter held it back.",
            "Asking again will not help: change the input.",
            concerns="input",
        )
    if lack == "tool_call":
        return BadReply(
            f"{place.where} called a tool in place of an answer.",
            "Turn tools off in the server, or use another model.",
        )
    if lack == "broken_off":
        return BadReply(
            f"{place.where} broke its answer off in the middle.", "Look into the server's log."
        )
    if lack == "too_long":
        return BadReply(
            f"{place.where} sent a text without an end: it ignores `max_tokens` ({tokens}).",
            "Look into the server's settings, or use another model.",
        )
    return BadReply(
        f"{place.where} sent an answer without a text.",
        "Try the same request by hand; the server or its model may be broken.",
    )


def is_loading(response: Response) -> bool:
    """Whether the server says that it is still loading its model."""
    return response.status == 503 and _LOADING.search(_text(response)) is not None


def refusal_of_pictures(error: ModelError, place: Place) -> ModelError:
    """The error for a request with pictures, with the remedy if they are why it was refused."""
    if not isinstance(error, (ModelRejected, ModelUnavailable)):
        return error
    if _PICTURES.search(error.message) is None:
        return error
    return ModelRejected(
        error.message,
        f"If models.{place.entry} cannot see, add `text_from: ocr` to the skill's input, or name a "
        "model that sees.",
        concerns="server",
    )


def is_worth_a_retry(response: Response) -> bool:
    """Whether the same request may succeed soon."""
    status = response.status
    if _wants_money(response) or is_too_long(response):
        return False
    return status == 429 or (status >= 500 and status != 501)


def is_too_long(response: Response) -> bool:
    """Whether the request does not fit into the model's context or the server's limits."""
    status = response.status
    if status == 413:
        return True
    return status in _TOO_LONG_STATUSES and TOO_LONG.search(_text(response)) is not None


def no_json(content: bytes, error: ValueError) -> str:
    """What was sent in place of JSON, in a few words."""
    if not content.strip():
        return "it is empty"
    text = content[:_READ_BYTES].decode("utf-8", "replace")
    if _WEB_PAGE.match(text):
        title = _TITLE.search(text)
        return f"it is a web page: {title[1].strip()}" if title else "it is a web page"
    return str(error)


def wished_wait_s(response: Response) -> float | None:
    """The seconds that the server asks to wait, at least 0; `None` if it says nothing usable."""
    headers = response.headers
    for name, unit_s in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = headers.get(name, "").strip().lower()
        if value.endswith("ms"):
            value, unit_s = value.removesuffix("ms"), 0.001
        try:
            seconds = float(value.removesuffix("s")) * unit_s
        except ValueError:
            continue
        return 0.0 if math.isnan(seconds) else max(0.0, seconds)
    try:
        date = parsedate_to_datetime(headers["retry-after"])
        return max(0.0, date.timestamp() - time.time())
    except (KeyError, ValueError, TypeError, OverflowError):
        return None


def duration_text(seconds: float) -> str:
    """`40 seconds`, `12 minutes`, `5 hours`, `3 days`."""
    if not math.isfinite(seconds):
        return "for ever"
    for unit_s, unit in ((86400.0, "days"), (3600.0, "hours"), (60.0, "minutes")):
        if seconds >= 2 * unit_s:
            return f"{seconds / unit_s:,.0f} {unit}"
    return counted(round(seconds), "second")


def lost(error: httpx2.TransportError, place: Place, proxy: str | None) -> ModelError:
    """The error for a call that nobody answered, or whose answer was no whole HTTP.

    `proxy`: the variable that names one, and its address.
    """
    said = place.shorten(str(error) or type(error).__name__)
    if isinstance(error, httpx2.RemoteProtocolError) and not said.startswith(_HUNG_UP):
        return BadReply(
            f"{place.where} sent an answer that is no complete HTTP ({said}).",
            "Is it an OpenAI-compatible server, and is it http or https as in `base_url`?",
        )
    return ModelUnavailable(
        f"{place.where} cannot be reached ({said}).", _unreachable_hint(place, proxy, said)
    )


def _unreachable_hint(place: Place, proxy: str | None, said: str) -> str:
    if proxy:
        return f"The call goes through {proxy}. Is the proxy right, and does the server run?"
    if "CERTIFICATE" in said:
        return "Name the file with its certificate in SSL_CERT_FILE, or correct `base_url`."
    if "SSL" in said:
        return "Does the server speak https? If not, write http:// in `base_url`."
    if place.from_ollama:
        return "Start Ollama with: ollama serve"
    return "Is the server running, and is `base_url` right?"


def _redirected(response: Response, place: Place) -> ModelError:
    target = response.headers.get("location")
    if not target:
        message = f"{place.where} said {response.status} and no other address."
        return ModelRejected(message, "Is `base_url` right?", concerns="server")
    return ModelRejected(
        f"{place.where} redirects to {place.shorten(without_login(target))}.",
        f"If that is the right server, set it as `base_url` of models.{place.entry}.",
        concerns="server",
    )


def _wants_money(response: Response) -> bool:
    if response.status == 402:
        return True
    return 400 <= response.status < 500 and _NO_MONEY.search(_text(response)) is not None


def _busy_hint(response: Response) -> str:
    if re.search(r"quota|billing", _text(response), re.IGNORECASE):
        return "Try again later, or check the account's quota."
    return "Try again later, or make fewer calls at once (`slots`)."


def _missing_hint(place: Place) -> str:
    if place.from_ollama:
        return f"Get the model with: ollama pull {place.model}"
    return f"Does the server have the model {place.model!r}, and does `base_url` end in /v1?"


def _reason(response: Response) -> object:
    text = _text(response)
    try:
        body: Any = json.loads(text)
    except (ValueError, RecursionError):
        return text or "nothing"
    if isinstance(body, list) and body:
        body = body[0]
    if isinstance(body, dict) and isinstance(body.get("error"), dict):
        body = body["error"]
    if isinstance(body, dict):
        return body.get("message") or body.get("error") or body
    return body


def _text(response: Response) -> str:
    return response.content.decode("utf-8", "replace")
