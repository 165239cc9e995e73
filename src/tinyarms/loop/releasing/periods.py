"""The periods of a skill's versions in production, read from the store."""

from __future__ import annotations

from tinyarms.release.period import Period
from tinyarms.release.plan import BY_HAND
from tinyarms.store.db.unit_of_work import UnitOfWork


def periods(work: UnitOfWork, skill: str) -> list[Period]:
    """All periods of a skill, oldest first."""
    rows = work.history.all(skill)
    versions = {version.number: version for version in work.versions.all(skill)}
    causes = work.intents.causes(skill)
    # The row of each version gives the reason for its release, and so for the end of the one
    # before.
    reasons = [*(row.notes or "" for row in rows[1:]), ""]
    return [
        Period(
            version=versions[row.version],
            since=row.active_from,
            until=row.active_to,
            # The first version has no intent: a person wrote its file.
            by_hand=row.id not in causes or causes[row.id] in BY_HAND,
            accuracy=row.accuracy_end,
            reason=reason,
        )
        for row, reason in zip(rows, reasons, strict=True)
    ]
