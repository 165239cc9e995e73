"""The answer to "what happens next to this skill?", and the parts that are the same in every
state."""

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

Action = Literal[
    "search",
    "resume",
    "refresh",
    "wait",
    "vote",
    "feedback",
    "review",
    "confirm",
    "compare",
    "nothing",
]
"""`search`: a search may begin now. `resume`: an interrupted search or gate may resume now.
`refresh`: the memory of the prompt in production may be refreshed now. `wait`: for a time, a
process or a person, as `next` says. `vote`, `feedback`, `review`: a person should do this.
`confirm`: a person should confirm a refresh. `compare`: tasks compare a promotion with the version
before it. `nothing`: nothing is due, or the settings forbid it."""


@dataclass(frozen=True, kw_only=True)
class NextStep:
    """What may or will happen next to a skill."""

    skill: str
    state: SkillState
    health: Health
    """The skill's health."""
    doubt: str | None
    """Why the outcomes do not support the verdict, in words; `None`: they do, or the verdict
    itself says that they are too few."""
    action: Action
    status: str
    """The present status, in words."""
    next: str
    """What happens next, in words; empty: nothing."""
    until: datetime | None
    """When that happens at the latest; `None`: no time limits it."""
    version: int
    """The version in production."""
    verdict: Verdict
    """The trigger's verdict on that version."""
    session: SessionRecord | None
    """The open session."""
    hindrance: str | None
    """Why no search would begin or resume now, in one sentence; `None`: nothing prevents it."""
    refused: bool = False
    """Whether a search is due that `config.yaml` or the settings forbid, outside quiet hours."""
    retry_at: datetime | None = None
    """The daemon waits until then, because its last attempt failed; `None`: it does not wait."""
    saw_no_drop: bool = False
    """Whether the trigger sees no drop now, so that the daemon waits before it asks again."""
    scheduled_at: datetime | None = None
    """When the next scheduled evolution is due; `None` if none ever is."""

    @property
    def may_search(self) -> bool:
        """Whether a search or an offline gate may begin or resume now."""
        return self.action in ("search", "resume")

    @property
    def would(self) -> str:
        """What would happen to a search or refresh that is due, in words; empty if none is due."""
        if self.action in ("refresh", "confirm"):
            return f"{self.status}. {self.next}"
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
    """Make the step, with the parts that are the same in every state. `hindrance`: `None` to derive
    it."""
    hindered_by, verdict = obstacle(situation), situation.verdict
    retry_at = pending_retry(situation)
    trigger_asked = may_ask_trigger(situation) and retry_at is None
    health, doubt = health_of(situation), doubt_of(situation)
    too_few = verdict.numbers.n < verdict.numbers.sample_size
    is_obvious = doubt is None or doubt.health != health or (too_few and health == "too_few")
    forbidden = (
        hindered_by is not None and hindered_by.by_settings and situation.quiet_until is None
    )
    return NextStep(
        skill=situation.skill,
        state=situation.state,
        health=health,
        doubt=None if is_obvious or doubt is None else doubt.status,
        action=action,
        status=status,
        next=following,
        until=until,
        version=situation.version,
        verdict=verdict,
        session=situation.session,
        hindrance=hindrance or (hindered_by.sentence if hindered_by else None),
        refused=trigger_asked and verdict.begins_search and forbidden,
        retry_at=retry_at,
        saw_no_drop=trigger_asked and not verdict.triggered and situation.trigger_rests,
        scheduled_at=situation.scheduled_at,
    )
