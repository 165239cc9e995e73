"""Open a project: find it, read its config, open its store, finish what was interrupted."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from tinyarms.core.clock import Clock, utc_now
from tinyarms.loop.project.context import Context, open_context
from tinyarms.loop.releasing.release_intent import recover_all
from tinyarms.store.project.config import find_project, load_project


def open_project(
    start: Path | None = None,
    environ: Mapping[str, str] | None = None,
    clock: Clock = utc_now,
    background: bool = False,
) -> Context:
    """The project at or above `start` (by default the working folder).

    `background`: nobody waits for it, so embedded models start at a lower priority. Raises
    `ConfigError` if there is no project or its files are broken, `StoreError` if its database
    cannot be used.
    """
    context = open_unrecovered(start, environ, clock)
    context.background = background
    try:
        recover_all(context)
    except BaseException:
        context.close()
        raise
    return context


def open_unrecovered(
    start: Path | None = None, environ: Mapping[str, str] | None = None, clock: Clock = utc_now
) -> Context:
    """The same, but releases that were interrupted stay so until a use case finishes them."""
    environ = os.environ if environ is None else environ
    root = find_project((start or Path.cwd()).absolute(), environ)
    return open_context(load_project(root), environ, clock)
