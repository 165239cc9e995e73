"""Who approved a version, and when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from tinyarms.skills.prompt import PromptVersion
from tinyarms.store.db.records import ApprovalRecord, HistoryRecord


def approval_of(
    row: HistoryRecord, version: PromptVersion, approvals: Sequence[ApprovalRecord]
) -> ApprovalRecord | None:
    """The approval by which the version went into production, or began to count as approved."""
    of_text = [each for each in approvals if each.prompt_hash == version.prompt.hash]
    before = [e for e in of_text if e.verdict == "approved" and e.at <= row.active_from]
    if before:
        return before[-1]
    until = row.active_to or datetime.max.replace(tzinfo=UTC)
    meanwhile = (e for e in of_text if e.verdict == "switched_on" and e.at <= until)
    return next(meanwhile, None)
