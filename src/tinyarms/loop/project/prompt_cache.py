"""What a process remembers of the prompts that serve its skills."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tinyarms.skills.prompt import PromptVersion
from tinyarms.store.db.records import HoldbackRecord, VariantRecord


@dataclass(frozen=True)
class Held:
    """A promotion that is watched, and the prompt that keeps a share of the tasks."""

    record: HoldbackRecord
    reference: PromptVersion


@dataclass(frozen=True)
class SingleTest:
    """A live test of single mode, as far as tasks need to know it."""

    session_id: str
    variants: Mapping[str, VariantRecord]
    probabilities: Mapping[str, float]


@dataclass(frozen=True)
class Known:
    """What this process knows of a skill."""

    version: PromptVersion
    test: SingleTest | None
    asks: bool
    """Whether a live test with ballots is open."""
    held: Held | None
    """Not while a test of single mode serves the tasks."""
    files: tuple[object, object]
    looked_at: datetime
