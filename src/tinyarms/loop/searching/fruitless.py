"""Consecutive searches that found nothing better, and the cooldown after them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tinyarms.core.settings import Triggers
from tinyarms.loop.project.context import Context
from tinyarms.loop.releasing.holdback_check import last_evolution
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


@dataclass(frozen=True)
class Cooldown:
    """How long a skill waits for its next evolution, and why."""

    evolved_at: datetime | None
    """When it began: with the last evolution, or a later rollback. `None`: there was none."""
    fruitless_searches: int
    """How many searches in a row have found nothing better since the last change."""
    triggers: Triggers
    """The settings of the trigger, with a longer cooldown after fruitless searches."""

    @property
    def ends_at(self) -> datetime | None:
        """When it ends; `None`: the skill was never evolved."""
        if self.evolved_at is None:
            return None
        return self.evolved_at + timedelta(hours=self.triggers.cooldown_hours)


def cooldown_of(context: Context, work: UnitOfWork, name: str) -> Cooldown:
    """The skill's cooldown."""
    fruitless_searches = fruitless_in_a_row(context, work, name)
    triggers = with_longer_wait(context.project.settings.triggers, fruitless_searches)
    return Cooldown(last_evolution(work, name), fruitless_searches, triggers)
