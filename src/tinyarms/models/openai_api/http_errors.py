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

from tinyarms.core.errors import (
    BadReply,
    ModelBusy,
    ModelError,
    ModelRejected,
    ModelUnavailable,
)
from tinyarms.core.text import one_line, shorten, visible
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
_LOADING = re.compile(r"\bload(ing)?\b.{0,40}\bmodel|\bmodel\b.{0,40}\bload", re.IGNORECASE)
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
    if is_loading(response):
        hint = f"Wait until it has loaded the model, or raise `timeout_s` of models.{place.entry}."
        return ModelBusy(message, hint)
    if status in (429, 503):
        return ModelBusy(message, "Try again later, or make fewer calls at once (`slots`).")
    if status == 501:
        return ModelRejected(message, "Asking again will not help: the server cannot do this.")
    if status >= 500:
        return ModelUnavailable(message, "Look into the server's log.", concerns="call")
    if status == 404:
        return ModelUnavailable(message, _missing_hint(place))
    if status in (401, 403):
        hint = f"Check `api_key_env` of models.{place.entry}."
        return ModelRejected(message, hint, concerns="server")
    if status == 413 or TOO_LONG.search(message):
        hint = "Raise `context_window` of this model under `models:`, or shorten the input."
        return ModelRejected(message, hint, concerns="input")
    return ModelRejected(message, "Asking again will not help: the request itself is refused.")


def error_within(response: Response, data: Any) -> Response | None:
    """The answer that a server should have given in place of a 200 with an error inside.

    `None` if there is no error inside.
    """
    item = data[0] if isinstance(data, list) and data else data
    if not isinstance(item, dict):
        return None
    choices = item.get("choices")
    if isinstance(choices, list) and choices and isinstance(choices[0], dict):
        item = choices[0]
        if "error" not in item:
            return None
    elif "choices" in item and not item.get("error"):
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


def is_worth_a_retry(status: int) -> bool:
    """Whether the same request may succeed soon."""
    return status == 429 or (status >= 500 and status != 501)


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
    return f"{seconds:.0f} seconds"


def unreachable_hint(place: Place, proxy: str | None) -> str:
    """What to try if nobody answers. `proxy`: the variable that names one, and its address."""
    if proxy:
        return f"The call goes through {proxy}. Is the proxy right, and does the server run?"
    if place.from_ollama:
        return "Start Ollama with: ollama serve"
    return "Is the server running, and is `base_url` right?"


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
