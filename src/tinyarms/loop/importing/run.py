"""Import the files of another tool: read all, decide, then write all or nothing."""

from __future__ import annotations

import re
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from tinyarms.core.errors import UsageError
from tinyarms.core.text import shorten
from tinyarms.exchange.incoming.records import Columns, Imported, Row
from tinyarms.exchange.incoming.registry import format_named, format_of
from tinyarms.exchange.incoming.source import Source
from tinyarms.loop.importing.choices import NO_CHOICES, Choices, undeclared
from tinyarms.loop.importing.models import without_models
from tinyarms.loop.importing.naming import proposed_name
from tinyarms.loop.importing.rows import as_inputs_of, spool, text_row
from tinyarms.loop.importing.running import Running
from tinyarms.loop.importing.view import ImportView
from tinyarms.loop.importing.write import write
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.leases import lease
from tinyarms.skills.skill import SKILL_NAME, SKILL_NAME_REMEDY

NO_COLUMNS = Columns()


def import_examples(
    context: Context,
    path: Path,
    skill: str | None,
    *,
    format: str | None = None,
    columns: Columns = NO_COLUMNS,
    model: str | None = None,
    dry_run: bool = False,
    declares_models: bool = True,
) -> ImportView:
    """Bring a file or folder of another tool into the project, as examples of a skill.

    A skill that is not there is made, with what the files say of its prompts, contract, scorer and
    models. To one that is there, rows are added that it does not have. If anything is refused,
    nothing is written. Nothing of the files is run, and nothing outside of their folder is read.

    Raises `ImportRefused` if nothing can come in, or a file is broken; `UsageError` for a name that
    no skill can have, an unknown format and an unknown model; `StoreError` and `ConfigError` if the
    project's files cannot be written; `LeaseHeld` while another process works on the skill.

    Parameters
    ----------
    skill
        Its name; `None`: a new skill is named after the file, its folder or its content, and the
        notes of the answer say so.
    format
        A name of `tinyarms.exchange.incoming.registry`; `None`: the format that the files have.
    columns
        Which columns are inputs, expected output and split; left out: the format decides.
    model
        The model of a new skill, a name under `models:` or as for `tinyarms init --model`; `None`:
        the first one that comes in, else the project's first one.
    dry_run
        Whether to write nothing.
    declares_models
        Whether models that the files name are declared; otherwise they are listed.
    """
    choices = NO_CHOICES if skill is None else _checked(context, skill, model)
    imported = read_source(path, format, columns)
    if not declares_models:
        imported = without_models(imported)
    name = skill or _new_name(context, path, imported)
    if skill is None:
        choices = _checked(context, name, model)
        note = f"The skill is named {name} after what came in; --as NAME gives it another name."
        imported = replace(imported, notes=(*imported.notes, note))
    return bring_in(Running(context, name, imported, str(path), model, dry_run, choices=choices))


def _new_name(context: Context, path: Path, imported: Imported) -> str:
    """The name of a new skill. Raises `UsageError`."""
    name = proposed_name(path, imported)
    if not name:
        raise UsageError(f"{path}: gives the skill no name.", "Write it: --as NAME")
    if name in context.project.names:
        raise UsageError(
            f"There is a skill {name} already, and no other name was given.",
            f"To add rows to it: --as {name}. For a new skill: --as NAME",
        )
    return name


def read_source(path: Path, format: str | None, columns: Columns) -> Imported:
    """What is in a file or folder. Raises `ImportRefused` and `UsageError`.

    `format`: its name; `None`: recognised.
    """
    source = Source(path)
    if not source.exists:
        raise UsageError(f"{path}: there is no such file or folder.")
    reader = format_of(source) if format is None else format_named(format)
    return reader.read(source, columns)


def bring_in(running: Running) -> ImportView:
    """Read the rows, decide what the skill is, and write it. Raises the errors of
    `import_examples`."""
    imported = running.imported
    for listed in imported.listed:
        running.report.add(listed)
    for rewritten in imported.rewritten:
        running.report.add(rewritten)
    for note in imported.notes:
        running.report.note(note)
    # Two imports at once would each write the rows that were there and their own.
    held = nullcontext() if running.dry_run else lease(running.context, running.name, "import")
    with held, TemporaryFile() as rows:
        _read_rows(running, rows)
        return write(running, rows)


def check_name(skill: str) -> None:
    """Raises `UsageError` for a name that no skill can have."""
    if not re.fullmatch(SKILL_NAME, skill):
        raise UsageError(
            f"{shorten(skill, 60)!r} cannot be the name of a skill.", SKILL_NAME_REMEDY
        )


def _checked(context: Context, skill: str, model: str | None) -> Choices:
    check_name(skill)
    if model is None:
        return NO_CHOICES
    if skill in context.project.skills:
        raise UsageError(f"{skill} has a model already.", "Leave out the option.")
    return replace(NO_CHOICES, model=undeclared(context, model))


def _read_rows(running: Running, rows: IO[bytes]) -> None:
    skill = running.skill
    for part in running.imported.rows():
        if not isinstance(part, Row):
            running.report.add(part)
            continue
        try:
            row = text_row(part)
        except ValueError as error:
            running.report.leave_out(part.where, str(error))
            continue
        if skill is not None:
            row = as_inputs_of(row, skill.inputs)
        running.tally.add(row)
        spool(row, rows)
