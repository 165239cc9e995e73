"""Find the prompt that is to be evaluated: a version, or a prompt file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from tinyarms.core.errors import ConfigError, UsageError
from tinyarms.loop.evaluating.view import EvaluatedPrompt
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.prompt_texts import PromptText, prompt_in
from tinyarms.loop.releasing.versions import active_version, read_prompt
from tinyarms.skills.prompt import Prompt, Source
from tinyarms.skills.skill import Skill

Which: TypeAlias = int | Path | str | PromptText
"""How a prompt is named: by a version's number, by a file's path, or by its own text."""


@dataclass(frozen=True)
class FoundPrompt:
    """A prompt, and where it comes from."""

    prompt: Prompt
    name: str
    version: int | None = None
    source: Source | None = None
    """How the version was made; `None` for a file."""

    @property
    def view(self) -> EvaluatedPrompt:
        return EvaluatedPrompt(name=self.name, version=self.version, hash=self.prompt.hash)


def find_prompt(context: Context, skill: Skill, which: Which | None) -> FoundPrompt:
    """The prompt that is meant.

    `which`: the number of a version, perhaps as text, the path of a prompt file, or the text of
    one; `None`: the version in production. Raises `UsageError` for a version that does not exist,
    and the errors of `prompt_in`.
    """
    if isinstance(which, PromptText):
        return FoundPrompt(prompt_in(which, skill, context.pictures), which.name)
    if isinstance(which, str) and which.isdecimal():
        which = int(which)
    if which is None or isinstance(which, int):
        return _version(context, skill.name, which)
    path = Path(which).expanduser()
    if not path.is_file():
        raise ConfigError(
            f"There is no prompt file {path}.", "Give a file, or the number of a version."
        )
    return FoundPrompt(read_prompt(path, skill, context.pictures), str(which))


def _version(context: Context, name: str, number: int | None) -> FoundPrompt:
    active = active_version(context, name)
    with context.store.read() as work:
        versions = {version.number: version for version in work.versions.all(name)}
    version = active if number is None else versions.get(number)
    if version is None:
        listed = ", ".join(map(str, versions))
        raise UsageError(f"{name} has no version {number}.", f"It has: {listed}.")
    return FoundPrompt(version.prompt, f"version {version.number}", version.number, version.source)
