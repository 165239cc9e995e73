"""What was in production, what goes there, and how a promotion is watched."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tinyarms.release.holdback_rule import HoldbackRule
from tinyarms.release.plan import BY_HAND, Kind, ReleaseCause, ReleasePlan


@dataclass(frozen=True, kw_only=True)
class HistoryRecord:
    """A span of time in which a version was in production. Open while `active_to` is `None`."""

    id: str
    skill: str
    version: int
    prompt_template_path: str
    active_from: datetime
    active_to: datetime | None = None
    accuracy_start: float | None = None
    accuracy_end: float | None = None
    evolution_source: str | None = None
    notes: str | None = None


@dataclass(frozen=True)
class VariantRef:
    """The variant that wins its session by a release."""

    id: str
    letter: str


@dataclass(frozen=True, kw_only=True)
class IntentRecord:
    """A change of the prompt in production that is decided; replayed until it is done."""

    id: str
    skill: str
    plan: ReleasePlan
    """What will be written."""
    cause: ReleaseCause
    evidence: str = ""
    """What spoke for it, in words; empty where only a person did."""
    reason: str
    """Why the time of the version before it ends ("Accuracy drop")."""
    source: str
    """Who wrote the prompt: `SmolLM2`, `manual`, `rollback` …"""
    created_at: datetime
    session_id: str | None = None
    """The evolution session that ends with it, promoted."""
    variant: VariantRef | None = None
    """Of that session."""
    restored: int | None = None
    """In a rollback, the version whose text returns."""
    holdback: HoldbackRule | None = None
    """How the new version will be watched; `None`: it will not be."""
    state: Literal["intent", "done", "resumed"] = "intent"
    """`resumed`: done as well, but not by the process that decided on it."""
    done_at: datetime | None = None

    @property
    def kind(self) -> Kind:
        return self.plan.kind

    @property
    def by_hand(self) -> bool:
        """Whether a person asked for it."""
        return self.cause in BY_HAND


HoldbackResult = Literal["kept", "rolled_back", "replaced"]
"""`rolled_back`: by itself. `replaced`: another release came, perhaps one by hand."""


@dataclass(frozen=True, kw_only=True)
class HoldbackRecord:
    """A promotion that is watched beside the prompt before it; open while `ended_at` is `None`."""

    id: str
    """That of the promotion's row in the history."""
    skill: str
    version: int
    """The new one."""
    reference: int
    """The version before it, which keeps a share of the tasks."""
    rule: HoldbackRule
    began_at: datetime
    ended_at: datetime | None = None
    result: HoldbackResult | None = None
    reason: str | None = None
    new_n: int | None = None
    """Outcomes of the new version when it ended; like the other counts `None` before."""
    new_successes: int | None = None
    reference_n: int | None = None
    reference_successes: int | None = None
    tasks: int = 0
    """Tasks that came, whatever their outcome; counted as they come."""
    reference_tasks: int = 0
    """Those of them that the reference served."""


@dataclass(frozen=True, kw_only=True)
class HoldbackTaskRecord:
    """Which of the two prompts a task got, and with what probability that was the reference."""

    holdback_id: str
    task_id: str
    reference: bool
    share: float
    created_at: datetime


@dataclass(frozen=True)
class HeldRecord:
    """A task of a holdback whose outcome is known."""

    reference: bool
    success: bool
    share: float
