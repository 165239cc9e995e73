"""Who approved a version, when, and until when that counted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from tinyarms.skills.prompt import PromptVersion
from tinyarms.store.db.records import ApprovalRecord, HistoryRecord

_ENDS = ("refused", "taken_back")


class Approval(NamedTuple):
    """The approval of a version."""

    at: datetime
    """When a person approved its text, or when that began to count as approved."""
    by: str | None
    """Who approved it; `None`: nobody has, it only counted as approved."""
    until: datetime | None
    """When it ended, because a person refused the text or a release went back from it; `None`: it
    stands."""


def approval_of(
    row: HistoryRecord, version: PromptVersion, approvals: Sequence[ApprovalRecord]
) -> Approval | None:
    """The approval by which the version went into production, or began to count as approved.

    `approvals`: the ledger of the skill, oldest first.
    """
    of_text = [each for each in approvals if each.prompt_hash == version.prompt.hash]
    found = _yes(row, of_text)
    if found is None:
        return None
    later = of_text[of_text.index(found) + 1 :]
    until = next((each.at for each in later if each.verdict in _ENDS), None)
    return Approval(found.at, found.user, until)


def _yes(row: HistoryRecord, of_text: Sequence[ApprovalRecord]) -> ApprovalRecord | None:
    before = [e for e in of_text if e.verdict == "approved" and e.at <= row.active_from]
    if before:
        return before[-1]
    until = row.active_to or datetime.max.replace(tzinfo=UTC)
    meanwhile = (e for e in of_text if e.verdict == "switched_on" and e.at <= until)
    return next(meanwhile, None)
