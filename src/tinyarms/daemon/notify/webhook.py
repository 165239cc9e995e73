"""Messages by webhook."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from tinyarms.core.errors import TinyArmsError

TIMEOUT_S = 5.0
PAUSES_S = (1.0, 4.0)
"""Seconds of wait before the second and the third try."""


class WebhookError(TinyArmsError):
    """The server could not be reached, or did not accept the message."""


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Follow no redirect: a message goes only to the URL in the settings."""


def post(url: str, body: Mapping[str, Any], sleep: Callable[[float], None]) -> None:
    """Post the body as JSON; redirects are not followed.

    No answer, 429 and 5xx are retried, three tries in all; any other status but 2xx fails at once.
    Raises `WebhookError`, which names only the host, because the rest of a URL may be a secret.
    """
    try:
        parts = urlsplit(url)
        request = Request(
            url, json.dumps(body).encode(), {"Content-Type": "application/json"}, method="POST"
        )
    except ValueError:
        raise WebhookError("The URL of the webhook cannot be used.") from None
    if parts.scheme not in ("http", "https"):
        raise WebhookError("The URL of the webhook begins with neither http: nor https:.")
    for pause in (*PAUSES_S, None):
        reason, for_good = _try(request)
        if reason is None:
            return
        if for_good or pause is None:
            raise WebhookError(f"{parts.hostname}: {reason}")
        sleep(pause)


def _try(request: Request) -> tuple[str | None, bool]:
    """The error, `None` if there was none, and whether it is final."""
    try:
        with build_opener(_NoRedirects).open(request, timeout=TIMEOUT_S):
            return None, True
    except HTTPError as error:
        with error:
            return f"HTTP status {error.code}", error.code != 429 and error.code < 500
    except http.client.InvalidURL:
        return "the URL cannot be used", True
    except (URLError, http.client.HTTPException, OSError) as error:
        reason = getattr(error, "reason", error)
        words = reason.strerror if isinstance(reason, OSError) else None
        return f"no answer ({words or 'the connection broke'})", False
