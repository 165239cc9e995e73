"""Open a project: find it, read its config, open its store, finish what was interrupted."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tinyarms.core.clock import Clock, utc_now
from tinyarms.loop.context import Context


def open_project(
    start: Path | None = None, environ: Mapping[str, str] | None = None, clock: Clock = utc_now
) -> Context:
    """The project at or above `start` (the working folder). Raises `TinyArmsError`."""
    raise NotImplementedError
