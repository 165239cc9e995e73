"""What an HTTP answer that is no reply means: the error to raise, and how long to wait."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Collection
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from tinyarms.core.errors import ModelBusy, ModelError, ModelRejected, ModelUnavailable
from tinyarms.core.text import one_line, shorten
from tinyarms.models.openai_api.refusals import TOO_LONG
from tinyarms.models.openai_api.transport import Response


@dataclass(frozen=True)
class Place:
    """Where a call goes, as messages name it."""

    name: str
    """The model's name under `models:`."""
    model: str
    where: str
    """Name and address."""
    from_ollama: bool
    secrets: Collection[str]
    """What no message may show."""

    def shorten(self, value: object) -> str:
        """What a server said, in one line, without the key that it was sent."""
        text = one_line(str(value))
        for secret in self.secrets:
            text = text.replace(secret, "***")
        return shorten(text, 200)


def http_error(response: Response, place: Place) -> ModelError:
    """The error for an answer whose status is not 2xx."""
    status = response.status
    message = f"{place.where} said {status}: {place.shorten(_reason(response)).rstrip('.')}."
    if status in (429, 503):
        return ModelBusy(message, "Try again later, or make fewer calls at once (`slots`).")
    if status == 501:
        return ModelRejected(message, "Asking again will not help: the server cannot do this.")
    if status >= 500:
        return ModelUnavailable(message, "Look into the server's log.", concerns="call")
    if status == 404:
        return ModelUnavailable(message, _missing_hint(place))
    if status in (401, 403):
        hint = f"Check `api_key_env` of models.{place.name}."
        return ModelRejected(message, hint, concerns="server")
    if status == 413 or TOO_LONG.search(message):
        hint = "Raise `context_window` of this model under `models:`, or shorten the input."
        return ModelRejected(message, hint, concerns="input")
    return ModelRejected(message, "Asking again will not help: the request itself is refused.")


def is_worth_a_retry(status: int) -> bool:
    """Whether the same request may succeed soon."""
    return status == 429 or (status >= 500 and status != 501)


def wished_wait_s(response: Response) -> float | None:
    """The seconds that the server asks to wait, at least 0; `None` if it says nothing usable."""
    headers = response.headers
    for name, unit_s in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(headers[name]) * unit_s
        except (KeyError, ValueError):
            continue
        return 0.0 if math.isnan(seconds) else max(0.0, seconds)
    try:
        date = parsedate_to_datetime(headers["retry-after"])
        return max(0.0, date.timestamp() - time.time())
    except (KeyError, ValueError, TypeError, OverflowError):
        return None


def _missing_hint(place: Place) -> str:
    if place.from_ollama:
        return f"Get the model with: ollama pull {place.model}"
    return f"Does the server have the model {place.model!r}, and does `base_url` end in /v1?"


def _reason(response: Response) -> object:
    text = response.content.decode("utf-8", "replace")
    try:
        body: Any = json.loads(text)
    except (ValueError, RecursionError):
        return text or "nothing"
    if isinstance(body, dict) and isinstance(body.get("error"), dict):
        body = body["error"]
    if isinstance(body, dict):
        return body.get("message") or body.get("error") or body
    return body
