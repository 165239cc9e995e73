"""Start a project; get models."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from tinyarms.loop.views import ModelView


def init_project(folder: Path, model_tag: str | None = None) -> list[Path]:
    raise NotImplementedError


def models_overview(environ: Mapping[str, str]) -> list[ModelView]:
    raise NotImplementedError


def pull_model(name: str, progress: Callable[[int, int], None], environ: Mapping[str, str]) -> Path:
    raise NotImplementedError
