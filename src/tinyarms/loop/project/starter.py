"""Start a project, and get models."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from tinyarms.core.errors import UsageError
from tinyarms.core.settings import ModelSettings
from tinyarms.core.text import check_url, one_line, shorten
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.loading import DATABASE
from tinyarms.models.embedded.catalog import (
    CATALOG,
    DEFAULT_MODEL,
    KNOWN_NAMES,
    find_weights,
    quantizations,
    weights_path,
)
from tinyarms.models.embedded.pins import as_pinned
from tinyarms.models.embedded.pull import pull
from tinyarms.models.openai_api.ollama_models import models_of
from tinyarms.skills.example import Example
from tinyarms.store.project import starter


@dataclass(frozen=True)
class ModelView:
    """A model that the embedded server can run."""

    name: str
    """Its name, for `tinyarms model pull`."""
    pulled: bool
    """Whether its weights are on this machine."""
    size: int | None
    """Size of its weights in bytes; `None`: not known before the download."""
    path: str
    """Path of its weights, whether or not they are there."""
    sha256: str | None = None
    """SHA-256 that its weights must have: of the catalog, else that of the first pull on this
    machine; `None`: the next pull is the first."""
    revision: str | None = None
    """Version of the package, or commit of the hub, that they come from; `None`: not known yet."""
    in_catalog: bool = False
    """Whether tinyArms itself knows the hash, so that the first pull is checked too."""


def init_project(
    folder: Path, model_tag: str | None = None, environ: Mapping[str, str] = os.environ
) -> list[Path]:
    """Write the starter into the folder; returns the written files.

    `model_tag`: as for `settings_of_tag`. Raises `UsageError` for a model that is nowhere, and
    `ConfigError` if the folder already has a project.
    """
    return starter.write_starter(folder, settings_of_tag(model_tag or DEFAULT_MODEL, environ))


def database_files(folder: Path) -> list[Path]:
    """Where a project's own database is, and what SQLite keeps beside it."""
    return [folder / f"{DATABASE}{end}" for end in ("", "-wal", "-shm")]


def remove_files(paths: list[Path]) -> None:
    """Remove files of a project that was not started after all, and the folders that they leave
    empty."""
    for path in paths:
        path.unlink(missing_ok=True)
    for folder in {path.parent for path in paths}:
        with suppress(OSError):
            folder.rmdir()


def missing_model(context: Context, skill: str) -> ModelView | None:
    """The model of a skill if it is embedded and its weights are not on this machine.

    Raises `UsageError`.
    """
    settings = context.model_settings(context.skill(skill).skill.model)
    if settings.kind != "embedded":
        return None
    path = weights_path(settings.model, context.environ)
    if path.is_file():
        return None
    weights = find_weights(settings.model)
    return _view(weights.name, context.environ)


def write_schemas(root: Path) -> list[Path]:
    """Write the JSON schemas by which editors check a project's files; returns the paths.

    Raises `StoreError` if one cannot be written.
    """
    return starter.write_schemas(root)


def starter_examples(skill: str, inputs: tuple[str, ...]) -> list[Example]:
    """The starter's examples of a skill, even if a project has changed them."""
    return starter.starter_examples(skill, inputs)


def models_overview(environ: Mapping[str, str]) -> list[ModelView]:
    """Every name that `pull_model` accepts, and which of these models are on this machine."""
    return [_view(name, environ) for name in KNOWN_NAMES]


def _view(name: str, environ: Mapping[str, str]) -> ModelView:
    weights, path = find_weights(name), weights_path(name, environ)
    known = as_pinned(weights, path.parent)
    return ModelView(
        name=name,
        pulled=path.is_file(),
        size=known.size,
        path=str(path),
        sha256=known.sha256,
        revision=known.revision,
        in_catalog=weights.sha256 is not None,
    )


def pull_model(name: str, progress: Callable[[int, int], None], environ: Mapping[str, str]) -> Path:
    """Get a model of the catalog; returns its weights file. Raises `UsageError`, `ModelError`."""
    return pull(name, progress, environ)


def settings_of_tag(
    tag: str, environ: Mapping[str, str], declared: Collection[str] = ()
) -> ModelSettings:
    """The entry of a model that `tinyarms init --model` names so.

    A model of the catalog runs embedded, one that Ollama has there; `ollama:NAME` is one that
    Ollama may get later, and `openai:NAME@URL` one behind an OpenAI-compatible URL. Raises
    `UsageError` for any other form, and for a model that is in neither of the two. `declared`:
    names that could have been meant too.
    """
    if tag in CATALOG or quantizations(tag):
        return ModelSettings(kind="embedded", model=tag)
    kind, _, rest = tag.partition(":")
    if kind == "openai":
        name, url = _name_and_url(rest)
        if not name or not url:
            raise UsageError(f"The model {tag!r} lacks a part.", "Write openai:NAME@URL.")
        try:
            check_url(url)
        except ValueError as error:
            raise UsageError(f"The model {tag!r}: {error}.") from None
        return ModelSettings(kind="openai", model=name, base_url=url)
    model = rest if kind == "ollama" else tag
    if not model:
        raise UsageError("The model has no name.", "Write a tag such as smollm2:135m.")
    settings = ModelSettings(kind="ollama", model=model)
    if kind != "ollama":
        _check_is_somewhere(settings, environ, declared)
    return settings


def _check_is_somewhere(
    settings: ModelSettings, environ: Mapping[str, str], declared: Collection[str]
) -> None:
    tag, there = settings.model, models_of(settings, environ)
    names = [name.removesuffix(":latest") for name in sorted(there or ())]
    if tag.removesuffix(":latest") in names:
        return
    why = "Ollama does not have it" if there is not None else "no Ollama answers"
    close = get_close_matches(tag, [*declared, *KNOWN_NAMES, *names], n=1)
    meant = f"Did you mean {close[0]}? " if close else ""
    raise UsageError(
        f"There is no model {shorten(one_line(tag), 80)!r}: the catalog does not have it, and "
        f"{why}.",
        f"{meant}For a model that Ollama will get: ollama:NAME; on a server: openai:NAME@URL.",
    )


def _name_and_url(text: str) -> tuple[str, str]:
    """`NAME@URL`, split at the last `@` before a scheme: names and logins may contain `@` too."""
    ends = [match.start() for match in re.finditer(r"@(?=[A-Za-z][A-Za-z0-9+.-]*://)", text)]
    name, _, url = text.rpartition("@")
    return (text[: ends[-1]], text[ends[-1] + 1 :]) if ends else (name, url)
