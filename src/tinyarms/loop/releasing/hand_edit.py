"""Detect and report prompt files that were edited by hand."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from tinyarms.core.errors import (
    ConfigError,
    ConflictError,
    PromptError,
    StoreError,
    TinyArmsError,
)
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.approval import id_of
from tinyarms.loop.releasing.shown_pictures import with_pictures
from tinyarms.release.plan import ReleasePlan
from tinyarms.skills.prompt import Prompt, PromptVersion
from tinyarms.skills.prompt_file import format_prompt_file, parse_prompt_file
from tinyarms.store.db.records import SessionRecord, SessionState
from tinyarms.store.db.unit_of_work import UnitOfWork
from tinyarms.store.project.files import inside, read_prompt_text, write_atomically


@dataclass(frozen=True)
class EditedPrompt:
    """A prompt that lies in a file and is not in production."""

    path: Path
    hash: str
    """The prompt's hash; of a file that cannot be used, a hash of why."""
    prompt: Prompt | None
    """`None`: the file cannot be used."""
    problem: TinyArmsError | None = None
    """Why not."""


def edited_file(
    context: Context, work: UnitOfWork, version: PromptVersion, *, broken_counts: bool = False
) -> Path | None:
    """The file with a new prompt: the version's own, or another one that `config.yaml` names. An
    unchanged file of an earlier version is not a new prompt. Neither is a file that another skill's
    release wrote: skills that share their YAML would adopt each other's prompts in turn.

    `broken_counts`: whether a file that cannot be read is one with a new prompt; otherwise it
    raises `PromptError`, `ConfigError` or `StoreError`.
    """
    root = context.project.root
    own = root / version.path
    if not own.exists():
        if not context.store.read_only:
            # If no file can be written, the store still has the prompt.
            with suppress(StoreError):
                write_atomically(inside(root, version.path), format_prompt_file(version.prompt))
    elif _differs(context, own, version, broken_counts):
        return own
    named = context.skill(version.skill).prompt_template
    if named == version.path:
        return None
    written = work.versions.of_file(named)
    earlier = next((one for one in written if one.skill == version.skill), None)
    if earlier is None:
        belongs_to_another = any(one.source != "initial" for one in written)
        return None if belongs_to_another else root / named
    file = root / named
    changed = file.exists() and _differs(context, file, earlier, broken_counts)
    return file if changed else None


def adopted(plan: ReleasePlan, edited: str, session: SessionRecord | None) -> str:
    """The new version of the edited prompt and the end of the open session, in words."""
    told = f"{plan.skill}: {edited} was edited by hand: its prompt is version {plan.version} now"
    if edited != plan.path:
        told = f"{told}, in {plan.path}. Edit that file from now on"
    if session is None:
        return f"{told}."
    open_one = "live test" if session.state is SessionState.TESTING else "evolution session"
    return f"{told}. The {open_one} has ended: it was about version {session.base_version}."


def waits(name: str, where: str, version: int, problem: TinyArmsError | None) -> str:
    """That an edited prompt waits for a person, in words. `problem`: why it cannot be used."""
    stays = f"version {version} stays in production"
    if problem is not None:
        return f"{name}: {where} cannot be used, so {stays}. {problem}"
    return (
        f"{name}: {where} was edited by hand and waits for a person to approve it; {stays}. "
        f"Look at it: tinyarms prompt review {name}"
    )


def check_unchanged(path: Path, found: str, expected: str | None) -> None:
    """Raise `ConflictError` if a file has another prompt than the one that a person approves."""
    if expected not in (None, found):
        raise ConflictError(
            f"{path} was changed meanwhile: it has the prompt {id_of(found)} now.",
            "Look at it again: tinyarms prompt review",
        )


def inside_project(context: Context, path: Path) -> str:
    """The path as in `config.yaml`: relative to the project's folder if it is inside."""
    root = context.project.root
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def _differs(context: Context, path: Path, version: PromptVersion, broken_counts: bool) -> bool:
    """Whether the file has another prompt than the version. Most are equal, which needs no hash."""
    try:
        in_file, prompt = _read(read_prompt_text(path), str(path)), version.prompt
        if in_file == prompt or in_file.hash == prompt.hash:
            return False
        skill = context.skill(version.skill).skill
        # Before a release writes the file, it may name pictures by their paths only.
        return with_pictures(in_file, skill, context.pictures, path).hash != prompt.hash
    except (PromptError, ConfigError, StoreError):
        if broken_counts:
            return True
        raise


@lru_cache(maxsize=64)
def _read(content: str, where: str) -> Prompt:
    """Cached, because every task needs it and front matter is slow to parse."""
    return parse_prompt_file(content, where)
