"""Show prompt versions and compare two of them."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import unified_diff

from tinyarms.core.errors import UsageError
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.versions import active_version
from tinyarms.skills.prompt import PromptVersion
from tinyarms.skills.prompt_file import format_prompt_file


@dataclass(frozen=True)
class DiffView:
    """Two prompt versions, line by line, as their files have them."""

    skill: str
    old: int
    """Number of the older version."""
    new: int
    """Number of the newer version."""
    lines: tuple[str, ...]
    """A unified diff, line by line; empty where the two are the same."""


def show(context: Context, name: str, version: int | None = None) -> PromptVersion:
    """A prompt version; without a number the one in production. Raises `UsageError`."""
    active = active_version(context, name)
    if version is None:
        return active
    with context.store.read() as work:
        known = {each.number: each for each in work.versions.all(name)}
    if version not in known:
        raise UsageError(
            f"{name} has no version {version}.", f"It has: {', '.join(map(str, known))}."
        )
    return known[version]


def diff(context: Context, name: str, old: int | None = None, new: int | None = None) -> DiffView:
    """Two versions, line by line: by default the one before the active version, and that one.

    Raises `UsageError` for a version that is not there.
    """
    after = show(context, name, new)
    if old is None:
        old = after.parent
    if old is None:
        raise UsageError(
            f"{name} has no version before {after.number}.", "Say which two: V1 and V2."
        )
    before = show(context, name, old)
    lines = unified_diff(
        format_prompt_file(before.prompt).splitlines(),
        format_prompt_file(after.prompt).splitlines(),
        before.path,
        after.path,
        lineterm="",
    )
    return DiffView(name, before.number, after.number, tuple(lines))
