"""Forget one person: delete the rows under their name, and replace their texts in prompts.

All rows are deleted in one transaction, and the prompt files are written within it, so that
database and files agree at the end; a killed run can be repeated. Sums, scores and the hash of each
stored version stay. A search that runs for a skill to which this person has sent something ends; it
starts again the next time if it had an example of theirs. Copies elsewhere are not touched; the
answer names those that it finds.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tinyarms.core.errors import ConfigError, ExampleError, StoreError, UsageError
from tinyarms.core.ids import check_ids
from tinyarms.loop.housekeeping.verbalizer_traces import VerbalizerTraces
from tinyarms.loop.project.context import Context
from tinyarms.loop.project.leases import end_evolve
from tinyarms.loop.project.loading import DATABASE
from tinyarms.loop.project.spools import FOLDER, WAITING
from tinyarms.loop.releasing.approval import keep_approvals
from tinyarms.loop.serving.spooling import store_kept
from tinyarms.skills.example import id_of_inputs
from tinyarms.skills.example_set import inputs_key
from tinyarms.skills.forgetting import FORGOTTEN, PersonTexts
from tinyarms.skills.picture import mask_inputs
from tinyarms.store.db.unit_of_work import UnitOfWork
from tinyarms.store.project.files import read_prompt_text, sweep, write_atomically

LOGS = "tinyarms.log*"
_WORD = re.compile(r"[\w.@+-]+")
_BACKUPS = (
    *("*.db", "*.sqlite", "*.sqlite3", "*backup*", "*.damaged-*", "*.before-restore-*"),
    *("*.dump", "*.bak"),
)


@dataclass(frozen=True)
class Forgotten:
    """The deleted data, or in a dry run the data that would be deleted."""

    user: str
    """The user."""
    dry_run: bool
    """Whether it only counted."""
    deleted: Mapping[str, int]
    """Table → number of rows deleted; of model calls, of those emptied of texts; of memories, of
    those made again without the user's examples."""
    prompts_changed: int
    """Number of stored prompts, plans and replies in which a text was replaced."""
    files_changed: tuple[str, ...]
    """Prompt files in which a text was replaced, relative to the project's folder."""
    log_lines: int
    """Number of lines removed from the log."""
    left: tuple[str, ...] = field(default=())
    """Files that may still contain the person's data, with a remedy, one per line."""

    @property
    def rows(self) -> int:
        return sum(self.deleted.values())


class _Undo(Exception):
    """Ends the transaction of a dry run."""


def forget(context: Context, user: str, *, dry_run: bool = False) -> Forgotten:
    """Forget a user; `dry_run` counts only. Raises `UsageError` for an empty name,
    `ConfigError` if a skill cannot be used, `StoreError`.

    Safe to repeat. A name that nobody has deletes nothing.
    """
    check_ids(user=user)
    if not user.strip():
        raise UsageError("The user has no name.", "Name one: tinyarms forget --user ID")
    for name in context.project.unusable:
        context.skill(name)  # Its prompt and its examples could not be looked through.
    if not dry_run:
        store_kept(context)  # The user's tasks may be among what waits.
        sweep(context.project.root / WAITING)
    found: list[Forgotten] = []
    try:
        with context.store.unit_of_work(durable=True) as work:
            found.append(_forget(context, work, user, dry_run))
            if dry_run:
                raise _Undo
    except _Undo:
        pass
    if not dry_run:
        context.standby.copies.clear()
    return found[0]


def _forget(context: Context, work: UnitOfWork, user: str, dry_run: bool) -> Forgotten:
    texts, example_ids = _texts(context, work, user)
    ids = work.persons.ids(user).union({user}, *example_ids.values())

    def reply(data: dict[str, Any]) -> dict[str, Any]:
        return {**data, "text": FORGOTTEN, "listed": {}}

    deleted = dict(work.persons.delete(user, example_ids, reply))
    deleted["memories"] = sum(
        _in_memories(context, work, skill, of_skill) for skill, of_skill in example_ids.items()
    )
    for skill in example_ids:
        context.memories.close(skill)
        end_evolve(work, skill)  # It has their texts in its memory, and would write them again.
    work.picture_texts.clear()  # Only a cache, and nobody knows whose pictures these were.
    changed = 0
    files: list[str] = []
    weights: list[str] = []
    for skill, mine in texts.items():
        traces, versions = VerbalizerTraces.of(mine.inputs), work.versions.all(skill)
        told = [
            *map(traces.in_weights, versions),
            *map(traces.in_waiting, work.sessions.refreshes(skill)),
        ]
        weights += [line for line in told if line is not None]
        before = {version.number: version.prompt.hash for version in versions}
        changed += work.persons.replace_texts(skill, _both(traces.data, mine.data))
        keep_approvals(context, work, skill, before)
        files += _in_files(context, work, skill, _both(traces.file, mine.file), dry_run)
    lines = _out_of_logs(context.project.root, ids, dry_run)
    left = (*weights, *_left(context, texts))
    return Forgotten(user, dry_run, deleted, changed, tuple(sorted(set(files))), lines, left)


