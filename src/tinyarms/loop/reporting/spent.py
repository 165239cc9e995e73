"""The spending of an evolution session."""

from __future__ import annotations

from dataclasses import dataclass

from tinyarms.store.db.unit_of_work import UnitOfWork

_CALLS = ("task_calls", "test_calls", "writer_calls", "judge_calls")
_TOKENS = ("prompt_tokens", "completion_tokens")


@dataclass(frozen=True)
class SpentView:
    """The spending of the evolution session that made a version."""

    calls: int
    """Model calls of every kind."""
    tokens: int
    """Tokens of prompts and replies."""
    seconds: float
    """Seconds of the model's time."""


def spent_by(work: UnitOfWork, session_id: str) -> SpentView:
    """The spending of a session."""
    counts = work.calls.counts(session_id)
    return SpentView(
        calls=sum(counts[kind] for kind in _CALLS),
        tokens=sum(counts[kind] for kind in _TOKENS),
        seconds=work.calls.seconds(session_id),
    )
