"""The answer to "what happens next to this skill?", and what holds of it in every state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tinyarms.loop.watching.health import Health, doubt_of, health_of
from tinyarms.loop.watching.obstacles import (
    command,
    may_ask_trigger,
    obstacle,
    pending_retry,
)
from tinyarms.loop.watching.situation import Situation, SkillState
from tinyarms.monitoring.verdict import Verdict
from tinyarms.store.db.records import SessionRecord

Action = Literal["search", "resume", "wait", "vote", "feedback", "review", "compare", "nothing"]
"""`search`: a search may begin now. `resume`: an interrupted search or gate may go on now. `wait`:
for a time, a process or a person, as `next` says. `vote`, `feedback`, `review`: people are asked.
`compare`: tasks compare a promotion with the version before it. `nothing`: nothing is due, or the
settings forbid it."""


@dataclass(frozen=True, kw_only=True)
class NextStep:
    """What may or will happen next to a skill."""

    skill: str
    state: SkillState
    health: Health
    """How the skill does."""
    doubt: str | None
    """Why its outcomes do not bear out the verdict, in words; `None`: they do, or the verdict
    itself says that they are too few."""
    action: Action
    status: str
    """What is going on, in words."""
    next: str
    """What happens next, in words; empty if nothing does."""
    until: datetime | None
    """When that happens at the latest; `None` if no time limits it."""
    version: int
    """The version in production."""
    verdict: Verdict
    """What the trigger says of that version."""
    session: SessionRecord | None
    """The open session."""
    hindrance: str | None
    """Why no search would begin or go on now, in one sentence; `None`: nothing is in the way."""
    refused: bool = False
    """Whether a search is due that `config.yaml` or the settings forbid, outside quiet hours."""
    retry_at: datetime | None = None
    """Until then the daemon leaves the skill alone, because its last attempt failed."""
    saw_no_drop: bool = False
    """Whether a time passes until the daemon asks the trigger again, as it sees no drop now."""
    scheduled_at: datetime | None = None
    """When the next scheduled evolution is due; `None` if none ever is."""

    @property
    def may_search(self) -> bool:
        """Whether a search, or an offline gate, may begin or go on now."""
        return self.action in ("search", "resume")

    @property
    def would(self) -> str:
        """What would become of a search that is due, in words; empty if none is due."""
        if not self.verdict.begins_search:
            return ""
        if self.hindrance is not None:
            return self.hindrance
        return f"Evolve it: {self.next}" if self.next == command(self.skill) else self.next


def step(
    situation: Situation,
    action: Action,
    status: str,
    following: str,
    until: datetime | None = None,
    hindrance: str | None = None,
) -> NextStep:
    """The step, with what holds in every state. `hindrance`: `None` to derive it."""
    hindering, verdict = obstacle(situation), situation.verdict
    retry_at = pending_retry(situation)
    trigger_asked = may_ask_trigger(situation) and retry_at is None
    health, doubt = health_of(situation), doubt_of(situation)
    few = verdict.numbers.n < verdict.numbers.sample_size
    says_so = doubt is None or doubt.health != health or (few and health == "too_few")
    forbidden = hindering is not None and hindering.by_settings and situation.quiet_until is None
    return NextStep(
        skill=situation.skill,
        state=situation.state,
        health=health,
        doubt=None if says_so or doubt is None else doubt.status,
        action=action,
        status=status,
        next=following,
        until=until,
        version=situation.version,
        verdict=verdict,
        session=situation.session,
        hindrance=hindrance or (hindering.sentence if hindering else None),
        refused=trigger_asked and verdict.begins_search and forbidden,
        retry_at=retry_at,
        saw_no_drop=trigger_asked and not verdict.triggered and situation.trigger_rests,
        scheduled_at=situation.scheduled_at,
    )
