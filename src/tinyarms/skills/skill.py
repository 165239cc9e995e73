"""A skill: the unit that evolution improves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tinyarms.skills.contract import Contract

COMPARING = ("exact", "labels", "number", "f1", "edit")
"""The scorers that only compare an output with the expected one."""


@dataclass(frozen=True)
class Skill:
    """A skill as declared in `config.yaml`. Its prompts are kept apart, as prompt versions."""

    name: str
    description: str
    inputs: tuple[str, ...]
    """The names of the inputs, in the order in which a prompt shows them."""
    model: str
    """A name under `models:` in `config.yaml`."""
    contract: Contract
    scorer: str | None
    """The name of the scorer; `None` for a skill that only users can judge."""
    scorer_options: Mapping[str, Any] = field(default_factory=dict)
    success_at: float = 0.5
    """A score of at least this is a success. In (0, 1]."""
    examples: str | None = None
    """Path of the examples file, relative to the project's folder."""
    evolvable: bool = True
    reason: str = ""
    """Why the skill is not evolvable; empty if it is."""

    @property
    def reads_expected(self) -> bool:
        """Whether the scorer needs an expected output."""
        return self.scorer in COMPARING
