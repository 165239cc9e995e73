"""Load a project's files; a model that they name without an entry is looked for elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tinyarms.core.errors import ConfigError
from tinyarms.core.settings import ModelSettings
from tinyarms.models.embedded.catalog import CATALOG, quantizations
from tinyarms.models.openai_api.ollama_models import has_model
from tinyarms.store.project.config import FindModel, Project, load_project, load_usable

DATABASE = "tinyarms.db"


def database_of(root: Path, environ: Mapping[str, str]) -> str | Path:
    """A project's database: `TINYARMS_DATABASE` (a URL or path), else a file in its folder."""
    return environ.get("TINYARMS_DATABASE") or root / DATABASE


def load(root: Path, environ: Mapping[str, str]) -> Project:
    """The project. Skills that cannot be used are in `unusable`. Raises `ConfigError`."""
    return load_project(root, _finder(environ))


def usable_project(
    root: Path, environ: Mapping[str, str]
) -> tuple[Project, tuple[ConfigError, ...]]:
    """What can be used of a project, and an error for each part that cannot."""
    return load_usable(root, _finder(environ))


def _finder(environ: Mapping[str, str]) -> FindModel:
    def find(tag: str) -> ModelSettings | None:
        if tag in CATALOG or quantizations(tag):
            return ModelSettings(kind="embedded", model=tag)
        settings = ModelSettings(kind="ollama", model=tag)
        return settings if has_model(settings, environ) else None

    return find