def _both(first: Callable[[Any], Any], second: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: second(first(value))


def _texts(
    context: Context, work: UnitOfWork, user: str
) -> tuple[Mapping[str, PersonTexts], Mapping[str, set[str]]]:
    """Skill → the person's texts, unmasked and masked, and the ids of their examples.

    A text that a gold example also has belongs to the project, and is left out.
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
        own = [given for given in mine if inputs_key(given) not in gold]
        labels = declared[skill].skill.contract.labels if skill in declared else ()
        texts[skill] = PersonTexts([*own, *(mask_inputs(given, masks) for given in own)], labels)
    return texts, ids


def _in_memories(context: Context, work: UnitOfWork, skill: str, ids: set[str]) -> int:
    """Make the skill's memories with these examples again without them; returns how many.

    A memory keeps its name, the hash of the examples that it once had. A damaged one is deleted: it
    is made of the present examples when a prompt needs it.
    """
    from tinyarms.memory.memory import Memory

    found = work.memories.with_any(skill, ids)
    for snapshot in found:
        content, left = work.memories.find(skill, snapshot) or b"", None
        with suppress(StoreError):
            left = Memory.from_bytes(content, snapshot).without(ids)
        work.memories.delete(skill, snapshot)
        if left is not None:
            left_ids = tuple(row.id for row in left.examples)
            work.memories.add(skill, snapshot, left_ids, left.to_bytes(), context.clock())
    return len(found)


def _in_files(
    context: Context, work: UnitOfWork, skill: str, scrub: Callable[[str], str], dry_run: bool
) -> Iterator[str]:
    """Apply `scrub` to the files of a skill's versions; returns the changed files."""
    root = context.project.root
    paths = {version.path for version in work.versions.all(skill)}
    if skill in context.project.skills:
        paths.add(context.project.skills[skill].prompt_template)
    for path in sorted(paths):
        if not (root / path).exists():
            continue
        content = read_prompt_text(root / path)
        changed = scrub(content)
        if changed != content:
            if not dry_run:
                write_atomically(root / path, changed)
            yield path


def _out_of_logs(root: Path, ids: set[str], dry_run: bool) -> int:
    """Remove the lines that name the person or one of their tasks from the log, in place."""
    taken = 0
    for path in sorted(root.glob(LOGS)):
        lines = path.read_text(encoding="utf-8", errors="surrogateescape").splitlines(True)
        kept = [line for line in lines if ids.isdisjoint(_WORD.findall(line))]
        taken += len(lines) - len(kept)
        if len(kept) < len(lines) and not dry_run:
            # In place, because the daemon keeps the file open.
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
    for path in sorted(root.glob(f"{FOLDER}/spool/*.unreadable")):
        yield f"{path.relative_to(root)}: tasks that could not be stored. Look through it."
    for name, model in project.models.items():
        if model.recording is not None and (root / model.recording).exists():
            yield f"{model.recording}: replies that models.{name} gave. Look through it."
    for skill, mine in texts.items():
        rows = _rows_of_file(context, skill, mine.inputs)
        if rows:
            yield f"{project.skills[skill].skill.examples}: {rows}. Delete them by hand."
    yield "tinyArms does not know of backups, exports and version control elsewhere."


def _rows_of_file(context: Context, skill: str, inputs: Sequence[Mapping[str, str]] | Any) -> str:
    """A sentence with the number of rows of the examples file with the person's inputs; empty if
    none."""
    from tinyarms.loop.project.example_sets import read_examples

    declared = context.project.skills.get(skill)
    if declared is None or declared.skill.examples is None:
        return ""
    try:
        examples = read_examples(context.project.root, declared.skill, context.pictures)
    except (ConfigError, ExampleError):
        return "cannot be read, and may have examples of the user"
    theirs = {inputs_key(given) for given in inputs}
    rows = sum(inputs_key(example.inputs) in theirs for example in examples)
    return f"{rows} examples have inputs of the user" if rows else ""
