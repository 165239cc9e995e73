"""The periodic reset (`reset_after_days`)."""

from __future__ import annotations

from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.approval import needs_approval
from tinyarms.loop.releasing.periods import periods
from tinyarms.loop.releasing.release_intent import in_production, release
from tinyarms.loop.releasing.restore import Promotion, promotion_by, restoration
from tinyarms.loop.releasing.versions import active_version
from tinyarms.release.periodic_reset import DueReset, due_reset
from tinyarms.store.db.unit_of_work import UnitOfWork

PERIODIC = "Reset by the setting"
"""Why the period of a version ends that a person's prompt replaces."""


def reset_due(context: Context, name: str) -> DueReset | None:
    """The reset that is due now, or `None`.

    No reset is due while a session or a holdback is open, with `enabled: false`, or where prompts
    need approval. Changes nothing. Raises `UsageError` for an unknown skill.
    """
    context.skill(name)
    with context.store.read() as work:
        return _due(context, work, name)


def reset_if_due(context: Context, name: str) -> Promotion | None:
    """Carry out the reset that is due; `None` if there is none. Two processes at once do it once.

    It has a holdback, like a promotion. Raises `ConfigError` or `StoreError` if the files cannot be
    written; the reset is carried out once they can.
    """
    # A file edited by hand first becomes a version, and this counts as a person's decision.
    active_version(context, name)
    if reset_due(context, name) is None:
        return None
    with release(context, name) as releasing:
        due = _due(context, releasing.work, name)
        if due is None:
            return None
        active = in_production(releasing.work, name).number
        planned = restoration(
            context, releasing.work, due.to, active, "periodic_reset", PERIODIC, due.reason
        )
        releasing.plan(planned)
    return promotion_by(planned, releasing.version)


def _due(context: Context, work: UnitOfWork, name: str) -> DueReset | None:
    settings = context.project.settings
    if needs_approval(context, work, name):
        return None  # A person has approved the prompt in production, and only a person goes back.
    busy = work.sessions.open(name) is not None or work.holdbacks.open(name) is not None
    if not settings.enabled or busy:
        return None
    past = periods(work, name)
    return due_reset(past, settings.reset_after_days, context.clock()) if past else None
