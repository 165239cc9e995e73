"""Make a language model from an entry under `models:` in `config.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from tinyarms.core.errors import ConfigError
from tinyarms.core.settings import ModelSettings
from tinyarms.models.addresses import is_loopback, server_address
from tinyarms.models.base import Model


def is_local(settings: ModelSettings, environ: Mapping[str, str]) -> bool:
    """Whether the texts sent to the model stay on this machine."""
    if settings.kind in ("embedded", "replay"):
        return True
    return is_loopback(urlsplit(server_address(settings, environ) or "").hostname)


def make_model(
    name: str,
    settings: ModelSettings,
    project_root: Path,
    environ: Mapping[str, str],
    background: bool = False,
    retries: int = 3,
    entry: str | None = None,
) -> Model:
    """The model with these settings; nothing is started or contacted before the first request.

    Its replies are recorded under `name`; `entry` is its key under `models:`, by default the same.
    `background` runs an embedded model at a lower priority. `retries`: how often a call to a server
    that is busy or out of reach is repeated. Raises `ConfigError`, and `UsageError` for an embedded
    model that is not in the catalog.
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
            name, without_recording, project_root, environ, background, retries, entry
        )
        return KeepingModel(inner, project_root / settings.recording)
    if settings.kind == "embedded":
        from tinyarms.models.embedded.catalog import weights_path
        from tinyarms.models.embedded.model import EmbeddedModel

        path = weights_path(settings.model, environ)
        return EmbeddedModel(settings, path, name=name, background=background)
    from tinyarms.models.openai_api.client import OpenAiModel
    from tinyarms.models.openai_api.server_memory import memory_file, shared_memory

    base_url = _needed(server_address(settings, environ), entry, "base_url")
    key, memory = _api_key(entry, settings, environ), shared_memory(memory_file(environ))
    return OpenAiModel(
        settings, base_url, key, name=name, entry=entry, retries=retries, memory=memory
    )


def _needed(value: str | None, name: str, key: str) -> str:
    if value is None:
        raise ConfigError(f"models.{name} has no `{key}`.", f"Add `{key}:` to it in config.yaml.")
    return value


def _api_key(name: str, settings: ModelSettings, environ: Mapping[str, str]) -> str | None:
    if settings.api_key_env is None:
        return None
    key = environ.get(settings.api_key_env)
    if not key:
        raise ConfigError(
            f"models.{name}: the environment variable {settings.api_key_env} is not set.",
            "Set it to the server's key, or remove `api_key_env`.",
        )
    return key
