"""Show prompt versions and compare two of them."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import unified_diff

from tinyarms.core.errors import UsageError
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.versions import active_version
from tinyarms.skills.prompt import PromptVersion
from tinyarms.skills.prompt_file import readable_prompt_file


@dataclass(frozen=True)
class DiffView:
    """The line-by-line difference of two versions' files."""

    skill: str
    old: int
    """Number of the older version."""
    new: int
    """Number of the newer version."""
    lines: tuple[str, ...]
    """The lines of a unified diff; empty if the files are equal."""


def show(context: Context, name: str, version: int | None = None) -> PromptVersion:
    """A prompt version, by default the one in production. Raises `UsageError`."""
    active = active_version(context, name)
    if version is None:
        return active
    with context.store.read() as work:
        versions = {prompt.number: prompt for prompt in work.versions.all(name)}
    if version not in versions:
        raise UsageError(
            f"{name} has no version {version}.", f"It has: {', '.join(map(str, versions))}."
        )
    return versions[version]


def diff(context: Context, name: str, old: int | None = None, new: int | None = None) -> DiffView:
    """Compare two versions line by line: by default the active version and the one before it.

    Raises `UsageError` for a version that does not exist.
    """
    new_version = show(context, name, new)
    if old is None:
        old = new_version.parent
    if old is None:
        raise UsageError(
            f"{name} has no version before {new_version.number}.", "Say which two: V1 and V2."
        )
    old_version = show(context, name, old)
    lines = unified_diff(
        readable_prompt_file(old_version.prompt).splitlines(),
        readable_prompt_file(new_version.prompt).splitlines(),
        old_version.path,
        new_version.path,
        lineterm="",
    )
    return DiffView(name, old_version.number, new_version.number, tuple(lines))
