"""Open a project: find it, read its config, open its store, finish what was interrupted."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from pathlib import Path

from tinyarms.core.clock import Clock, utc_now
from tinyarms.core.text import visible
from tinyarms.loop.project.context import Context, open_context
from tinyarms.loop.project.loading import load
from tinyarms.loop.releasing.unfinished import recover_all
from tinyarms.skills.prompt_file import prompt_path
from tinyarms.store.project.config import CONFIG, CONSTANTS, Project, find_project
from tinyarms.store.project.files import sweep


def _without_controls(record: logging.LogRecord) -> bool:
    """A log may be read on a terminal, and its lines quote what models and users wrote."""
    record.msg, record.args = visible(record.getMessage()), ()
    return True


logging.getLogger("tinyarms").addFilter(_without_controls)


def open_project(
    start: Path | None = None,
    environ: Mapping[str, str] | None = None,
    clock: Clock = utc_now,
    background: bool = False,
    finish: bool = True,
) -> Context:
    """The project at or above `start` (by default the working folder).

    `background`: nobody waits for it, so embedded models start at a lower priority. `finish`:
    whether releases that were interrupted are finished; `Context.notices` says which. Raises
    `ConfigError` if there is no project or its files are broken, `StoreError` if its database
    cannot be used.
    """
    context = open_unrecovered(start, environ, clock)
    context.background = background
    try:
        sweep_folders(context.project)
        if finish:
            recover_all(context)
    except BaseException:
        context.close()
        raise
    return context


def sweep_folders(project: Project) -> None:
    """Remove the temporary files of killed processes, where prompts, examples and config are."""
    files = [CONFIG, CONSTANTS, prompt_path("any", 1), "examples/any.jsonl"]
    files += [skill.prompt_template for skill in project.skills.values()]
    files += [skill.skill.examples for skill in project.skills.values() if skill.skill.examples]
    for folder in {(project.root / file).parent for file in files}:
        if folder.resolve().is_relative_to(project.root.resolve()):
            sweep(folder)


def open_unrecovered(
    start: Path | None = None, environ: Mapping[str, str] | None = None, clock: Clock = utc_now
) -> Context:
    """The same, but releases that were interrupted stay so until a use case finishes them."""
    environ = os.environ if environ is None else environ
    root = find_project((start or Path.cwd()).absolute(), environ)
    return open_context(load(root, environ), environ, clock)
