"""The reset that `reset_after_days` asks for."""

from __future__ import annotations

from tinyarms.loop.project.accuracy import known_accuracy
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.release_intent import (
    Release,
    apply_intent,
    in_production,
    plan_intent,
    settled,
)
from tinyarms.loop.releasing.restore import Promotion
from tinyarms.loop.releasing.versions import active_version
from tinyarms.release.periodic_reset import DueReset, Stay, due_reset
from tinyarms.store.db.unit_of_work import UnitOfWork

PERIODIC = "Reset by the setting"
"""Why the time of a version ends that gives way to a person's own."""


def reset_due(context: Context, name: str) -> DueReset | None:
    """The reset that is due now; `None` if none is.

    None is while a session is open or a promotion is watched, nor with `enabled: false`. Changes
    nothing. Raises `UsageError` for an unknown skill.
    """
    context.skill(name)
    with context.store.read() as work:
        return _due(context, work, name)


def reset_if_due(context: Context, name: str) -> Promotion | None:
    """Carry out the reset that is due; `None` if none is. Two processes at once do it once.

    It is watched like a promotion (`holdback`). Raises `ConfigError` or `StoreError` if the files
    cannot be written; it is carried out once they can.
    """
    # A file that was edited by hand since becomes a version first, and that is a person's choice.
    active_version(context, name)
    if reset_due(context, name) is None:
        return None
    with settled(context, name) as work:
        due = _due(context, work, name)
        if due is None:
            return None
        release = _release(context, work, due)
        intent_id = plan_intent(context, work, release)
    apply_intent(context, intent_id)
    with context.store.read() as work:
        active = in_production(work, name)
    return Promotion(
        skill=name,
        version=active.number,
        from_version=release.expected_version,
        path=active.path,
        previous_accuracy=release.previous_accuracy,
        current_accuracy=release.current_accuracy,
        kind=release.kind,
        warning=None,
    )


def _due(context: Context, work: UnitOfWork, name: str) -> DueReset | None:
    settings = context.project.settings
    busy = work.sessions.open(name) is not None or work.holdbacks.open(name) is not None
    rows = work.history.all(name)
    if not settings.enabled or busy or not rows:
        return None
    versions = {version.number: version for version in work.versions.all(name)}
    intents = [work.intents.get(row.id) for row in rows]
    stays = [
        Stay(
            version=versions[row.version],
            since=row.active_from,
            until=row.active_to,
            by_hand=intent is None or intent.by_hand,
        )
        for row, intent in zip(rows, intents, strict=True)
    ]
    return due_reset(stays, settings.reset_after_days, context.clock())


def _release(context: Context, work: UnitOfWork, due: DueReset) -> Release:
    name = due.to.skill
    active = in_production(work, name).number
    ends = [row for row in work.history.all(name) if row.version == due.to.number]
    return Release(
        skill=name,
        prompt=due.to.prompt,
        cause="periodic_reset",
        expected_version=active,
        reason=PERIODIC,
        source="rollback",
        previous_accuracy=known_accuracy(work, name, active, context.clock()),
        current_accuracy=ends[-1].accuracy_end if ends else None,
        restored=due.to.number,
        evidence=due.reason,
    )
