"""Forget one person: delete what is stored under their name, and take their texts out of prompts.

The rows go in one transaction, and the prompt files are written within it, so that database and
files agree at the end whatever happens: whoever is killed starts again. Sums, scores and the hash
of each stored version stay. A search that was under way with an example of this person begins anew
the next time. Copies outside are not touched, and the answer names those that it can see.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tinyarms.core.errors import ConfigError, ExampleError, UsageError
from tinyarms.core.privacy.masking import mask_all
from tinyarms.loop.project.context import DATABASE, Context
from tinyarms.skills.example import id_of_inputs
from tinyarms.skills.forgetting import FORGOTTEN, PersonTexts
from tinyarms.store.db.unit_of_work import UnitOfWork
from tinyarms.store.project.files import read_text, write_atomically

LOGS = "tinyarms.log*"
_WORD = re.compile(r"[\w.@+-]+")
_BACKUPS = ("*.db", "*.sqlite", "*.sqlite3", "*backup*", "*.dump", "*.bak")


@dataclass(frozen=True)
class Forgotten:
    """What was deleted, or would be."""

    user: str
    """Whom it was about."""
    dry_run: bool
    """Whether it was only counted."""
    deleted: Mapping[str, int]
    """Table and how many of its rows: deleted, or for model calls emptied of their texts."""
    prompts_changed: int
    """Stored prompts, plans and replies in which a text was replaced."""
    files_changed: tuple[str, ...]
    """Prompt files in which a text was replaced, relative to the project's folder."""
    log_lines: int
    """Lines that were taken out of the log."""
    left: tuple[str, ...] = field(default=())
    """What may hold the person's data still, and what to do about it, a line each."""

    @property
    def rows(self) -> int:
        return sum(self.deleted.values())


class _Undo(Exception):
    """Ends the transaction of a dry run."""


def forget(context: Context, user: str, *, dry_run: bool = False) -> Forgotten:
    """Forget a user; `dry_run` counts only. Raises `UsageError` for an empty name, `StoreError`.

    Safe to repeat. A name that nobody has deletes nothing.
    """
    if not user.strip():
        raise UsageError("The user has no name.", "Name one: tinyarms forget --user ID")
    found: list[Forgotten] = []
    try:
        with context.store.unit_of_work(durable=True) as work:
            found.append(_forget(context, work, user, dry_run))
            if dry_run:
                raise _Undo
    except _Undo:
        pass
    return found[0]


def _forget(context: Context, work: UnitOfWork, user: str, dry_run: bool) -> Forgotten:
    texts, example_ids = _texts(context, work, user)
    ids = work.persons.ids(user) | {user}

    def reply(data: dict[str, Any]) -> dict[str, Any]:
        return {**data, "text": FORGOTTEN}

    deleted = work.persons.delete(user, example_ids, reply)
    changed = 0
    files: list[str] = []
    for skill, mine in texts.items():
        changed += work.persons.replace_texts(skill, mine.data)
        files += _in_files(context, work, skill, mine, dry_run)
    lines = _out_of_logs(context.project.root, ids, dry_run)
    left = tuple(_left(context, texts))
    return Forgotten(user, dry_run, deleted, changed, tuple(sorted(set(files))), lines, left)


def _texts(
    context: Context, work: UnitOfWork, user: str
) -> tuple[Mapping[str, PersonTexts], Mapping[str, set[str]]]:
    """By skill: the person's texts, as they are and masked, and the ids of their examples.

    A text that is also one of a gold example is the project's own, and is left out.
    """
    masks = context.project.settings.privacy.mask
    inputs: dict[str, list[Mapping[str, str]]] = defaultdict(list)
    for skill, given in work.persons.inputs(user):
        inputs[skill].append(given)
    ids = {
        skill: work.persons.example_ids(skill, user, {id_of_inputs(given) for given in mine})
        for skill, mine in inputs.items()
    }
    declared, texts = context.project.skills, {}
    for skill, mine in inputs.items():
        gold = work.persons.gold_inputs(skill)
        own = [given for given in mine if frozenset(given.items()) not in gold]
        labels = declared[skill].skill.contract.labels if skill in declared else ()
        texts[skill] = PersonTexts([*own, *(mask_all(given, masks) for given in own)], labels)
    return texts, ids


def _in_files(
    context: Context, work: UnitOfWork, skill: str, mine: PersonTexts, dry_run: bool
) -> Iterator[str]:
    """Replace the person's texts in the files of a skill's versions; the files that changed."""
    root = context.project.root
    paths = {version.path for version in work.versions.all(skill)}
    if skill in context.project.skills:
        paths.add(context.project.skills[skill].prompt_template)
    for path in sorted(paths):
        if not (root / path).exists():
            continue
        content = read_text(root / path)
        changed = mine.file(content)
        if changed != content:
            if not dry_run:
                write_atomically(root / path, changed)
            yield path


def _out_of_logs(root: Path, ids: set[str], dry_run: bool) -> int:
    """Take the lines that name the person or a task of theirs out of the log, in its place."""
    taken = 0
    for path in sorted(root.glob(LOGS)):
        lines = path.read_text(encoding="utf-8", errors="surrogateescape").splitlines(True)
        kept = [line for line in lines if ids.isdisjoint(_WORD.findall(line))]
        taken += len(lines) - len(kept)
        if len(kept) < len(lines) and not dry_run:
            # In place: the daemon goes on with the file that it has open.
            with path.open("r+", encoding="utf-8", errors="surrogateescape") as file:
                file.writelines(kept)
                file.truncate()
    return taken


def _left(context: Context, texts: Mapping[str, PersonTexts]) -> Iterator[str]:
    root, project = context.project.root, context.project
    for pattern in _BACKUPS:
        for path in sorted(root.glob(pattern)):
            if path.name != DATABASE and path.is_file():
                yield f"{path.name}: perhaps a backup. Delete it, or forget the user there too."
    for name, model in project.models.items():
        if model.recording is not None and (root / model.recording).exists():
            yield f"{model.recording}: replies that models.{name} gave. Look through it."
    for skill, mine in texts.items():
        rows = _rows_of_file(context, skill, mine.inputs)
        if rows:
            yield f"{project.skills[skill].skill.examples}: {rows}. Delete them by hand."
    yield "Backups, exports and version control elsewhere are not known to tinyArms."


def _rows_of_file(context: Context, skill: str, inputs: Sequence[Mapping[str, str]] | Any) -> str:
    """How many rows of the examples file have inputs of the person; empty if none."""
    from tinyarms.loop.project.example_sets import read_examples

    declared = context.project.skills.get(skill)
    if declared is None or declared.skill.examples is None:
        return ""
    try:
        examples = read_examples(context.project.root, declared.skill)
    except (ConfigError, ExampleError):
        return "cannot be read, and may have examples of the user"
    rows = sum(any(dict(e.inputs) == dict(given) for given in inputs) for e in examples)
    return f"{rows} examples have inputs of the user" if rows else ""
