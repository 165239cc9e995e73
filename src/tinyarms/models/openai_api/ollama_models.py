"""The models that an Ollama server has."""

from __future__ import annotations

import json
from collections.abc import Mapping

from tinyarms.core.settings import ModelSettings
from tinyarms.models.addresses import server_address

_TIMEOUT_S = 1.0
"""Seconds to connect, and between two parts of the answer. Higher: a slow server is found, and a
project that names a model without an entry opens later."""
_MAX_BYTES = 1_000_000
"""Most bytes of the list. Higher: more models than anybody has."""


def has_model(settings: ModelSettings, environ: Mapping[str, str]) -> bool:
    """Whether the Ollama server is running and has the model; `:latest` may be left out."""
    import httpx2

    address = server_address(settings, environ)
    assert address is not None
    url = f"{address.removesuffix('/v1')}/api/tags"
    try:
        with httpx2.stream("GET", url, timeout=_TIMEOUT_S, trust_env=False) as answer:
            content = b""
            for part in answer.iter_bytes():
                content += part
                if len(content) > _MAX_BYTES:
                    return False
        names = {str(model["name"]) for model in json.loads(content)["models"]}
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, KeyError, TypeError):
        return False
    except RecursionError:
        return False
    return settings.model in names or f"{settings.model}:latest" in names
