"""Prompts that people wrote: in files, or as the texts of such files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from string import ascii_uppercase

from tinyarms.core.errors import UsageError
from tinyarms.loop.project.pictures import Pictures
from tinyarms.loop.releasing.versions import parse_prompt, read_prompt
from tinyarms.skills.prompt import Prompt
from tinyarms.skills.prompt_file import parse_prompt_file
from tinyarms.skills.skill import Skill


@dataclass(frozen=True)
class PromptText:
    """The text of a prompt file, where there is no file: from a program on another machine."""

    name: str
    """What messages call it."""
    content: str


def prompt_in(given: Path | PromptText, skill: Skill, pictures: Pictures) -> Prompt:
    """The prompt in a file or text, checked against the skill's inputs.

    Raises `PromptError`, `ConfigError` for a missing file, and `UsageError` for a text with
    demonstrations where these may name pictures: a file of the project may, a text from elsewhere
    may not.
    """
    if isinstance(given, Path):
        return read_prompt(given, skill, pictures)
    if skill.pictures and parse_prompt_file(given.content, given.name).demonstrations:
        raise UsageError(
            f"{skill.name}: a prompt with demonstrations may name pictures of this machine.",
            "Leave them out, or write the prompt to a file of the project.",
        )
    return parse_prompt(given.content, Path(given.name), skill, pictures)


def named_texts(texts: Sequence[str]) -> tuple[PromptText, ...]:
    """The texts by the names of files that they might have: A.md, B.md … Raises `UsageError` for
    too many."""
    if len(texts) > len(ascii_uppercase):
        raise UsageError(f"{len(texts)} prompts were given.", "Give at most 26.")
    return tuple(
        PromptText(f"{letter}.md", text)
        for letter, text in zip(ascii_uppercase, texts, strict=False)
    )
