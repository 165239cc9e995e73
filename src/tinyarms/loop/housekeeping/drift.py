"""Drift: where Git, the project's files, the copies on disk and the database disagree."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tinyarms.core.errors import ConfigError, TinyArmsError, UsageError
from tinyarms.loop.approving.proposals import proposals
from tinyarms.loop.evaluating.git import commit_of, file_at, is_ignored, place_in_repository
from tinyarms.loop.housekeeping.agreement import ComparedRows, compared_rows, disagreements
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.approval import id_of
from tinyarms.loop.releasing.unfinished import waiting as unfinished_words
from tinyarms.skills.prompt_file import parse_prompt_file
from tinyarms.store.db.unit_of_work import UnitOfWork
from tinyarms.store.project.config import CONFIG
from tinyarms.store.project.files import read_prompt_text

DriftSubject = Literal["release", "config", "file", "approval", "copy", "git"]
"""`release`: one that is not finished. `config`, `file`: `config.yaml` or the file of the version
in production differs from the database. `approval`: a prompt that nobody has approved lies in a
file, or waits. `copy`: the copy that serves without the database. `git`: it differs from the last
commit."""


@dataclass(frozen=True)
class DriftPoint:
    """One thing on which they disagree."""

    skill: str | None
    """`None`: the whole project."""
    subject: DriftSubject
    """`release`: a release is not finished. `config`, `file`: `config.yaml` or a prompt file
    differs from the database. `approval`: a prompt that nobody has approved waits or lies in a
    file. `copy`: the copy that serves without the database. `git`: it differs from the last
    commit."""
    what: str
    """What disagrees, in words."""
    remedy: str
    """What to do about it."""


@dataclass(frozen=True)
class DriftView:
    """Where Git, the files and the database disagree."""

    skills: tuple[str, ...]
    """The skills that were compared."""
    commit: str | None
    """The last commit; `None`: the project is in no git repository, or that has no commit."""
    points: tuple[DriftPoint, ...]
    """The points on which they disagree; empty if they agree."""

    @property
    def ok(self) -> bool:
        """Whether they agree."""
        return not self.points


def drift(context: Context, names: Sequence[str] = ()) -> DriftView:
    """Compare Git, the files and the database. Changes nothing.

    `names`: by default all skills. Raises `UsageError` for an unknown one, and `StoreError` if the
    database cannot be used.
    """
    for name in names:
        context.skill(name)
    chosen = tuple(names or context.project.names)
    points: list[DriftPoint] = []
    committed: set[str] = {CONFIG}
    with context.store.read() as work:
        rows = compared_rows(work, chosen)
        for name in chosen:
            points += _of_skill(context, work, name, rows)
            active = work.history.active(name)
            if active is not None:
                committed.add(active.prompt_template_path)
            elif name in context.project.skills:
                committed.add(context.project.skills[name].prompt_template)
    commit = _commit(context.project.root)
    if commit is not None:
        points += _of_git(context.project.root, commit, sorted(committed))
    return DriftView(chosen, commit, tuple(points))


def _of_skill(
    context: Context, work: UnitOfWork, name: str, rows: ComparedRows
) -> Iterator[DriftPoint]:
    for intent in work.intents.pending(name):
        remedy = f"The next use finishes it; to withdraw it: tinyarms prompt cancel {name}"
        yield DriftPoint(name, "release", unfinished_words(intent), remedy)
    if name in context.project.unusable:
        error = context.project.unusable[name]
        yield DriftPoint(name, "config", error.message, error.hint or "Correct it.")
        return
    for point in disagreements(context.project.root, name, context.skill(name), rows):
        subject: DriftSubject = "config" if point.message.startswith(CONFIG) else "file"
        yield DriftPoint(name, subject, point.message, point.remedy)
    yield from _waiting(context, work, name)
    yield from _other_files(context, work, name)
    yield from _copy(context, work, name)


def _waiting(context: Context, work: UnitOfWork, name: str) -> Iterator[DriftPoint]:
    for proposal in proposals(context, work, name):
        remedy = (
            f"Look at it: tinyarms prompt review {name}. Then tinyarms prompt approve {name} "
            f"{proposal.id}, or refuse"
        )
        what = f"{proposal.what} waits for a person to approve it."
        if not proposal.waits:
            what, remedy = f"{proposal.what} still has a text that was refused.", "Undo it there."
        if proposal.problem is not None:
            what, remedy = f"{proposal.what} cannot be used. {proposal.problem}", "Correct it."
        yield DriftPoint(name, "approval", what, remedy)


def _other_files(context: Context, work: UnitOfWork, name: str) -> Iterator[DriftPoint]:
    """Files of the skill whose text is that of no version, or of another one."""
    root, active = context.project.root, work.history.active(name)
    if active is None:
        return
    named = {config.prompt_template for config in context.project.skills.values()}
    versions = {version.path: version for version in work.versions.all(name)}
    hashes = {version.prompt.hash: version.number for version in versions.values()}
    for path in sorted({*versions, *_numbered_files(root, name)} - {active.prompt_template_path}):
        if path in named or not (root / path).exists():
            continue  # `config.yaml` names it: that was said, or it is another skill's.
        try:
            found = parse_prompt_file(read_prompt_text(root / path), path).hash
        except TinyArmsError as error:
            yield DriftPoint(name, "file", error.message, "Correct it, or delete the file.")
            continue
        version = versions.get(path)
        if version is not None and version.prompt.hash == found:
            continue
        text = f"the text of version {hashes[found]}" if found in hashes else "another text"
        if version is None:
            what = f"{path} belongs to no version, and has {text}."
            remedy = "It is not used. Delete it, or test it: tinyarms prompt create"
        else:
            what = f"{path} is the file of version {version.number}, and has {text}."
            remedy = (
                "It is not used. To put the old text back: tinyarms prompt show "
                f"{name} --version {version.number} --whole > {path}"
            )
        if found not in hashes and context.skill(name).needs_approval:
            approved = work.approvals.is_approved(name, found)
            state = "approved" if approved else "not approved"
            what = f"{what} That text ({id_of(found)}) is {state}."
        yield DriftPoint(name, "file", what, remedy)


def _numbered_files(root: Path, name: str) -> list[str]:
    pattern = re.compile(rf"{re.escape(name)}-v[0-9]+\.md")
    folder = root / "skills"
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    return [f"skills/{path.name}" for path in found if pattern.fullmatch(path.name)]


def _copy(context: Context, work: UnitOfWork, name: str) -> Iterator[DriftPoint]:
    copied, active = context.standby.copies.version(name), work.history.active(name)
    if copied is None:
        if context.standby.copies.exists(name):
            what = "The copy that serves without the database is damaged."
            yield DriftPoint(name, "copy", what, _MAKE_AGAIN)
        return
    version = None if active is None else work.versions.find(name, active.version)
    if version is not None and copied.prompt.hash == version.prompt.hash:
        return
    what = f"The copy that serves without the database is version {copied.number}"
    if version is None:
        what = f"{what}, and the database has none."
    elif version.number == copied.number:
        what = f"{what} with another text."
    else:
        what = f"{what}, in production is version {version.number}."
    yield DriftPoint(name, "copy", what, _MAKE_AGAIN)


_MAKE_AGAIN = "The next task makes it again, or delete it: rm .tinyarms/prompts/*.json"


def _commit(root: Path) -> str | None:
    """The last commit; `None`: there is none, or the project is not part of the repository."""
    if place_in_repository(root) is None:
        return None
    try:
        commit = commit_of(root, "HEAD")
    except UsageError:
        return None
    if file_at(root, commit, CONFIG) is None and is_ignored(root, CONFIG):
        return None
    return commit


def _of_git(root: Path, commit: str, paths: Sequence[str]) -> Iterator[DriftPoint]:
    for path in paths:
        try:
            then = file_at(root, commit, path)
        except ConfigError as error:
            yield DriftPoint(None, "git", error.message, error.hint)
            continue
        now = _text(root / path)
        if then is None and now is not None:
            what = f"{path} is not in the last commit ({commit[:12]})."
            yield DriftPoint(None, "git", what, f"Commit it: git add {path} && git commit")
        elif now is not None and then is not None and now != then.replace("\r\n", "\n"):
            what = f"{path} differs from the last commit ({commit[:12]})."
            remedy = f"See: git diff HEAD -- {path}. Commit it, or undo it: git checkout -- {path}"
            yield DriftPoint(None, "git", what, remedy)


def _text(path: Path) -> str | None:
    """The text without the difference of line ends; `None`: it cannot be read, which was said."""
    try:
        return read_prompt_text(path).replace("\r\n", "\n")
    except TinyArmsError:
        return None
