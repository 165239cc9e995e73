"""The ledger of approvals: what waited for a person, and what the person said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Verdict = Literal["asked", "approved", "refused", "taken_back", "switched_on", "switched_off"]
"""`asked`: a prompt began to wait in a file. `approved`, `refused`: a person's answer about a
prompt. `taken_back`: a release went back from this prompt, so that its approval has ended.
`switched_on`: from now on every prompt of the skill needs approval; a prompt that served tasks then
counts as approved. `switched_off`: none needs it any more."""


@dataclass(frozen=True, kw_only=True)
class ApprovalRecord:
    """One line of the ledger."""

    id: str
    skill: str
    verdict: Verdict
    at: datetime
    prompt_hash: str | None = None
    """The prompt that it is about; `None`: it is about the skill."""
    user: str | None = None
    """Who said it; `None`: nobody, it follows from the project's files or from a release."""
    note: str = ""
    """What it was about, in words."""
