"""Replies of models, and what they cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tinyarms.skills.execution import ModelReply

Purpose = Literal["search", "selection", "test"]

JUDGE = "judge"
"""Stands for the operator in the calls of the judge."""


@dataclass(frozen=True, kw_only=True)
class WriterCallRecord:
    """A reply of the writer, with its call index (`ordinal`) in the session."""

    session_id: str
    ordinal: int
    key: str
    operator: str
    parents: tuple[str, ...]
    reply: ModelReply
    created_at: datetime
    verdict: str | None = None
    """What the guards said: `None` while they have not, else `accepted` or the reason."""


@dataclass(frozen=True, kw_only=True)
class EvaluationRecord:
    """One prompt on one example, with its call index (`ordinal`) in the session."""

    session_id: str
    ordinal: int
    key: str
    purpose: Purpose
    prompt_hash: str
    example_id: str
    reply: ModelReply
    output: str | None
    violation: str | None
    score: float
    cached: bool
    """Taken over from an earlier evaluation with the same key: no call was made."""
    created_at: datetime


@dataclass(frozen=True)
class Cost:
    """What a call costs on the average; `None` where that is not known."""

    tokens: float | None
    """Of prompt and reply."""
    seconds: float | None


UNKNOWN_COST = Cost(None, None)
