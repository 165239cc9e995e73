"""Consecutive searches that found nothing better."""

from __future__ import annotations

from tinyarms.core.settings import Triggers
from tinyarms.loop.project.context import Context
from tinyarms.monitoring.patience import with_longer_wait
from tinyarms.store.db.records import SessionRecord, SessionState
from tinyarms.store.db.unit_of_work import UnitOfWork

_MORE_EXAMPLES = 1.25
"""Growth factor of the examples from which a search counts as a new one. Higher: more examples must
be added."""


def is_fruitless(session: SessionRecord) -> bool:
    """Whether a search ended without a variant for users."""
    ends = SessionState.NOTHING_BETTER, SessionState.NOT_WORTH_IT, SessionState.KEPT
    return session.search is not None and session.state in ends and session.live_test is None


def fruitless_in_a_row(context: Context, work: UnitOfWork, name: str) -> int:
    """The number of searches of the prompt in production without a result since the last change.

    Changes are: another prompt, writer or search setting, and a quarter more examples. The original
    preset does not count them; its cooldown is fixed.
    """
    if context.project.settings.preset == "original":
        return 0
    sessions = [session for session in work.sessions.all(name) if is_fruitless(session)]
    active = work.history.active(name) if sessions else None
    version = None if active is None else work.versions.find(name, active.version)
    if version is None:
        return 0
    examples = len(work.examples.all(name))
    writer = context.writer_name(context.skill(name).skill)
    settings = context.project.settings.evolution
    return sum(
        session.original_prompt_hash == version.prompt.hash
        and session.search_plan.writer == writer
        and session.search_plan.evolution == settings
        and examples < _MORE_EXAMPLES * max(1, len(session.search_plan.example_ids or ()))
        for session in sessions
    )


def triggers_now(context: Context, work: UnitOfWork, name: str) -> Triggers:
    """The skill's triggers, with a longer cooldown after fruitless searches."""
    triggers = context.project.settings.triggers
    return with_longer_wait(triggers, fruitless_in_a_row(context, work, name))
