"""Errors in the shape that clients of the OpenAI API read."""

from __future__ import annotations

from typing import Any

from tinyarms.web.refusal import Refused

PATHS = ("/v1/chat/completions", "/v1/responses", "/v1/models")
"""Where errors have this shape; paths below them too."""


def openai_error(path: str, refused: Refused) -> dict[str, Any] | None:
    """The body of an error at this path; `None` if it has another shape there."""
    if not path.startswith(PATHS):
        return None
    message = f"{refused.message} {refused.hint}".strip()
    kinds = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}
    kind = "server_error" if refused.status >= 500 else "invalid_request_error"
    return {
        "error": {
            "message": message,
            "type": kinds.get(refused.status, kind),
            "param": refused.param,
            "code": refused.kind,
        }
    }


def wrong(param: str, message: str, hint: str = "", status: int = 400) -> Refused:
    """A parameter that cannot be used."""
    return Refused(status, "usage", message, hint, param=param)
