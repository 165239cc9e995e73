"""Make a language model from an entry under `models:` in `config.yaml`."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tinyarms.core.errors import ConfigError
from tinyarms.core.settings import FleetSettings, ModelSettings
from tinyarms.core.text import without_login
from tinyarms.models.addresses import is_loopback, server_addresses
from tinyarms.models.base import Model

_OF_ACTORS = ("OLLAMA_HOST", "TINYARMS_CACHE", "TINYARMS_MODELS")
"""Variables that the actors on this machine need."""

if TYPE_CHECKING:
    from tinyarms.models.openai_api.pace import Pace


def log_wait(text: str) -> None:
    """Tell of a wait where nobody listens."""
    logging.getLogger("tinyarms").warning("%s", text)


def is_local(settings: ModelSettings, environ: Mapping[str, str]) -> bool:
    """Whether the texts sent to the model stay on this machine."""
    if settings.kind in ("embedded", "replay"):
        return _stays_here(settings)
    addresses = server_addresses(settings, environ)
    return (
        bool(addresses)
        and all(is_loopback(urlsplit(address).hostname) for address in addresses)
        and _stays_here(settings)
    )


def _stays_here(settings: ModelSettings) -> bool:
    """Whether the model's actors, if it has any, run on this machine. A cluster may have others."""
    return not isinstance(settings, FleetSettings) or settings.fleet.cluster is None


def make_model(
    name: str,
    settings: ModelSettings,
    project_root: Path,
    environ: Mapping[str, str],
    background: bool = False,
    retries: int = 3,
    entry: str | None = None,
    on_wait: Callable[[str], None] = log_wait,
) -> Model:
    """The model with these settings; nothing is started or contacted before the first request.

    Its replies are recorded under `name`; `entry` is its key under `models:`, by default the same.
    `background` runs an embedded model at a lower priority. `retries`: how often a call to a server
    that is busy or out of reach is repeated. `on_wait` gets a sentence when calls wait for the
    model's rate limits. Raises `ConfigError`, and `UsageError` for an embedded model that is not in
    the catalog.
    """
    entry = entry or name
    # Imported here: the HTTP client costs a fifth of a second, and a command that only names its
    # models should not pay for it.
    if settings.kind == "replay":
        from tinyarms.models.recording import ReplayModel

        return ReplayModel(project_root / _needed(settings.recording, entry, "recording"), name)
    if settings.recording is not None:
        from tinyarms.models.recording import KeepingModel

        without_recording = settings.model_copy(update={"recording": None})
        inner = make_model(
            name, without_recording, project_root, environ, background, retries, entry, on_wait
        )
        return KeepingModel(inner, project_root / settings.recording)
    if isinstance(settings, FleetSettings):
        from tinyarms.models.ray.model import RayModel

        here = (
            None if settings.fleet.cluster else {k: environ[k] for k in _OF_ACTORS if k in environ}
        )
        make = partial(_made_in_actor, name, settings.of_actors, here, background, retries)
        return RayModel(
            make, settings.fleet, timeout_s=settings.timeout_s, entry=entry, on_wait=on_wait
        )
    if settings.kind == "embedded":
        from tinyarms.models.embedded.catalog import find_weights, weights_path
        from tinyarms.models.embedded.model import EmbeddedModel

        path = weights_path(settings.model, environ)
        trained = find_weights(settings.model).trained_context
        return EmbeddedModel(
            settings, path, name=name, background=background, trained_context=trained
        )
    from tinyarms.models.openai_api.client import OpenAiModel
    from tinyarms.models.openai_api.server_memory import memory_file, shared_memory

    addresses = server_addresses(settings, environ)
    base_url = _needed(addresses[0] if addresses else None, entry, "base_url")
    key, memory = _api_key(entry, settings, environ), shared_memory(memory_file(environ))
    pace = _pace(settings, entry, addresses, environ, on_wait)
    client = partial(
        OpenAiModel, settings, api_key=key, name=name, entry=entry, memory=memory, pace=pace
    )
    if not settings.urls:
        return client(base_url, retries=retries)
    from tinyarms.models.openai_api.several_servers import SeveralServers

    servers = [client(address, retries=0, found_at=base_url) for address in addresses]
    return SeveralServers(servers, entry=entry, retries=retries)


def _made_in_actor(
    name: str,
    settings: ModelSettings,
    environ: Mapping[str, str] | None,
    background: bool,
    retries: int,
) -> Model:
    """The model of an actor. `environ`: `None`: that of the machine on which it runs."""
    environ = os.environ if environ is None else environ
    return make_model(name, settings, Path(), environ, background, retries)


def _pace(
    settings: ModelSettings,
    entry: str,
    addresses: Sequence[str],
    environ: Mapping[str, str],
    on_wait: Callable[[str], None],
) -> Pace | None:
    requests, tokens = settings.requests_per_minute, settings.tokens_per_minute
    if requests is None and tokens is None:
        return None
    from tinyarms.models.openai_api.pace import Pace, pace_file

    place = f"{settings.model} at {', '.join(map(without_login, sorted(addresses)))}"
    return Pace(f"models.{entry}", place, requests, tokens, pace_file(environ), on_wait)


def _needed(value: str | None, name: str, key: str) -> str:
    if value is None:
        raise ConfigError(f"models.{name} has no `{key}`.", f"Add `{key}:` to it in config.yaml.")
    return value


def _api_key(name: str, settings: ModelSettings, environ: Mapping[str, str]) -> str | None:
    if settings.api_key_env is None:
        return None
    # A key that was read from a file often ends with a line break.
    key = environ.get(settings.api_key_env, "").strip()
    if not key:
        raise ConfigError(
            f"models.{name}: the environment variable {settings.api_key_env} is not set.",
            "Set it to the server's key, or remove `api_key_env`.",
        )
    return key
