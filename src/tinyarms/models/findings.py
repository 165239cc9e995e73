"""What is known about the server of a model, without asking it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tinyarms.core.errors import UsageError
from tinyarms.core.settings import ModelSettings
from tinyarms.core.text import without_login
from tinyarms.models.addresses import server_address
from tinyarms.models.embedded.catalog import DEFAULT_CONTEXT_WINDOW, find_weights, weights_path
from tinyarms.models.embedded.context_growth import find_room
from tinyarms.models.openai_api.calls_at_once import CallsAtOnce
from tinyarms.models.openai_api.server_limits import KnownFeature, ServerLimits
from tinyarms.models.openai_api.server_memory import memory_file, shared_memory


@dataclass(frozen=True)
class ModelFindings:
    """What was set by hand or found out in the last day about a model."""

    address: str | None
    """The server's base URL, without a login; `None`: the model has no server of its own."""
    features: tuple[KnownFeature, ...]
    """What requests may use, in the order of `capabilities:`; empty without a server."""
    context_tokens: int | None
    """The context that the settings or the server name, in tokens, or to which that of an embedded
    model may grow; `None`: not known yet."""
    calls_at_once: int | None
    """Calls that are made at once: `slots` of its settings, at most what the server takes if that
    is known; `None`: chosen by the model."""


def findings_of(settings: ModelSettings, environ: Mapping[str, str]) -> ModelFindings:
    """What is known about the model with these settings. Nothing is contacted."""
    address = server_address(settings, environ)
    context = settings.context_window
    if address is None:
        context = context or _largest_context(settings, environ)
        return ModelFindings(None, (), context, settings.slots)
    memory = shared_memory(memory_file(environ))
    limits = ServerLimits(address, settings.model, settings.capabilities, memory)
    with memory.lock:
        context = context or memory.of(address, settings.model).context_tokens
    at_once = CallsAtOnce(limits, settings.slots, lambda: None).known_number()
    return ModelFindings(without_login(address), limits.known(), context, at_once)


def _largest_context(settings: ModelSettings, environ: Mapping[str, str]) -> int | None:
    if settings.kind != "embedded":
        return None
    try:
        weights = find_weights(settings.model)
    except UsageError:
        return None
    path, slots = weights_path(settings.model, environ), settings.slots or 1
    most = find_room(path, slots, DEFAULT_CONTEXT_WINDOW, weights.trained_context).most
    return max(DEFAULT_CONTEXT_WINDOW, most or 0)
