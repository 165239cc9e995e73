"""What a skill takes and gives, for callers that do not know it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tinyarms.loop.project.context import Context
from tinyarms.skills.contract import contract_entry


@dataclass(frozen=True)
class SkillForm:
    """What a skill takes and gives."""

    inputs: tuple[str, ...]
    """The names of its inputs."""
    optional: tuple[str, ...]
    """Those that may be left out."""
    pictures: tuple[str, ...]
    """Those that hold a picture."""
    output: Mapping[str, Any]
    """Its contract, as `output:` of `config.yaml` writes it."""


def skill_form(context: Context, name: str) -> SkillForm:
    """What a skill takes and gives. Raises `UsageError`, `ConfigError`."""
    skill = context.skill(name).skill
    return SkillForm(
        inputs=skill.inputs,
        optional=tuple(n for n in skill.inputs if n in skill.optional),
        pictures=tuple(skill.pictures),
        output=contract_entry(skill.contract),
    )
