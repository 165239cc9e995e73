"""Open a project: find it, read its config, open its store, finish what was interrupted."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from tinyarms.core.clock import Clock, utc_now
from tinyarms.core.errors import StoreError, UsageError
from tinyarms.core.text import cluster_address, counted, visible
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.loading import database_of, load
from tinyarms.loop.project.prompt_copies import COPIES
from tinyarms.loop.project.spools import WAITING
from tinyarms.loop.releasing.unfinished import recover_all
from tinyarms.loop.serving.spooling import begin_returning, keep, see_own, store_kept
from tinyarms.skills.prompt_file import prompt_path
from tinyarms.store.db.database import ReopeningStore
from tinyarms.store.project.config import CONFIG, CONSTANTS, Project, find_project
from tinyarms.store.project.files import sweep

OPENING_S = 10.0
"""Longest wait in seconds for the database to open, and as long again to store what waits for it.
Higher: fewer commands begin without a slow database, and a program starts later without one."""


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
    cluster: str | None = None,
) -> Context:
    """The project at or above `start` (by default the working folder).

    `background`: nobody waits for it, so embedded models start at a lower priority. `finish`:
    whether releases that were interrupted are finished; `Context.notices` says which. `cluster`:
    address of the Ray cluster for all fleets. Tasks are served without the database too:
    `Standby.outage` says why it cannot be used. Raises `ConfigError` if there is no project or its
    files are broken, and `UsageError` if the address is none or there are no fleets.
    """
    context = open_unrecovered(start, environ, clock)
    context.background = background
    try:
        context.cluster = None if cluster is None else _cluster(context.project, cluster)
        sweep_folders(context.project)
        if reach_database(context) and finish:
            recover_all(context)
    except BaseException:
        context.close()
        raise
    return context


def _cluster(project: Project, address: str) -> str:
    """The address, if the project has a use for it. Raises `UsageError`."""
    try:
        address = cluster_address(address)
    except ValueError as error:
        raise UsageError(f"{error}.") from error
    if not any(model.kind == "ray" for model in project.models.values()):
        raise UsageError(
            f"A cluster is of no use: no model in {CONFIG} is of `kind: ray`.",
            "Add one and name it as the skill's model: `fleet: {kind: ray, model: NAME, "
            "actors: 8}`.",
        )
    return address


def reach_database(context: Context) -> bool:
    """Open the database, and store what waits for it; whether it can be used.

    If not, or if it does not answer in time, tasks are served without it: `Standby.outage` and a
    line in the log say so.
    """
    standby = context.standby
    kept = partial(keep, context), partial(see_own, context)
    context.store.keep_late(*kept, standby.spools.journal)
    try:
        standby.reading.ask(context.store.open, OPENING_S)
    except StoreError as error:
        standby.writing.fail(error)
        standby.outage = degraded(context, error)
        logging.getLogger("tinyarms").warning("%s", standby.outage)
        begin_returning(context)
        return False
    if not standby.spools.is_empty:
        try:
            standby.writing.ask(partial(store_kept, context), OPENING_S)
        except StoreError:
            begin_returning(context)
    return True


def degraded(context: Context, error: StoreError) -> str:
    """What it means that the database cannot be used, in a sentence or two."""
    n = context.standby.spools.length().lines
    waiting = f" {counted(n, 'line')} of tasks and feedback wait in the spool." if n else ""
    return (
        f"{error.message} Meanwhile, prompts are served from their copies and files, and tasks and "
        f"feedback are kept beside the project.{waiting} {error.hint}".rstrip()
    )


def sweep_folders(project: Project) -> None:
    """Remove the temporary files of killed processes, where prompts, examples and config are, and
    votes that they did not get to store."""
    files = [skill.prompt_template for skill in project.skills.values()]
    files += [skill.skill.examples for skill in project.skills.values() if skill.skill.examples]
    files += [CONFIG, CONSTANTS, prompt_path("any", 1), "examples/any.jsonl"]
    folders = {project.root / WAITING, project.root / COPIES}
    for file in files:
        folders.add((project.root / file).parent)
    for folder in folders:
        if folder.resolve().is_relative_to(project.root.resolve()):
            sweep(folder)


def open_unrecovered(
    start: Path | None = None, environ: Mapping[str, str] | None = None, clock: Clock = utc_now
) -> Context:
    """The same, but releases that were interrupted stay so until a use case finishes them."""
    environ = os.environ if environ is None else environ
    root = find_project((start or Path.cwd()).absolute(), environ)
    return open_context(load(root, environ), environ, clock)


def open_context(project: Project, environ: Mapping[str, str], clock: Clock = utc_now) -> Context:
    """An open project whose store is not opened yet."""
    return Context(project, ReopeningStore(database_of(project.root, environ)), environ, clock)
