"""Whether the database, config.yaml and the prompt files agree on each skill."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tinyarms.core.errors import ConfigError, PromptError
from tinyarms.skills.prompt import PromptVersion
from tinyarms.skills.prompt_file import parse_prompt_file
from tinyarms.store.db.unit_of_work import UnitOfWork
from tinyarms.store.project.config import CONFIG, SkillConfig
from tinyarms.store.project.files import read_prompt_text

CORRECT = "Correct the file."


@dataclass(frozen=True)
class ComparedRows:
    """The rows that the project's files must agree with."""

    interrupted: Mapping[str, int]
    """Skill → its unfinished releases."""
    in_production: Mapping[str, tuple[int, PromptVersion | None]]
    """Skill → number of the version in production and, if it is stored, the version."""

    def number_of(self, skill: str) -> int | None:
        """Number of the version in production; `None` if the skill was not used yet."""
        return self.in_production[skill][0] if skill in self.in_production else None


class Disagreement(NamedTuple):
    """One point on which the database, config.yaml and the prompt file do not agree."""

    message: str
    remedy: str
    blocks: bool = True
    """Whether something will not work."""


def compared_rows(work: UnitOfWork, skills: Sequence[str]) -> ComparedRows:
    """The rows of these skills that the files must agree with."""
    interrupted: dict[str, int] = {}
    for intent in work.intents.pending():
        interrupted[intent.skill] = interrupted.get(intent.skill, 0) + 1
    in_production = {}
    for name in skills:
        active = work.history.active(name)
        if active is not None:
            in_production[name] = active.version, work.versions.find(name, active.version)
    return ComparedRows(interrupted, in_production)


def disagreements(
    root: Path, name: str, config: SkillConfig, rows: ComparedRows
) -> Iterator[Disagreement]:
    """The points on which they do not agree about a skill, or why its prompt cannot be used."""
    number, version = rows.in_production.get(name, (None, None))
    if number is None:
        yield from _unused_problems(root, config)
    else:
        yield from _problems(root, name, config, number, version)


def _unused_problems(root: Path, config: SkillConfig) -> Iterator[Disagreement]:
    path = root / config.prompt_template
    try:
        parse_prompt_file(read_prompt_text(path), str(path))
    except (ConfigError, PromptError) as error:
        yield Disagreement(error.message, error.hint or CORRECT)


def _problems(
    root: Path, name: str, config: SkillConfig, number: int, version: PromptVersion | None
) -> Iterator[Disagreement]:
    if version is None:
        message = f"The database lacks version {number}, which is in production."
        yield Disagreement(message, "Restore a backup.")
        return
    if config.prompt_version != number:
        yield Disagreement(
            f"{CONFIG} says version {config.prompt_version}, the database version {number}.",
            f"Write prompt_version: {number} in {CONFIG}.",
            blocks=False,
        )
    if config.prompt_template != version.path:
        yield Disagreement(
            f"{CONFIG} names {config.prompt_template}, version {number} is in {version.path}.",
            f"Write prompt_template: {version.path} in {CONFIG}.",
            blocks=False,
        )
    path = root / version.path
    if not path.exists():
        remedy = f"It is written by: tinyarms prompt stats {name}"
        yield Disagreement(f"{version.path} is missing.", remedy, blocks=False)
        return
    try:
        prompt = parse_prompt_file(read_prompt_text(path), str(path))
    except (ConfigError, PromptError) as error:
        yield Disagreement(error.message, error.hint or CORRECT)
        return
    if prompt.hash != version.prompt.hash:
        remedy = f"The next use makes it a new version; to keep version {number}, undo the change."
        if config.needs_approval:
            remedy = f"Version {number} serves until a person approves it, or undo the change."
        yield Disagreement(
            f"{version.path} is not the text of version {number}.",
            remedy,
            blocks=False,
        )
