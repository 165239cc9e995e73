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
    names = models_of(settings, environ) or frozenset()
    return settings.model in names or f"{settings.model}:latest" in names


def models_of(settings: ModelSettings, environ: Mapping[str, str]) -> frozenset[str] | None:
    """The models that the Ollama server has; `None` if it does not say.

    `settings`: of a model of it, which has its address.
    """
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
                    return None
        return frozenset(str(model["name"]) for model in json.loads(content)["models"])
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, KeyError, TypeError):
        return None
    except RecursionError:
        return None
