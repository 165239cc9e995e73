"""How one candidate did on one example, for operators that reflect on it."""

from __future__ import annotations

from dataclasses import dataclass

from tinyarms.skills.example import Example


@dataclass(frozen=True)
class RowResult:
    """A candidate's result on a `search` example."""

    example: Example
    success: bool
    answer: str = ""
    """The model's answer, even if it violates the contract; empty: not known."""
    violation: str = ""
    """How the answer violates the contract; empty: it does not."""
    reason: str = ""
    """Why a judge did not give the answer the best score; empty: no judge says it."""
